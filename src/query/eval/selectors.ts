import { isStaleNaN, type SampleColumns } from "../../model/sample.ts";
import type { Series } from "../../model/store.ts";
import type { TimeModifiers, VectorSelector } from "../ast.ts";
import type { EvalContext, Evaluation } from "./context.ts";
import { ResetAwareSeries } from "./reset_aware_series.ts";
import { FLOAT, type Frame, histogramWeight } from "./frame.ts";

/** What an instant selector puts into its cells: the samples, or (in seconds) when they were taken or began. */
export type Wanted = "value" | "timestamp" | "start_timestamp";

/** Longest stretch of steps of one series that is held decoded. */
export const BLOCK_SPAN_MS = 6 * 3_600_000;
/** Longest stretch that is decoded without giving others a turn. */
const PIECE_SPAN_MS = 15 * 60_000;

/**
 * Reads a series' samples in (fromMs, toMs] into the context's columns, piece by piece. `windowMs`: so much from the
 * start is held as one window, and must not be more than may be held.
 */
export function* readPieces(
  context: EvalContext,
  series: Pick<Series, "read">,
  fromMs: number,
  toMs: number,
  windowMs: number,
): Evaluation<void> {
  const { columns, meter } = context.env;
  columns.clear();
  for (let minMs = fromMs + 1; minMs <= toMs; minMs += PIECE_SPAN_MS) {
    const before = columns.length;
    series.read(minMs, Math.min(toMs, minMs + PIECE_SPAN_MS - 1), columns);
    if (minMs + PIECE_SPAN_MS <= fromMs + windowMs) meter.expectRoomFor(columns.length);
    if (meter.spend(columns.length - before + 1)) yield;
  }
}

/** The time that a selector looks at from the given step of its grid. */
export function referenceTime(context: EvalContext, node: TimeModifiers, step: number): number {
  const anchorMs = node.at?.kind === "timestamp" ? node.at.timestampMs : context.timeOf(step);
  return anchorMs - node.offsetMs;
}

/** An instant selector: at each step the newest sample within the lookback, unless that one is a stale marker. */
export function* selectVector(
  context: EvalContext,
  selector: VectorSelector,
  wanted: Wanted,
): Evaluation<Frame> {
  const { lookbackMs, meter } = context.env;
  const isFixed = selector.at !== undefined || context.stepCount === 1;
  const firstMs = referenceTime(context, selector, 0);
  const lastMs = isFixed ? firstMs : referenceTime(context, selector, context.stepCount - 1);
  const found = yield* context.select({
    matchers: selector.matchers,
    minTimeMs: firstMs - lookbackMs + 1,
    maxTimeMs: lastMs,
  });
  const frame = context.frame(found.length);
  const selected = context.env.statsOnly.has(selector)
    ? found.map((series) => new ResetAwareSeries(series))
    : found;
  for (const series of selected) {
    frame.addRow(series.labels, false);
    const work = isFixed
      ? fillFixed(context, series, firstMs, frame, wanted)
      : yield* fillSteps(context, series, firstMs, frame, wanted);
    if (work === 0) frame.dropLastRow();
    if (meter.spend(work + 1)) yield;
  }
  return frame;
}

/** One look for all steps. @returns how many cells were set */
function fillFixed(
  context: EvalContext,
  series: Series,
  timeMs: number,
  frame: Frame,
  wanted: Wanted,
): number {
  const { lookbackMs, columns, meter } = context.env;
  columns.clear();
  if (!series.readLast(timeMs - lookbackMs + 1, timeMs, columns)) return 0;
  if (isStaleNaN(columns.values[0])) return 0;
  const row = frame.rowCount - 1;
  for (let step = 0; step < frame.stepCount; step++) setCell(frame, row, step, columns, 0, wanted);
  const weight = weightOf(columns, 0, wanted) * frame.stepCount;
  meter.hold(weight);
  meter.total += weight;
  return frame.stepCount;
}

/** Slides over the series once. @returns how many cells were set */
function* fillSteps(
  context: EvalContext,
  series: Series,
  firstMs: number,
  frame: Frame,
  wanted: Wanted,
): Evaluation<number> {
  const { lookbackMs, columns, meter } = context.env;
  const { stepCount, stepMs } = context;
  const stepsPerBlock = Math.max(1, Math.floor(BLOCK_SPAN_MS / stepMs));
  let set = 0;
  for (let from = 0; from < stepCount; from += stepsPerBlock) {
    const to = Math.min(stepCount, from + stepsPerBlock);
    const fromMs = firstMs + from * stepMs - lookbackMs;
    yield* readPieces(context, series, fromMs, firstMs + (to - 1) * stepMs, 0);
    set += fillBlock(frame, from, to, firstMs, stepMs, lookbackMs, columns, wanted);
    if (meter.spend(to - from)) yield;
  }
  let weight = set;
  for (const histogram of frame.histograms[frame.rowCount - 1] ?? []) {
    if (histogram) weight += histogramWeight(histogram) - 1;
  }
  meter.hold(weight);
  meter.total += weight;
  return set;
}

function fillBlock(
  frame: Frame,
  from: number,
  to: number,
  firstMs: number,
  stepMs: number,
  lookbackMs: number,
  columns: SampleColumns,
  wanted: Wanted,
): number {
  const { timestamps, values, length } = columns;
  const { kinds, values: cells } = frame;
  const row = frame.rowCount - 1;
  const firstCell = row * frame.stepCount;
  const isPlain = wanted === "value" && columns.histograms === undefined;
  let next = 0;
  let set = 0;
  for (let step = from; step < to; step++) {
    const timeMs = firstMs + step * stepMs;
    while (next < length && timestamps[next] <= timeMs) next++;
    if (next === 0 || timestamps[next - 1] <= timeMs - lookbackMs) continue;
    const value = values[next - 1];
    if (value !== value && isStaleNaN(value)) continue;
    set++;
    if (isPlain) {
      kinds[firstCell + step] = FLOAT;
      cells[firstCell + step] = value;
    } else setCell(frame, row, step, columns, next - 1, wanted);
  }
  return set;
}

function setCell(
  frame: Frame,
  row: number,
  step: number,
  columns: SampleColumns,
  sample: number,
  wanted: Wanted,
): void {
  const cell = row * frame.stepCount + step;
  if (wanted === "timestamp") return frame.setFloat(cell, columns.timestamps[sample] / 1000);
  if (wanted === "start_timestamp") {
    return frame.setFloat(cell, (columns.startTimestamps?.[sample] ?? 0) / 1000);
  }
  const histogram = columns.histograms?.[sample];
  if (histogram) frame.setHistogram(row, step, histogram);
  else frame.setFloat(cell, columns.values[sample]);
}

function weightOf(columns: SampleColumns, sample: number, wanted: Wanted): number {
  const histogram = wanted === "value" ? columns.histograms?.[sample] : undefined;
  return histogram ? histogramWeight(histogram) : 1;
}
