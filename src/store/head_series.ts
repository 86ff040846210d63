import type { Histogram } from "../model/histogram.ts";
import type { Labels } from "../model/labels.ts";
import { grown } from "../model/sample.ts";
import type { SeriesRef } from "../model/store.ts";
import type { ChunkId } from "./chunk_slab.ts";

/** Rows an open chunk starts with; it doubles up to its limit. */
const FIRST_CAPACITY = 16;
/** From this many rows on it is a log being replayed, of which more will come: it grows in larger steps. */
const USUAL_CAPACITY = 256;

/**
 * One series in the head: closed chunks in the chunk store, and the newest samples as raw columns (the open chunk), so
 * that appending and reading the last seconds touch no encoder.
 */
export class HeadSeries {
  readonly ref: SeriesRef;
  readonly labels: Labels;
  /** Its number in WAL records; unlike `ref` it survives restarts. */
  readonly walRef: number;
  /** How many times it was acquired and not yet released. */
  holders = 0;
  /** Closed chunks in order of time; they don't overlap. */
  chunks: ChunkId[] = [];

  // The open chunk: rows [0, length).
  times = new Float64Array(FIRST_CAPACITY);
  values = new Float64Array(FIRST_CAPACITY);
  length = 0;
  /** Row of the newest sample. Outlives the open chunk's rows: what was in the last row stays there. */
  last = 0;
  /** When the open chunk must be closed: at this length, or by the first sample that is not before this time. */
  limit = 0;
  cutAtMs = -Infinity;
  /** Set when the open chunk's samples are histograms. */
  histograms: Histogram[] | undefined;
  /** Start timestamps of the open chunk's samples, once one was known. */
  starts: Float64Array | undefined;
  /** The newest sample where it was a histogram. */
  lastHistogram: Histogram | undefined;

  constructor(ref: SeriesRef, walRef: number, labels: Labels) {
    this.ref = ref;
    this.walRef = walRef;
    this.labels = labels;
    this.times[0] = -Infinity; // before any sample
  }

  /** Time of the newest sample, -Infinity without any. */
  get lastTimeMs(): number {
    return this.times[this.last];
  }

  get isEmpty(): boolean {
    return this.length === 0 && this.chunks.length === 0;
  }

  grow(): void {
    const capacity = this.times.length * (this.times.length < USUAL_CAPACITY ? 2 : 4);
    this.times = grown(this.times, capacity);
    this.values = grown(this.values, capacity);
    if (this.starts) this.starts = grown(this.starts, capacity);
  }

  /** Gives back what the columns have beyond so many rows. */
  shrink(rows: number): void {
    if (this.times.length <= rows) return;
    this.times = this.times.slice(0, rows);
    this.values = this.values.slice(0, rows);
    this.starts = this.starts?.slice(0, rows);
  }

  /** Lets the open chunk take rows up to `limit`, all of them before `cutAtMs`. */
  open(limit: number, cutAtMs: number): void {
    this.limit = limit;
    this.cutAtMs = cutAtMs;
  }

  /** Forgets the open chunk's rows; the newest sample stays known. */
  clearOpen(): void {
    this.length = 0;
    this.limit = 0;
    this.cutAtMs = -Infinity;
    this.histograms = undefined;
    this.starts = undefined;
  }

  /** Drops the open chunk's first rows. */
  dropOpen(rows: number): void {
    this.times.copyWithin(0, rows, this.length);
    this.values.copyWithin(0, rows, this.length);
    this.starts?.copyWithin(0, rows, this.length);
    this.histograms?.splice(0, rows);
    this.length -= rows;
    this.last = this.length - 1;
  }

  setStart(row: number, startTimestampMs: number): void {
    this.starts ??= new Float64Array(this.times.length);
    this.starts[row] = startTimestampMs;
  }
}
