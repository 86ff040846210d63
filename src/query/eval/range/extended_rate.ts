import type { Row } from "../row.ts";
import type { Windows } from "../windows.ts";
import { findEdges, interpolate } from "./edges.ts";
import { extendedHistogramRate } from "./extended_histogram_rate.ts";
import type { RangeCall, RateKind } from "./range_function.ts";

/**
 * rate, increase and delta over an anchored or smoothed selector: nothing is extrapolated; the values at the
 * window's edges are those of the samples around them, or are interpolated between those.
 */
export function extendedRate(
  windows: Windows,
  step: number,
  out: Row,
  call: RangeCall,
  kind: RateKind,
): void {
  if (windows.histogramHigh[step] > windows.histogramLow[step]) {
    return extendedHistogramRate(windows, step, out, call, kind);
  }
  const { timestamps, values } = windows;
  const edges = findEdges(timestamps, windows.low[step], windows.high[step], step, call);
  if (!edges) return;
  const startMs = call.startOf(step);
  const endMs = call.endOf(step);
  let { first, last } = edges;
  const { isCounter } = kind;
  const left = call.extension === "smoothed" && timestamps[first] < startMs
    ? interpolate(timestamps, values, first, startMs, isCounter)
    : values[first];
  const right = call.extension === "smoothed" && last > windows.low[step] && timestamps[last] > endMs
    ? interpolate(timestamps, values, last - 1, endMs, isCounter)
    : values[last];
  let result = right - left;
  if (isCounter) {
    if (timestamps[first] <= startMs) first++;
    if (timestamps[last] >= endMs) last--;
    let previous = left;
    for (let i = first; i <= last; i++) {
      if (values[i] < previous) result += previous;
      previous = values[i];
    }
    if (right < previous) result += previous;
  }
  out.setFloat(step, kind.isPerSecond ? result / (call.rangeMs / 1000) : result);
}
