import { compareLabels, Labels } from "../../model/labels.ts";
import type { Expr, MatrixSelector } from "../ast.ts";
import { unwrapParens } from "../ast.ts";
import type { MatrixSeries, QueryValue, VectorSample } from "../value.ts";
import type { EvalContext, Evaluation } from "./context.ts";
import { executionFailure } from "./failure.ts";
import { ABSENT, FLOAT, type Frame } from "./frame.ts";
import { mergeEqualRows } from "./merge_rows.ts";
import { edgesOf } from "./range/edges.ts";
import { evaluateSubquery, selectMatrix, subqueryGrid } from "./range_source.ts";
import { readPieces, referenceTime } from "./selectors.ts";
import { Windows } from "./windows.ts";

/** Evaluates a whole query at one time. */
export function* instantValue(context: EvalContext, expr: Expr): Evaluation<QueryValue> {
  const root = unwrapParens(expr);
  if (root.kind === "matrix_selector") return yield* matrixValue(context, root);
  if (root.kind === "subquery") {
    const { startMs, endMs, stepMs } = subqueryGrid(context, root);
    const frame = yield* evaluateSubquery(context, root);
    return yield* toMatrix(context.on(startMs, endMs, stepMs), frame);
  }
  const timestampMs = context.startMs;
  const evaluated = yield* context.evaluate(expr);
  if (evaluated.kind === "string") return { kind: "string", timestampMs, value: evaluated.value };
  if (evaluated.kind === "scalar") return { kind: "scalar", timestampMs, value: evaluated.values[0] };
  return { kind: "vector", samples: toSamples(context, evaluated.frame) };
}

/** Evaluates a whole query over a range. */
export function* rangeValue(context: EvalContext, expr: Expr): Evaluation<QueryValue> {
  if (context.stepCount === 0) return { kind: "matrix", series: [] };
  const evaluated = yield* context.evaluate(expr);
  if (evaluated.kind === "vector") return yield* toMatrix(context, evaluated.frame);
  if (evaluated.kind !== "scalar") throw new Error(`a range query came to a ${evaluated.kind}`);
  const frame = context.frame(1);
  const cell = frame.addRow(Labels.EMPTY, false);
  frame.kinds.fill(FLOAT, cell, cell + context.stepCount);
  frame.values.set(evaluated.values, cell);
  return yield* toMatrix(context, frame);
}

function toSamples(context: EvalContext, frame: Frame): VectorSample[] {
  const named = withoutDroppedNames(context, frame);
  const timestampMs = context.startMs;
  const samples: VectorSample[] = [];
  for (let row = 0; row < named.rowCount; row++) {
    if (named.kinds[row] === ABSENT) continue;
    const histogram = named.histograms[row]?.[0];
    const value = histogram ? histogram.sum : named.values[row];
    samples.push({ labels: named.labels[row], timestampMs, value, histogram });
  }
  return samples;
}

/** Drops the names that operations gave up but kept for others to look at, and puts together what is now equal. */
function withoutDroppedNames(context: EvalContext, frame: Frame): Frame {
  const { bareLabels } = context.env;
  for (let row = 0; row < frame.rowCount; row++) {
    if (!frame.dropsName[row]) continue;
    frame.labels[row] = bareLabels.of(frame.labels[row]);
    frame.dropsName[row] = false;
  }
  return mergeEqualRows(context, frame);
}

function* toMatrix(context: EvalContext, frame: Frame): Evaluation<QueryValue> {
  const named = withoutDroppedNames(context, frame);
  const { stepCount } = named;
  const times = new Float64Array(stepCount);
  for (let step = 0; step < stepCount; step++) times[step] = context.timeOf(step);
  const series: MatrixSeries[] = [];
  for (let row = 0; row < named.rowCount; row++) {
    const count = named.countOf(row);
    if (count > 0) series.push(toSeries(named, row, count, times));
    if (context.env.meter.spend(2 * stepCount)) yield;
  }
  series.sort((a, b) => compareLabels(a.labels, b.labels));
  return { kind: "matrix", series };
}

/** A row's samples. Rows without gaps are handed out as they lie in the frame. */
function toSeries(frame: Frame, row: number, count: number, times: Float64Array): MatrixSeries {
  const { stepCount, kinds, values } = frame;
  const labels = frame.labels[row];
  const first = row * stepCount;
  const histograms = frame.histograms[row];
  if (count === stepCount) {
    return { labels, timestamps: times, values: values.subarray(first, first + stepCount), histograms };
  }
  const kept = { timestamps: new Float64Array(count), values: new Float64Array(count) };
  const keptHistograms = histograms && new Array(count).fill(undefined);
  let next = 0;
  for (let step = 0; step < stepCount; step++) {
    if (kinds[first + step] === ABSENT) continue;
    kept.timestamps[next] = times[step];
    kept.values[next] = values[first + step];
    if (keptHistograms) keptHistograms[next] = histograms[step];
    next++;
  }
  return { labels, ...kept, histograms: keptHistograms };
}

/** `selector[range]` as a query of its own: the samples themselves. */
function* matrixValue(context: EvalContext, node: MatrixSelector): Evaluation<QueryValue> {
  const { meter, lookbackMs, columns } = context.env;
  const source = yield* selectMatrix(context, node);
  const endMs = referenceTime(context, node.selector, 0);
  const isExtended = source.extension !== "none";
  const fromMs = endMs - source.rangeMs - (isExtended ? lookbackMs : 0);
  const toMs = endMs + (source.extension === "smoothed" ? lookbackMs : 0);
  const windows = new Windows(1);
  const series: MatrixSeries[] = [];
  for (let i = 0; i < source.count; i++) {
    yield* readPieces(context, source.samples(i), fromMs, toMs, source.rangeMs);
    windows.take(source.labels(i), columns, false);
    windows.slide(0, 1, fromMs, toMs, 0);
    if (isExtended && windows.hasHistograms) {
      throw executionFailure(`${source.extension} modifier is not supported with histograms`);
    }
    const samples = isExtended
      ? edgesOf(windows, endMs - source.rangeMs, endMs, source.extension)
      : rowsOf(windows);
    const { length } = samples.timestamps;
    meter.hold(windows.weightOf(0));
    meter.total += windows.weightOf(0);
    if (length > 0) series.push({ labels: source.labels(i), ...samples });
  }
  series.sort((a, b) => compareLabels(a.labels, b.labels));
  return { kind: "matrix", series };
}

/** Floats and histograms of a window in order of time. */
function rowsOf(windows: Windows): Omit<MatrixSeries, "labels"> {
  const { count, histograms: found, histogramTimestamps } = windows;
  if (found.length === 0) {
    return {
      timestamps: windows.timestamps.slice(0, count),
      values: windows.values.slice(0, count),
      histograms: undefined,
    };
  }
  const total = count + found.length;
  const timestamps = new Float64Array(total);
  const values = new Float64Array(total);
  const histograms = new Array(total).fill(undefined);
  for (let row = 0, float = 0, histogram = 0; row < total; row++) {
    const takesFloat = float < count &&
      (histogram >= found.length || windows.timestamps[float] < histogramTimestamps[histogram]);
    if (takesFloat) {
      timestamps[row] = windows.timestamps[float];
      values[row] = windows.values[float++];
    } else {
      timestamps[row] = histogramTimestamps[histogram];
      values[row] = found[histogram].sum;
      histograms[row] = found[histogram++];
    }
  }
  return { timestamps, values, histograms };
}
