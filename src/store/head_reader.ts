import type { Histogram } from "../model/histogram.ts";
import { SampleColumns } from "../model/sample.ts";
import { type ChunkId, type ChunkStore, Encoding } from "./chunk_slab.ts";
import type { HeadSeries } from "./head_series.ts";
import { decodeHistograms } from "./histogram_chunk.ts";
import { decodeXor } from "./xor_chunk.ts";

/** Rows of a chunk that is decoded whole to find one sample in it. */
const SCRATCH_ROWS = 256;

/** Reads series of the head into columns. */
export class HeadReader {
  readonly #chunks: ChunkStore;
  readonly #lanes = new WeakMap<Float64Array, Uint32Array>();
  readonly #scratch = new SampleColumns(SCRATCH_ROWS);

  constructor(chunks: ChunkStore) {
    this.#chunks = chunks;
  }

  /** See Series.read. */
  read(series: HeadSeries, minTimeMs: number, maxTimeMs: number, into: SampleColumns): void {
    const chunks = this.#chunks;
    const ids = series.chunks;
    for (let i = this.#firstNotBefore(ids, minTimeMs); i < ids.length; i++) {
      if (chunks.minTimeMs(ids[i]) > maxTimeMs) return;
      const row = into.length;
      this.#decode(ids[i], into);
      if (chunks.maxTimeMs(ids[i]) > maxTimeMs) trimEnd(into, row, maxTimeMs);
      if (chunks.minTimeMs(ids[i]) < minTimeMs) trimStart(into, row, minTimeMs);
    }
    copyOpen(series, minTimeMs, maxTimeMs, into);
  }

  /** See Series.readLast. */
  readLast(series: HeadSeries, minTimeMs: number, maxTimeMs: number, into: SampleColumns): boolean {
    if (series.length > 0 && series.times[0] <= maxTimeMs) {
      const row = lastAtOrBefore(series.times, 0, series.length, maxTimeMs);
      if (series.times[row] < minTimeMs) return false;
      copyRow(series, row, into);
      return true;
    }
    const ids = series.chunks;
    let i = ids.length - 1;
    while (i >= 0 && this.#chunks.minTimeMs(ids[i]) > maxTimeMs) i--;
    if (i < 0 || this.#chunks.maxTimeMs(ids[i]) < minTimeMs) return false;
    this.#scratch.clear();
    this.#decode(ids[i], this.#scratch);
    return copyLast(this.#scratch, minTimeMs, maxTimeMs, into);
  }

  #decode(id: ChunkId, into: SampleColumns): void {
    const chunks = this.#chunks;
    if (chunks.encoding(id) !== Encoding.XOR) {
      decodeHistograms(chunks.view(id), chunks.offset(id), chunks.encoding(id), into);
    } else {
      const count = chunks.count(id);
      into.reserve(count);
      const row = into.length;
      decodeXor(chunks.view(id), chunks.offset(id), into.timestamps, this.#lanesOf(into.values), row);
      into.length = row + count;
      into.histograms?.push(...new Array(count));
      into.startTimestamps?.fill(0, row, row + count);
    }
    const starts = chunks.starts(id);
    if (starts) setStarts(into, into.length - starts.length, starts);
  }

  #firstNotBefore(ids: readonly ChunkId[], timeMs: number): number {
    let low = 0;
    let high = ids.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#chunks.maxTimeMs(ids[middle]) < timeMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The values' bits. Making a view allocates, so each column keeps its own. */
  #lanesOf(values: Float64Array): Uint32Array {
    let lanes = this.#lanes.get(values);
    if (!lanes) {
      lanes = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
      this.#lanes.set(values, lanes);
    }
    return lanes;
  }
}

/** Drops the rows from `row` on that are later than `maxTimeMs`. */
export function trimEnd(columns: SampleColumns, row: number, maxTimeMs: number): void {
  columns.length = lastAtOrBefore(columns.timestamps, row, columns.length, maxTimeMs) + 1;
  if (columns.histograms) columns.histograms.length = columns.length;
}

/** Drops the rows from `row` on that are earlier than `minTimeMs`. */
export function trimStart(columns: SampleColumns, row: number, minTimeMs: number): void {
  const { length, timestamps } = columns;
  let first = row;
  let high = length;
  while (first < high) {
    const middle = (first + high) >>> 1;
    if (timestamps[middle] < minTimeMs) first = middle + 1;
    else high = middle;
  }
  if (first === row) return;
  timestamps.copyWithin(row, first, length);
  columns.values.copyWithin(row, first, length);
  columns.startTimestamps?.copyWithin(row, first, length);
  columns.histograms?.splice(row, first - row);
  columns.length = length - (first - row);
}

/** The last row in [from, to) that is not after the time; from - 1 when there is none. */
export function lastAtOrBefore(times: Float64Array, from: number, to: number, timeMs: number): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle] <= timeMs) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Copies the newest row at or before `maxTimeMs`, when it isn't before `minTimeMs`. */
export function copyLast(
  from: SampleColumns,
  minTimeMs: number,
  maxTimeMs: number,
  into: SampleColumns,
): boolean {
  const row = lastAtOrBefore(from.timestamps, 0, from.length, maxTimeMs);
  if (row < 0 || from.timestamps[row] < minTimeMs) return false;
  pushRow(into, from.timestamps[row], from.values[row], from.histograms?.[row], from.startTimestamps?.[row]);
  return true;
}

function copyOpen(series: HeadSeries, minTimeMs: number, maxTimeMs: number, into: SampleColumns): void {
  const { times, values, length, histograms, starts } = series;
  if (length === 0 || times[0] > maxTimeMs || times[length - 1] < minTimeMs) return;
  const end = times[length - 1] <= maxTimeMs ? length : lastAtOrBefore(times, 0, length, maxTimeMs) + 1;
  let first = 0;
  if (times[0] < minTimeMs) {
    first = lastAtOrBefore(times, 0, end, minTimeMs);
    if (times[first] < minTimeMs) first++;
  }
  if (histograms || starts || into.histograms || into.startTimestamps) {
    for (let row = first; row < end; row++) copyRow(series, row, into);
    return;
  }
  into.reserve(end - first);
  into.timestamps.set(times.subarray(first, end), into.length);
  into.values.set(values.subarray(first, end), into.length);
  into.length += end - first;
}

function copyRow(series: HeadSeries, row: number, into: SampleColumns): void {
  pushRow(into, series.times[row], series.values[row], series.histograms?.[row], series.starts?.[row]);
}

function pushRow(
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

function setStarts(into: SampleColumns, row: number, starts: Float64Array): void {
  into.startTimestamps ??= new Float64Array(into.timestamps.length);
  into.startTimestamps.set(starts, row);
}
