import { firstFrom } from "../base/search.ts";
import { SampleColumns } from "../model/sample.ts";
import type { ChunkId } from "./chunk_slab.ts";
import type { Head } from "./head.ts";
import type { HeadReader } from "./head_reader.ts";
import type { HeadSeries } from "./head_series.ts";

/** Sees to it that no chunk of the series holds samples from both before and after the time; rows before it are closed. */
export function splitAt(head: Head, reader: HeadReader, series: HeadSeries, timeMs: number): void {
  const { chunks } = head;
  const at = series.chunks.findIndex((id) => chunks.minTimeMs(id) < timeMs && chunks.maxTimeMs(id) >= timeMs);
  if (at >= 0) series.chunks.splice(at, 1, ...halves(head, reader, series.chunks[at], timeMs));
  if (series.length === 0 || series.times[0] >= timeMs) return;
  const middle = firstFrom(series.times, 0, series.length, timeMs);
  head.closeRows(series, middle);
}

/** Removes the samples with minTimeMs ≤ t ≤ maxTimeMs. */
export function erase(
  head: Head,
  reader: HeadReader,
  series: HeadSeries,
  minTimeMs: number,
  maxTimeMs: number,
): void {
  splitAt(head, reader, series, minTimeMs);
  const end = nextAfter(maxTimeMs);
  splitAt(head, reader, series, end);
  const { chunks } = head;
  series.chunks = series.chunks.filter((id) => {
    const isInside = chunks.minTimeMs(id) >= minTimeMs && chunks.maxTimeMs(id) < end;
    if (isInside) head.freeChunk(id);
    return !isInside;
  });
  if (series.length > 0 && series.times[0] >= minTimeMs && series.lastTimeMs < end) head.dropOpen(series);
}

/** Timestamps are whole milliseconds; the end may be Infinity. */
function nextAfter(timeMs: number): number {
  return timeMs + 1;
}

/** Two chunks instead of one, and the one's memory given back. */
function halves(head: Head, reader: HeadReader, id: ChunkId, timeMs: number): [ChunkId, ChunkId] {
  const columns = new SampleColumns(head.chunks.count(id));
  reader.decode(id, columns);
  const { timestamps: times, values, histograms, startTimestamps } = columns;
  const middle = firstFrom(times, 0, columns.length, timeMs);
  const before = head.encode({ times, values, histograms }, startTimestamps, 0, middle);
  const after = head.encode({ times, values, histograms }, startTimestamps, middle, columns.length);
  head.freeChunk(id);
  return [before, after];
}

/** Forgets every sample later than the time, so that the next one may come right after it. */
export function dropAfter(head: Head, reader: HeadReader, timeMs: number): void {
  for (const series of head.series()) {
    if (series.lastTimeMs <= timeMs) continue;
    erase(head, reader, series, timeMs + 1, Infinity);
    if (series.length > 0) continue;
    const newest = series.chunks[series.chunks.length - 1];
    series.last = 0;
    series.times[0] = newest === undefined ? -Infinity : head.chunks.maxTimeMs(newest);
    series.lastHistogram = undefined;
  }
  head.endAt(timeMs);
}

/** Drops the head's oldest chunks, a 64th of its time after the other, until it is small enough or has nothing to drop. */
export function dropOldest(head: Head, isSmall: () => boolean): void {
  const sliceMs = Math.max(1, (head.maxTimeMs - head.minTimeMs) / 64);
  for (let cutMs = head.minTimeMs + sliceMs; cutMs <= head.maxTimeMs && !isSmall(); cutMs += sliceMs) {
    head.truncate(cutMs);
  }
}
