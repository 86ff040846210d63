import type { Histogram } from "./histogram.ts";

/** Bits of the NaN that marks a series as stale (Prometheus, model/value). */
const STALE_HIGH = 0x7ff00000;
const STALE_LOW = 0x00000002;

const scratch = new Float64Array(1);
const lanes = new Uint32Array(scratch.buffer); // little-endian: [low, high], on every platform that Deno runs on

lanes[0] = STALE_LOW;
lanes[1] = STALE_HIGH;

/** The same after V8 has quietened it, as it does when the number passes through a plain array. */
const STALE_QUIET_HIGH = 0x7ff80000;

/**
 * The stale marker. Its bits survive in numbers and typed arrays, but not in plain arrays of numbers (V8
 * quietens NaNs there): what writes samples out for others must write these bits for any `isStaleNaN`.
 */
export const STALE_NAN: number = scratch[0];

/** Whether a value is the stale marker, rather than an ordinary NaN. */
export function isStaleNaN(value: number): boolean {
  if (value === value) return false;
  scratch[0] = value;
  return lanes[0] === STALE_LOW && (lanes[1] === STALE_HIGH || lanes[1] === STALE_QUIET_HIGH);
}

/**
 * Samples of one series as growable columns, in ascending order of time. The engine keeps a few of these and
 * clears them between series, so that reading allocates nothing once they have grown.
 *
 * Row i: `timestamps[i]` (ms since the epoch), `values[i]` (float, may be STALE_NAN), and where
 * `histograms?.[i]` is set the row is a native histogram and `values[i]` is its sum (STALE_NAN for a stale one).
 */
export class SampleColumns {
  length = 0;
  timestamps: Float64Array;
  values: Float64Array;
  /** Index-aligned with `timestamps`; undefined until the first histogram. */
  histograms: (Histogram | undefined)[] | undefined;
  /** Start timestamps (ms; 0: unknown), index-aligned; undefined until the first known one. */
  startTimestamps: Float64Array | undefined;

  constructor(capacity = 128) {
    this.timestamps = new Float64Array(capacity);
    this.values = new Float64Array(capacity);
  }

  clear(): void {
    this.length = 0;
    this.histograms = undefined;
    this.startTimestamps = undefined;
  }

  /** Makes room for so many further rows; existing rows stay. */
  reserve(extra: number): void {
    const needed = this.length + extra;
    if (needed <= this.timestamps.length) return;
    const capacity = Math.max(needed, this.timestamps.length * 2);
    this.timestamps = grown(this.timestamps, capacity);
    this.values = grown(this.values, capacity);
    if (this.startTimestamps) this.startTimestamps = grown(this.startTimestamps, capacity);
  }

  push(timestampMs: number, value: number, startTimestampMs = 0): void {
    if (this.length === this.timestamps.length) this.reserve(1);
    const row = this.length++;
    this.timestamps[row] = timestampMs;
    this.values[row] = value;
    if (this.histograms) this.histograms[row] = undefined;
    if (startTimestampMs !== 0 || this.startTimestamps) this.#setStart(row, startTimestampMs);
  }

  pushHistogram(timestampMs: number, histogram: Histogram, startTimestampMs = 0): void {
    this.push(timestampMs, histogram.sum, startTimestampMs);
    this.histograms ??= new Array(this.length - 1).fill(undefined);
    this.histograms[this.length - 1] = histogram;
  }

  #setStart(row: number, startTimestampMs: number): void {
    this.startTimestamps ??= new Float64Array(this.timestamps.length);
    this.startTimestamps[row] = startTimestampMs;
  }
}

/** A longer copy of a column, 0 in the new rows. */
export function grown(column: Float64Array, capacity: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(capacity);
  larger.set(column);
  return larger;
}
