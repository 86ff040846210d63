import type { Row } from "../row.ts";
import { HistogramMean, HistogramSum } from "../../histogram/mod.ts";
import type { Windows } from "../windows.ts";
import type { RangeCall, WindowFunction } from "./range_function.ts";

export const sumOfHistograms: WindowFunction = (windows, step, out, call) => {
  accumulate(new HistogramSum(windows.histograms[windows.histogramLow[step]]), windows, step, out, call);
};

export const averageOfHistograms: WindowFunction = (windows, step, out, call) => {
  accumulate(new HistogramMean(windows.histograms[windows.histogramLow[step]]), windows, step, out, call);
};

/** Adds the window's other histograms to the accumulator, which holds the first. */
function accumulate(
  accumulator: HistogramSum | HistogramMean,
  windows: Windows,
  step: number,
  out: Row,
  { notes, positions }: RangeCall,
): void {
  for (let i = windows.histogramLow[step] + 1; i < windows.histogramHigh[step]; i++) {
    if (accumulator.add(windows.histograms[i])) continue;
    return notes.mixedExponentialAndCustom(windows.metricName, positions[0]);
  }
  if (accumulator.hintsCollided) notes.resetCollision("aggregation", positions[0]);
  if (accumulator.boundsReconciled) notes.bucketsReconciled("aggregation", positions[0]);
  out.setHistogram(step, accumulator.finish());
}
