import { firstFrom } from "../base/search.ts";
import type { Histogram } from "../model/histogram.ts";
import type { Labels } from "../model/labels.ts";
import { isStaleNaN, STALE_NAN } from "../model/sample.ts";
import type { SeriesRef } from "../model/store.ts";
import { ChunkEncoder, type Rows } from "./chunk_encoder.ts";
import { type ChunkId, ChunkStore } from "./chunk_slab.ts";
import { HeadSeries } from "./head_series.ts";
import { STALE_HISTOGRAM } from "./histogram_chunk.ts";
import { isStaleHistogram, succession } from "./histogram_layout.ts";
import type { MatcherMemo } from "./matcher_memo.ts";
import { exactNaN, isRepeated, pushRow } from "./open_rows.ts";
import { PostingsIndex } from "./postings.ts";

/** Rows of a chunk: twice Prometheus' 120, for a chunk's fixed cost then weighs half as much per sample. */
const CHUNK_ROWS = 256;
/** Rows once there are many series, for open chunks take 16 bytes a row. */
const CHUNK_ROWS_OF_MANY = 120;
const MANY_SERIES = 4_096;
/** Rows of a replayed log that may wait to be encoded, 16 bytes each: a start must not wait for the encoder. */
const MAX_UNSETTLED_ROWS = 512 * 1024;

/** Where the head tells what happens to it, so that it can be told again after a crash. */
export interface HeadLog {
  series(walRef: number, labels: Labels): void;
  /** Starts a record of float samples at one time. */
  beginSamples(timestampMs: number): void;
  sample(walRef: number, value: number): void;
  endSamples(): void;
  histogram(timestampMs: number, walRef: number, histogram: Histogram): void;
}

export interface HeadOptions {
  /** No chunk crosses a multiple of this, so that blocks can be cut there. */
  readonly chunkRangeMs: number;
  /** Verdicts of regular expressions, shared with the blocks. */
  readonly memo?: MatcherMemo;
  /** Told that a chunk's number will be used for another chunk. */
  readonly onFree?: (id: ChunkId) => void;
}

/** What the head counted since it was made. */
export interface HeadCounts {
  samplesAppended: number;
  histogramsAppended: number;
  outOfOrder: number;
  /** Samples of the time before `minValidTimeMs`. */
  outOfBounds: number;
  seriesCreated: number;
  seriesRemoved: number;
  /** Chunks count from when they are closed. */
  chunksCreated: number;
  chunksRemoved: number;
}

/** The newest samples of all series, in memory. */
export class Head {
  readonly chunks = new ChunkStore();
  readonly index: PostingsIndex;
  readonly counts: HeadCounts = {
    samplesAppended: 0,
    histogramsAppended: 0,
    outOfOrder: 0,
    outOfBounds: 0,
    seriesCreated: 0,
    seriesRemoved: 0,
    chunksCreated: 0,
    chunksRemoved: 0,
  };
  /** Samples before this are refused: a block holds that stretch of time already. */
  minValidTimeMs = -Infinity;
  /** Changes whenever a series comes or goes. */
  generation = 0;
  /** Written to before the head itself is. */
  log: HeadLog | undefined;

  readonly #chunkRangeMs: number;
  readonly #onFree: (id: ChunkId) => void;
  readonly #byRef: (HeadSeries | undefined)[] = [];
  readonly #byKey = new Map<string, HeadSeries>();
  readonly #encoder = new ChunkEncoder();
  #minTimeMs = Infinity;
  #maxTimeMs = -Infinity;
  #nextWalRef = 1;
  /** Rows put back into open chunks beyond their usual length, and not yet closed. */
  #unsettledRows = 0;

  constructor({ chunkRangeMs, memo, onFree = () => {} }: HeadOptions) {
    this.index = new PostingsIndex(memo);
    this.#chunkRangeMs = chunkRangeMs;
    this.#onFree = onFree;
  }

  /** A time not after the oldest sample; Infinity when there is none. */
  get minTimeMs(): number {
    return this.#minTimeMs;
  }

