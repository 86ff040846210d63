import { firstAfter, firstFrom } from "../base/search.ts";
import type { Histogram } from "../model/histogram.ts";
import { SampleColumns } from "../model/sample.ts";
import type { ChunkDecoder } from "./chunk_decoder.ts";
import { type ChunkId, type ChunkStore, Encoding } from "./chunk_slab.ts";
import { copyLast, pushRow, trimEnd, trimStart } from "./columns.ts";
import type { DecodedCache } from "./decoded_cache.ts";
import type { HeadSeries } from "./head_series.ts";

/** Rows of a chunk that is decoded whole to find one sample in it. */
const SCRATCH_ROWS = 256;

/** Reads series of the head into columns. */
export class HeadReader {
  readonly #chunks: ChunkStore;
  readonly #decoder: ChunkDecoder;
  readonly #scratch = new SampleColumns(SCRATCH_ROWS);

  readonly #decoded: DecodedCache;

  constructor(chunks: ChunkStore, decoder: ChunkDecoder, decoded: DecodedCache) {
    this.#chunks = chunks;
    this.#decoder = decoder;
    this.#decoded = decoded;
  }

  /** See Series.read. */
  read(series: HeadSeries, minTimeMs: number, maxTimeMs: number, into: SampleColumns): void {
    const chunks = this.#chunks;
    const ids = series.chunks;
    for (let i = this.#firstNotBefore(ids, minTimeMs); i < ids.length; i++) {
      if (chunks.minTimeMs(ids[i]) > maxTimeMs) return;
      this.#readChunk(ids[i], minTimeMs, maxTimeMs, into);
    }
    copyOpen(series, minTimeMs, maxTimeMs, into);
  }

  /** See Series.readLast. */
  readLast(series: HeadSeries, minTimeMs: number, maxTimeMs: number, into: SampleColumns): boolean {
    if (series.length > 0 && series.times[0] <= maxTimeMs) {
      const row = firstAfter(series.times, 0, series.length, maxTimeMs) - 1;
      if (series.times[row] < minTimeMs) return false;
      copyRow(series, row, into);
      return true;
    }
    const ids = series.chunks;
    let i = ids.length - 1;
    while (i >= 0 && this.#chunks.minTimeMs(ids[i]) > maxTimeMs) i--;
    if (i < 0 || this.#chunks.maxTimeMs(ids[i]) < minTimeMs) return false;
    this.#scratch.clear();
    this.#readChunk(ids[i], minTimeMs, maxTimeMs, this.#scratch);
    return copyLast(this.#scratch, minTimeMs, maxTimeMs, into);
  }

  /** Adds all samples of the open chunk to the columns' end. */
  readOpen(series: HeadSeries, into: SampleColumns): void {
    copyOpen(series, -Infinity, Infinity, into);
  }

  /** Adds all samples of a closed chunk to the columns' end. */
  decode(id: ChunkId, into: SampleColumns): void {
    const chunks = this.#chunks;
    this.#decoder.decode(chunks.view(id), chunks.offset(id), chunks.encoding(id), into);
    const starts = chunks.starts(id);
    if (starts) setStarts(into, into.length - starts.length, starts);
  }

  #readChunk(id: ChunkId, minTimeMs: number, maxTimeMs: number, into: SampleColumns): void {
    const chunks = this.#chunks;
    const key = -1 - id; // blocks' chunks have the numbers from 0 up
    const isPlain = chunks.encoding(id) === Encoding.XOR && chunks.starts(id) === undefined;
    if (isPlain && this.#decoded.read(key, minTimeMs, maxTimeMs, into)) return;
    const row = into.length;
    this.decode(id, into);
    if (isPlain) this.#decoded.offer(key, into, row, into.length - row);
    if (chunks.maxTimeMs(id) > maxTimeMs) trimEnd(into, row, maxTimeMs);
    if (chunks.minTimeMs(id) < minTimeMs) trimStart(into, row, minTimeMs);
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
}

function copyOpen(series: HeadSeries, minTimeMs: number, maxTimeMs: number, into: SampleColumns): void {
  const { times, values, length, histograms, starts } = series;
  if (length === 0 || times[0] > maxTimeMs || times[length - 1] < minTimeMs) return;
  const end = times[length - 1] <= maxTimeMs ? length : firstAfter(times, 0, length, maxTimeMs);
  const first = times[0] >= minTimeMs ? 0 : firstFrom(times, 0, end, minTimeMs);
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
  const histogram = asRead(series.histograms?.[row]);
  pushRow(into, series.times[row], series.values[row], histogram, series.starts?.[row]);
}

/**
 * A chunk remembers that it began with a counter reset, but as in Prometheus a reader is not told: from where it
 * reads, the chunk before may be missing.
 */
function asRead(histogram: Histogram | undefined): Histogram | undefined {
  return histogram?.counterResetHint === "reset" ? { ...histogram, counterResetHint: "unknown" } : histogram;
}

function setStarts(into: SampleColumns, row: number, starts: Float64Array): void {
  into.startTimestamps ??= new Float64Array(into.timestamps.length);
  into.startTimestamps.set(starts, row);
}
