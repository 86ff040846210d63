import { firstFrom } from "../../base/search.ts";
import type { VectorSelector } from "../ast.ts";
import type { EvalContext, Evaluation } from "./context.ts";
import type { Frame } from "./frame.ts";
import { interpolate } from "./range/edges.ts";
import { interpolateHistograms } from "./range/extended_histogram_rate.ts";
import type { RangeCall } from "./range/range_function.ts";
import { hasCustomBuckets, withHint } from "../histogram/mod.ts";
import { referenceTime } from "./selectors.ts";
import { Windows } from "./windows.ts";

/**
 * `selector smoothed`: the value on the line between the samples before and after each step; that of the sample before
 * where none comes after.
 */
export function* selectSmoothed(context: EvalContext, selector: VectorSelector): Evaluation<Frame> {
  const { lookbackMs, columns, meter, notes } = context.env;
  const firstMs = referenceTime(context, selector, 0);
  const strideMs = selector.at ? 0 : context.stepMs;
  const lastMs = firstMs + (context.stepCount - 1) * strideMs;
  const minTimeMs = firstMs - lookbackMs + 1;
  const maxTimeMs = lastMs + lookbackMs;
  const found = yield* context.select({ matchers: selector.matchers, minTimeMs, maxTimeMs });
  const frame = context.frame(found.length);
  const windows = new Windows(context.stepCount);
  const call: RangeCall = {
    scalars: [],
    positions: [selector.position],
    notes,
    rangeMs: 2 * lookbackMs,
    extension: "smoothed",
    startOf: (step) => firstMs - lookbackMs + step * strideMs,
    endOf: (step) => firstMs + lookbackMs + step * strideMs,
    timeOf: (step) => context.timeOf(step),
  };
  for (const series of found) {
    columns.clear();
    series.read(minTimeMs, maxTimeMs, columns);
    windows.take(series.labels, columns, false);
    windows.slide(0, context.stepCount, firstMs - lookbackMs, firstMs + lookbackMs, strideMs);
    frame.addRow(series.labels, false);
    if (meter.spend(columns.length)) yield;
    for (let step = 0; step < context.stepCount; step++) {
      smooth(windows, step, firstMs + step * strideMs, frame, call);
      if (meter.spend(8)) yield;
    }
    const count = frame.countOf(frame.rowCount - 1);
    if (count === 0) frame.dropLastRow();
    meter.hold(count);
    meter.total += count;
  }
  return frame;
}

function smooth(windows: Windows, step: number, timeMs: number, frame: Frame, call: RangeCall): void {
  const hasFloats = windows.high[step] > windows.low[step];
  const hasHistograms = windows.histogramHigh[step] > windows.histogramLow[step];
  if (hasFloats && hasHistograms) {
    call.notes.mixedFloatsAndHistograms(windows.metricName, call.positions[0]);
  } else if (hasHistograms) smoothHistograms(windows, step, timeMs, frame, call);
  else if (hasFloats) smoothFloats(windows, step, timeMs, frame);
}

function smoothFloats(windows: Windows, step: number, timeMs: number, frame: Frame): void {
  const { timestamps, values } = windows;
  const cell = (frame.rowCount - 1) * frame.stepCount + step;
  const next = firstFrom(timestamps, windows.low[step], windows.high[step], timeMs);
  const hasNext = next < windows.high[step];
  if (hasNext && timestamps[next] === timeMs) frame.setFloat(cell, values[next]);
  else if (next === windows.low[step]) return;
  else if (hasNext) frame.setFloat(cell, interpolate(timestamps, values, next - 1, timeMs, false));
  else frame.setFloat(cell, values[next - 1]);
}

function smoothHistograms(
  windows: Windows,
  step: number,
  timeMs: number,
  frame: Frame,
  call: RangeCall,
): void {
  const { histogramTimestamps: timestamps, histograms } = windows;
  const row = frame.rowCount - 1;
  const next = firstFrom(timestamps, windows.histogramLow[step], windows.histogramHigh[step], timeMs);
  const hasNext = next < windows.histogramHigh[step];
  if (hasNext && timestamps[next] === timeMs) return frame.setHistogram(row, step, histograms[next]);
  if (next === windows.histogramLow[step]) return;
  const before = histograms[next - 1];
  // What the hint says holds between samples that follow each other, not for one that stands in for later ones.
  if (!hasNext) return frame.setHistogram(row, step, withHint(before, "unknown"));
  if (hasCustomBuckets(before) !== hasCustomBuckets(histograms[next])) {
    return call.notes.mixedExponentialAndCustom(windows.metricName, call.positions[0]);
  }
  const isCounter = before.counterResetHint !== "gauge" || histograms[next].counterResetHint !== "gauge";
  const between = interpolateHistograms(windows, next - 1, timeMs, isCounter, call);
  if (between) frame.setHistogram(row, step, between);
}
