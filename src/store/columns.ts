import { firstAfter, firstFrom } from "../base/search.ts";
import type { Histogram } from "../model/histogram.ts";
import type { SampleColumns } from "../model/sample.ts";

/** Drops the rows from `row` on that are later than `maxTimeMs`. */
export function trimEnd(columns: SampleColumns, row: number, maxTimeMs: number): void {
  columns.length = firstAfter(columns.timestamps, row, columns.length, maxTimeMs);
  if (columns.histograms) columns.histograms.length = columns.length;
}

/** Drops the rows from `row` on that are earlier than `minTimeMs`. */
export function trimStart(columns: SampleColumns, row: number, minTimeMs: number): void {
  const { length, timestamps } = columns;
  const first = firstFrom(timestamps, row, length, minTimeMs);
  if (first === row) return;
  timestamps.copyWithin(row, first, length);
  columns.values.copyWithin(row, first, length);
  columns.startTimestamps?.copyWithin(row, first, length);
  columns.histograms?.splice(row, first - row);
  columns.length = length - (first - row);
}

/** Copies the newest row at or before `maxTimeMs`, when it isn't before `minTimeMs`. */
export function copyLast(
  from: SampleColumns,
  minTimeMs: number,
  maxTimeMs: number,
  into: SampleColumns,
): boolean {
  const row = firstAfter(from.timestamps, 0, from.length, maxTimeMs) - 1;
  if (row < 0 || from.timestamps[row] < minTimeMs) return false;
  pushRow(into, from.timestamps[row], from.values[row], from.histograms?.[row], from.startTimestamps?.[row]);
  return true;
}

/** Adds a row, a histogram where there is one. */
export function pushRow(
  into: SampleColumns,
  timestampMs: number,
  value: number,
  histogram: Histogram | undefined,
  startMs = 0,
): void {
  if (!histogram) return into.push(timestampMs, value, startMs);
  into.pushHistogram(timestampMs, histogram, startMs);
  into.values[into.length - 1] = value; // a stale marker's bits survive here, not in the histogram's sum
}

/**
 * Brings rows [start, middle) and [middle, length), each ascending, into one order. Of two rows at one time the one
 * from the first run stays. Does nothing when the second run follows the first, which is the rule.
 */
export function mergeRuns(columns: SampleColumns, start: number, middle: number): void {
  const { timestamps, length } = columns;
  if (middle === start || middle === length || timestamps[middle] > timestamps[middle - 1]) return;
  const values = columns.values.slice(start, length);
  const times = timestamps.slice(start, length);
  const histograms = columns.histograms?.slice(start, length);
  const starts = columns.startTimestamps?.slice(start, length);
  const first = middle - start;
  let [left, right] = [0, first];
  columns.length = start;
  if (columns.histograms) columns.histograms.length = start;
  while (left < first || right < times.length) {
    const fromLeft = right >= times.length || (left < first && times[left] <= times[right]);
    if (fromLeft && times[left] === times[right]) right++;
    const row = fromLeft ? left++ : right++;
    pushRow(columns, times[row], values[row], histograms?.[row], starts?.[row]);
  }
}