  /** Time of the newest sample ever appended; -Infinity before the first. */
  get maxTimeMs(): number {
    return this.#maxTimeMs;
  }

  get seriesCount(): number {
    return this.#byKey.size;
  }

  /** Time of a series' oldest sample; Infinity without any. */
  firstTimeMs({ chunks, length, times }: HeadSeries): number {
    if (chunks.length > 0) return this.chunks.minTimeMs(chunks[0]);
    return length > 0 ? times[0] : Infinity;
  }

  /** Told that nothing later than this is left. */
  endAt(timeMs: number): void {
    this.#maxTimeMs = Math.min(this.#maxTimeMs, timeMs);
    if (this.#minTimeMs > this.#maxTimeMs) this.#minTimeMs = Infinity;
  }

  /** All series, in the order in which they came. */
  *series(): IterableIterator<HeadSeries> {
    for (const series of this.#byKey.values()) yield series;
  }

  at(ref: SeriesRef): HeadSeries | undefined {
    return this.#byRef[ref];
  }

  find(labels: Labels): HeadSeries | undefined {
    return this.#byKey.get(labels.key);
  }

  /** The series with these labels; made, and logged, when it's new. `walRef`: its number in a log that is replayed. */
  getOrCreate(labels: Labels, walRef?: number): HeadSeries {
    const known = this.#byKey.get(labels.key);
    if (known) return known;
    const ref = this.#byRef.length as SeriesRef;
    const series = new HeadSeries(ref, walRef ?? this.#nextWalRef, labels);
    this.#nextWalRef = Math.max(this.#nextWalRef, series.walRef + 1);
    this.#byRef.push(series);
    this.#byKey.set(labels.key, series);
    this.index.add(ref, labels);
    this.generation++;
    this.counts.seriesCreated++;
    if (walRef === undefined) this.log?.series(series.walRef, labels);
    return series;
  }

  /** No new series gets this number in the log, or a lower one. */
  reserveWalRef(walRef: number): void {
    this.#nextWalRef = Math.max(this.#nextWalRef, walRef + 1);
  }

  /** See Appendable.append. */
  append(
    timestampMs: number,
    refs: ArrayLike<SeriesRef>,
    values: ArrayLike<number>,
    startTimestampMs: number,
  ): number {
    if (timestampMs < this.minValidTimeMs) {
      this.counts.outOfBounds += refs.length;
      return refs.length;
    }
    const { log } = this;
    log?.beginSamples(timestampMs);
    let leftOut = 0;
    let taken = 0;
    for (let i = 0; i < refs.length; i++) {
      const series = this.#byRef[refs[i]];
      if (series === undefined) throw noSuchSeries(refs[i]);
      const value = values[i] === values[i] ? values[i] : exactNaN(values[i]);
      if (timestampMs <= series.times[series.last]) {
        if (!isRepeated(series, timestampMs, value)) leftOut++;
        continue;
      }
      if (series.length >= series.limit || timestampMs >= series.cutAtMs || series.histograms !== undefined) {
        if (series.lastHistogram !== undefined && isStaleNaN(value)) {
          this.appendHistogram(timestampMs, series.ref, STALE_HISTOGRAM, startTimestampMs);
          continue; // a series of histograms ends with a histogram
        }
        this.#turnChunk(series, timestampMs, false);
      }
      pushRow(series, timestampMs, value, startTimestampMs);
      log?.sample(series.walRef, value);
      taken++;
    }
    log?.endSamples();
    this.counts.outOfOrder += leftOut;
    this.counts.samplesAppended += taken;
    if (taken > 0) this.#spanTime(timestampMs);
    return leftOut;
  }

  /** See Appendable.appendHistogram. */
  appendHistogram(
    timestampMs: number,
    ref: SeriesRef,
    histogram: Histogram,
    startTimestampMs: number,
  ): boolean {
    const series = this.#byRef[ref];
    if (series === undefined) throw noSuchSeries(ref);
    if (timestampMs < this.minValidTimeMs) {
      this.counts.outOfBounds++;
      return false;
    }
    if (timestampMs <= series.lastTimeMs) {
      this.counts.outOfOrder++;
      return false;
    }
    this.log?.histogram(timestampMs, series.walRef, histogram);
    this.counts.histogramsAppended++;
    return this.restoreHistogram(series, timestampMs, histogram, startTimestampMs);
  }

  /** Puts a sample back that the log tells of; one that is in a block or the head already is left out. */
  restore(series: HeadSeries, timestampMs: number, value: number, startTimestampMs: number): boolean {
    if (timestampMs < this.minValidTimeMs || timestampMs <= series.lastTimeMs) return false;
    if (series.length >= series.limit || timestampMs >= series.cutAtMs || series.histograms !== undefined) {
      if (!this.#prolong(series, timestampMs)) this.#turnChunk(series, timestampMs, false);
    }
    pushRow(series, timestampMs, value, startTimestampMs);
    this.#spanTime(timestampMs);
    return true;
  }

  /** As `restore`, for a native histogram. */
  restoreHistogram(
    series: HeadSeries,
    timestampMs: number,
    histogram: Histogram,
    startTimestampMs: number,
  ): boolean {
    if (timestampMs < this.minValidTimeMs || timestampMs <= series.lastTimeMs) return false;
    const previous = series.lastHistogram;
    const follows = previous ? succession(previous, histogram) : "unrelated";
    const isFull = series.length >= series.limit || timestampMs >= series.cutAtMs;
    const isNewChunk = isFull || follows !== "continues" || series.histograms === undefined;
    if (isNewChunk) this.#turnChunk(series, timestampMs, true);
    const stored = hinted(histogram, isNewChunk ? follows : "continues", isNewChunk);
    const value = stored === STALE_HISTOGRAM ? STALE_NAN : histogram.sum;
    series.histograms!.push(stored);
    series.lastHistogram = stored;
    pushRow(series, timestampMs, value, startTimestampMs);
    this.#spanTime(timestampMs);
    return true;
  }

  /** Closes the first rows of a series' open chunk: they become a chunk in the store, or several when they are many. */
  closeRows(series: HeadSeries, rows: number): void {
    for (let from = 0; from < rows;) {
      const to = this.#chunkEnd(series, from, rows);
      series.chunks.push(this.encode(series, series.starts, from, to));
      from = to;
    }
    if (rows === series.length) series.clearOpen();
    else series.dropOpen(rows);
  }

  /** Gives the open chunks that `restore` made too long their usual length. `pause` is awaited between series. */
  async settle(pause: () => Promise<void> | undefined): Promise<void> {
    if (this.#unsettledRows === 0) return;
    this.#unsettledRows = 0;
    for (const series of this.#byKey.values()) {
      let rows = 0;
      for (let to = 0; to < series.length; to = this.#chunkEnd(series, to, series.length)) rows = to;
      if (rows === 0) continue;
      this.closeRows(series, rows);
      series.shrink(CHUNK_ROWS);
      series.open(CHUNK_ROWS, this.#rangeEnd(series.times[0]));
      await pause();
    }
  }

  /**
   * Drops all samples before the cut, as far as whole chunks allow, and the series that have none left and that
   * nobody holds.
   */
  truncate(beforeMs: number): void {
    if (beforeMs <= this.#minTimeMs) return;
    const gone = new Set<number>();
    let minTimeMs = Infinity;
    for (const series of this.#byKey.values()) {
      this.#dropChunks(series, beforeMs);
      if (series.length > 0 && series.lastTimeMs < beforeMs) this.dropOpen(series);
      if (!series.isEmpty) minTimeMs = Math.min(minTimeMs, this.firstTimeMs(series));
      else if (series.holders === 0) gone.add(series.ref);
    }
    this.#minTimeMs = minTimeMs;
    this.#forget(gone);
  }

  /** Drops a series' open chunk, which has samples. */
  dropOpen(series: HeadSeries): void {
    series.clearOpen();
    this.counts.chunksCreated++;
    this.counts.chunksRemoved++;
  }

  /** Encodes rows [from, to) as a closed chunk, which the caller files with its series. */
  encode(rows: Rows, starts: Float64Array | undefined, from: number, to: number): ChunkId {
    const encoder = this.#encoder;
    encoder.encode(rows, from, to);
    this.counts.chunksCreated++;
    return this.chunks.add(
      encoder.encoding,
      encoder.bytes,
      encoder.length,
      to - from,
      rows.times[from],
      rows.times[to - 1],
      starts?.slice(from, to),
    );
  }

  /** Gives a closed chunk's memory back. */
  freeChunk(id: ChunkId): void {
    this.#onFree(id);
    this.chunks.free(id);
    this.counts.chunksRemoved++;
  }

  /** Closes the open chunk and starts one for samples from `timestampMs` on. */
  #turnChunk(series: HeadSeries, timestampMs: number, forHistograms: boolean): void {
    this.closeRows(series, series.length);
    const limit = this.#byKey.size > MANY_SERIES ? CHUNK_ROWS_OF_MANY : CHUNK_ROWS;
    series.open(limit, this.#rangeEnd(timestampMs));
    if (forHistograms) series.histograms = [];
    else series.lastHistogram = undefined;
  }

  /** Lets a replayed series' open chunk become longer instead of closing it now. @returns false: not this one */
  #prolong(series: HeadSeries, timestampMs: number): boolean {
    if (series.length === 0 || series.histograms || this.#unsettledRows > MAX_UNSETTLED_ROWS) return false;
    this.#unsettledRows += CHUNK_ROWS;
    series.open(series.length + CHUNK_ROWS, this.#rangeEnd(timestampMs));
    return true;
  }

  /** Where the chunk that starts at row `from` ends: full, before the next multiple of the range, or at `rows`. */
  #chunkEnd({ times }: HeadSeries, from: number, rows: number): number {
    const to = Math.min(rows, from + CHUNK_ROWS);
    return firstFrom(times, from, to, this.#rangeEnd(times[from]));
  }

  /** The next multiple of the range. */
  #rangeEnd(timeMs: number): number {
    return (Math.floor(timeMs / this.#chunkRangeMs) + 1) * this.#chunkRangeMs;
  }

  #dropChunks(series: HeadSeries, beforeMs: number): void {
    const { chunks } = series;
    let dropped = 0;
    while (dropped < chunks.length && this.chunks.maxTimeMs(chunks[dropped]) < beforeMs) {
      this.freeChunk(chunks[dropped++]);
    }
    if (dropped > 0) chunks.splice(0, dropped);
  }

  #forget(gone: ReadonlySet<number>): void {
    if (gone.size === 0) return;
    this.index.remove(gone, (ref) => this.#byRef[ref]!.labels);
    for (const ref of gone) {
      this.#byKey.delete(this.#byRef[ref]!.labels.key);
      this.#byRef[ref] = undefined;
    }
    this.counts.seriesRemoved += gone.size;
    this.generation++;
  }

  #spanTime(timestampMs: number): void {
    if (timestampMs < this.#minTimeMs) this.#minTimeMs = timestampMs;
    if (timestampMs > this.#maxTimeMs) this.#maxTimeMs = timestampMs;
  }
}

/** The histogram as a read gives it back: with what became known of counter resets. */
function hinted(histogram: Histogram, follows: string, isFirstOfChunk: boolean): Histogram {
  if (isStaleHistogram(histogram)) return STALE_HISTOGRAM;
  if (histogram.counterResetHint === "gauge") return histogram;
  const counterResetHint = !isFirstOfChunk ? "not_reset" : follows === "reset" ? "reset" : "unknown";
  return { ...histogram, counterResetHint };
}

function noSuchSeries(ref: number): Error {
  return new RangeError(
    `Cannot append to series ${ref}: it was never acquired, or is gone since its release`,
  );
}
