import { isStaleNaN, STALE_NAN } from "../model/sample.ts";
import type { HeadSeries } from "./head_series.ts";

/** Adds a row to the open chunk, which has room for it. */
export function pushRow(
  series: HeadSeries,
  timestampMs: number,
  value: number,
  startTimestampMs: number,
): void {
  const row = series.length;
  if (row === series.times.length) series.grow();
  series.times[row] = timestampMs;
  series.values[row] = value;
  series.length = row + 1;
  series.last = row;
  if (startTimestampMs !== 0 || series.starts !== undefined) series.setStart(row, startTimestampMs);
}

/** The stale marker as others know it, for one whose bits V8 has changed on the way; any other NaN as it is. */
export function exactNaN(value: number): number {
  return isStaleNaN(value) ? STALE_NAN : value;
}

/** Whether the sample is the series' newest one once more. */
export function isRepeated(series: HeadSeries, timestampMs: number, value: number): boolean {
  if (timestampMs !== series.lastTimeMs || series.lastHistogram) return false;
  const last = series.values[series.last];
  return Object.is(last, value) && isStaleNaN(last) === isStaleNaN(value);
}
