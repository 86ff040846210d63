import type { Labels } from "../../../model/labels.ts";
import type { Call } from "../../ast.ts";
import { formatOpenMetrics } from "../../go_number.ts";
import type { PositionRange } from "../../position.ts";
import {
  classicFraction,
  classicQuantile,
  histogramFraction,
  histogramQuantile,
} from "../../histogram/mod.ts";
import { type EvalContext, type Evaluation, stringOf } from "../context.ts";
import { duplicateLabels } from "../failure.ts";
import { ABSENT, type Frame, rowFor } from "../frame.ts";
import { type AtStep, histogramAt, type HistogramRows, histogramRows } from "./buckets.ts";

/** histogram_quantile(q, v). */
export function* evaluateHistogramQuantile(context: EvalContext, call: Call): Evaluation<Frame> {
  const quantiles = yield* context.scalar(call.args[0]);
  const frame = yield* context.vector(call.args[1]);
  checkQuantiles(context, quantiles, call.args[0].position);
  const { position } = call.args[1];
  return yield* readHistograms(context, frame, position, (rows) => rows.labels, (rows, step, at) => {
    return quantileAt(context, rows, step, at, quantiles[step], position);
  });
}

/** histogram_fraction(lower, upper, v). */
export function* evaluateHistogramFraction(context: EvalContext, call: Call): Evaluation<Frame> {
  const lower = yield* context.scalar(call.args[0]);
  const upper = yield* context.scalar(call.args[1]);
  const frame = yield* context.vector(call.args[2]);
  const { position } = call.args[2];
  return yield* readHistograms(context, frame, position, (rows) => rows.labels, (rows, step, at) => {
    if (at.kind === "classic") return classicFraction(lower[step], upper[step], at.buckets);
    if (at.kind !== "native") return undefined;
    const { value, excludesNaN } = histogramFraction(lower[step], upper[step], at.histogram);
    if (excludesNaN) context.env.notes.fractionLeavesOutNaNs(rows.labels.metricName, position);
    return value;
  });
}

/** histogram_quantiles(v, "label", q…): several at once, told apart by a label. */
export function* evaluateHistogramQuantiles(context: EvalContext, call: Call): Evaluation<Frame> {
  const label = stringOf(call.args[1]);
  const quantiles: Float64Array[] = [];
  for (const arg of call.args.slice(2)) {
    const values = yield* context.scalar(arg);
    checkQuantiles(context, values, arg.position);
    quantiles.push(values);
  }
  const frame = yield* context.vector(call.args[0]);
  const { position } = call.args[0];
  const out = context.frame(frame.rowCount);
  const rowByLabels = new Map<string, number>();
  const histograms = histogramRows(context, frame, position);
  for (const values of quantiles) {
    for (const rows of histograms) {
      for (let step = 0; step < context.stepCount; step++) {
        const at = histogramAt(frame, rows, step);
        if (at.kind === "conflict") context.env.notes.mixedClassicAndNative(rows.labels.metricName, position);
        const value = quantileAt(context, rows, step, at, values[step], position);
        if (value === undefined) continue;
        const labels = rows.labels.with(label, formatOpenMetrics(values[step]));
        const cell = rowFor(out, rowByLabels, labels, true) * context.stepCount + step;
        if (out.kinds[cell] !== ABSENT) throw duplicateLabels();
        out.setFloat(cell, value);
      }
      if (context.env.meter.spend(64 * context.stepCount)) yield;
    }
  }
  return out;
}

function checkQuantiles(context: EvalContext, quantiles: Float64Array, position: PositionRange): void {
  for (const quantile of quantiles) {
    if (!(quantile >= 0 && quantile <= 1)) context.env.notes.invalidQuantile(quantile, position);
  }
}

function quantileAt(
  context: EvalContext,
  rows: HistogramRows,
  step: number,
  at: AtStep,
  quantile: number,
  position: PositionRange,
): number | undefined {
  const { notes } = context.env;
  const metric = rows.labels.metricName;
  if (at.kind === "native") {
    const { value, nanNote } = histogramQuantile(quantile, at.histogram);
    if (nanNote === "result_is_nan") notes.quantileIsNaN(metric, position);
    if (nanNote === "skewed_higher") notes.quantileIsSkewed(metric, position);
    return value;
  }
  if (at.kind !== "classic") return undefined;
  const { value, fix } = classicQuantile(quantile, at.buckets);
  if (fix) {
    const { minBound: minBucket, maxBound: maxBucket, maxDifference } = fix;
    notes.forcedMonotonicity(metric, position, context.timeOf(step), { minBucket, maxBucket, maxDifference });
  }
  return value;
}

/** Makes a row of each histogram of a vector, and a float of it at each step. */
function* readHistograms(
  context: EvalContext,
  frame: Frame,
  position: PositionRange,
  labelsOf: (rows: HistogramRows) => Labels,
  read: (rows: HistogramRows, step: number, at: AtStep) => number | undefined,
): Evaluation<Frame> {
  const histograms = histogramRows(context, frame, position);
  const out = context.frame(histograms.length);
  // Native histograms first, as upstream has them.
  for (const isNative of [true, false]) {
    for (const rows of histograms) {
      if ((rows.native !== undefined) !== isNative) continue;
      const cell = out.addRow(labelsOf(rows), true);
      for (let step = 0; step < context.stepCount; step++) {
        const at = histogramAt(frame, rows, step);
        if (at.kind === "conflict") context.env.notes.mixedClassicAndNative(rows.labels.metricName, position);
        const value = read(rows, step, at);
        if (value !== undefined) out.setFloat(cell + step, value);
      }
      if (context.env.meter.spend(64 * context.stepCount)) yield;
    }
  }
  return out;
}
