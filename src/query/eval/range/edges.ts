import { firstAfter } from "../../../base/search.ts";
import type { Windows } from "../windows.ts";
import type { RangeCall } from "./range_function.ts";

/**
 * Which samples stand at the edges of an extended window: the last one at or before its start (or the first there
 * is), and the last one (smoothed: the first at or after its end). Undefined: nothing in it to measure.
 */
export function findEdges(
  timestamps: ArrayLike<number>,
  low: number,
  high: number,
  step: number,
  call: RangeCall,
): { first: number; last: number } | undefined {
  const startMs = call.startOf(step);
  const endMs = call.endOf(step);
  let last = high - 1;
  const first = Math.max(low, firstAfter(timestamps, low, last, startMs) - 1);
  if (call.extension === "smoothed") last = firstAfter(timestamps, low, last, endMs - 0.5);
  if (timestamps[last] <= startMs) return undefined;
  if (call.extension === "smoothed" && timestamps[first] > endMs) return undefined;
  return { first, last };
}

/** The value on the line from sample i to the next; a counter that was reset between them began at 0. */
export function interpolate(
  timestamps: ArrayLike<number>,
  values: ArrayLike<number>,
  i: number,
  timeMs: number,
  isCounter: boolean,
): number {
  const to = values[i + 1];
  const from = isCounter && to < values[i] ? 0 : values[i];
  return from + (to - from) * (timeMs - timestamps[i]) / (timestamps[i + 1] - timestamps[i]);
}

/**
 * The floats of an extended window, as a query of their own: those inside it, and one at each edge, whose value is that
 * of the sample beyond, or (smoothed) lies on the line to it.
 */
export function edgesOf(
  { timestamps, values, count }: Windows,
  startMs: number,
  endMs: number,
  extension: "none" | "anchored" | "smoothed",
): { timestamps: Float64Array; values: Float64Array; histograms: undefined } {
  const none = { timestamps: new Float64Array(0), values: new Float64Array(0), histograms: undefined };
  if (count === 0) return none;
  let last = count - 1;
  let first = Math.max(0, firstAfter(timestamps, 0, last, startMs) - 1);
  if (extension === "smoothed") last = firstAfter(timestamps, 0, last, endMs - 0.5);
  if (timestamps[last] <= startMs) return none;
  const isSmoothed = extension === "smoothed";
  const left = isSmoothed && timestamps[first] < startMs
    ? interpolate(timestamps, values, first, startMs, false)
    : values[first];
  const right = isSmoothed && last > 0 && timestamps[last] > endMs
    ? interpolate(timestamps, values, last - 1, endMs, false)
    : values[last];
  if (timestamps[first] <= startMs) first++;
  if (timestamps[last] >= endMs) last--;
  return {
    timestamps: Float64Array.of(startMs, ...timestamps.subarray(first, last + 1), endMs),
    values: Float64Array.of(left, ...values.subarray(first, last + 1), right),
    histograms: undefined,
  };
}
