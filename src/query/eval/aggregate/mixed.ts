import type { Histogram } from "../../../model/histogram.ts";
import type { Aggregate } from "../../ast.ts";
import type { EvalContext, Evaluation } from "../context.ts";
import { ABSENT, FLOAT, type Frame } from "../frame.ts";
import { HistogramMean, HistogramSum } from "../../histogram/mod.ts";
import { aggregateFloats } from "./floats.ts";
import type { Groups } from "./groups.ts";

/**
 * Aggregates a vector that has histograms. Floats go the usual way; what the histograms add depends on the operation:
 * sums and means are made of them too, count and group only see that they are there, and all else leaves them out.
 */
export function* aggregateMixed(
  context: EvalContext,
  node: Aggregate,
  frame: Frame,
  groups: Groups,
  param: Float64Array | undefined,
): Evaluation<Frame> {
  switch (node.op) {
    case "sum":
    case "avg":
      return yield* aggregateSums(context, node, frame, groups);
    case "count":
    case "group":
      return yield* aggregateFloats(context, node, frame, groups, param);
    default: {
      const histograms = takeHistograms(frame);
      if (histograms.some((row) => row !== undefined)) {
        context.env.notes.histogramsIgnoredInAggregation(node.op, node.expr.position);
      }
      return yield* aggregateFloats(context, node, frame, groups, param);
    }
  }
}

/** Takes the histograms out of a frame, whose cells become absent. */
function takeHistograms(frame: Frame): ((Histogram | undefined)[] | undefined)[] {
  const taken = [...frame.histograms];
  for (let row = 0; row < frame.rowCount; row++) {
    if (!taken[row]?.some((histogram) => histogram !== undefined)) {
      taken[row] = undefined;
      continue;
    }
    frame.histograms[row] = undefined;
    for (let step = 0; step < frame.stepCount; step++) {
      if (taken[row]![step]) frame.kinds[row * frame.stepCount + step] = ABSENT;
    }
  }
  return taken;
}

/** A group's histograms at one step. */
interface Accumulated {
  readonly sum: HistogramSum | HistogramMean;
  /** Custom and exponential buckets met: there is no result. */
  incompatible: boolean;
}

function* aggregateSums(
  context: EvalContext,
  node: Aggregate,
  frame: Frame,
  groups: Groups,
): Evaluation<Frame> {
  const { notes, meter } = context.env;
  const { position } = node.expr;
  const { stepCount } = frame;
  const histograms = takeHistograms(frame);
  const accumulated = new Map<number, Accumulated>();
  for (let row = 0; row < frame.rowCount; row++) {
    for (const [step, histogram] of histograms[row]?.entries() ?? []) {
      if (!histogram) continue;
      const cell = groups.ofRow[row] * stepCount + step;
      const known = accumulated.get(cell);
      if (!known) accumulated.set(cell, { sum: begin(node, histogram), incompatible: false });
      else if (!known.incompatible && !known.sum.add(histogram)) {
        known.incompatible = true;
        notes.mixedExponentialAndCustom(frame.labels[row].metricName, position);
      }
      if (meter.spend(32)) yield;
    }
  }
  const out = yield* aggregateFloats(context, node, frame, groups, undefined);
  for (const [cell, { sum, incompatible }] of accumulated) {
    if (sum.hintsCollided) notes.resetCollision("aggregation", position);
    if (sum.boundsReconciled) notes.bucketsReconciled("aggregation", position);
    const step = cell % stepCount;
    if (out.kinds[cell] === FLOAT) {
      notes.mixedInAggregation(position);
      out.kinds[cell] = ABSENT;
    } else if (!incompatible) out.setHistogram((cell - step) / stepCount, step, sum.finish());
  }
  return out;
}

function begin(node: Aggregate, histogram: Histogram): HistogramSum | HistogramMean {
  return node.op === "sum" ? new HistogramSum(histogram) : new HistogramMean(histogram);
}
