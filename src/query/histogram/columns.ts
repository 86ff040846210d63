import type { Span } from "../../model/histogram.ts";
import { grown } from "../../model/sample.ts";
import { kahanAdd } from "../kahan.ts";
import { coarserIndex } from "./bounds.ts";

/** One side of a histogram as the model has it. */
export interface Side {
  readonly spans: readonly Span[];
  readonly buckets: Float64Array;
}

const NO_INDICES = new Int32Array(0);
const NO_COUNTS = new Float64Array(0);

/**
 * The buckets of one side, while they are worked on: row i is bucket `indices[i]`, ascending, with `counts[i]`
 * observations and, under compensated summation, the rounding error `errors[i]`.
 */
export class BucketColumns {
  length: number;
  indices: Int32Array;
  counts: Float64Array;
  errors: Float64Array | undefined;

  constructor(capacity: number) {
    this.length = 0;
    this.indices = capacity === 0 ? NO_INDICES : new Int32Array(capacity);
    this.counts = capacity === 0 ? NO_COUNTS : new Float64Array(capacity);
  }

  static from(spans: readonly Span[], buckets: Float64Array): BucketColumns {
    const columns = new BucketColumns(buckets.length);
    let index = 0;
    let row = 0;
    for (const { offset, length } of spans) {
      index += offset;
      for (let i = 0; i < length && row < buckets.length; i++) columns.indices[row++] = index++;
    }
    columns.counts.set(row === buckets.length ? buckets : buckets.subarray(0, row));
    columns.length = row;
    return columns;
  }

  clone(): BucketColumns {
    const copy = new BucketColumns(this.length);
    copy.length = this.length;
    copy.indices.set(this.indices.subarray(0, this.length));
    copy.counts.set(this.counts.subarray(0, this.length));
    copy.errors = this.errors?.slice(0, this.length);
    return copy;
  }

  /** Begins to keep rounding errors. */
  compensate(): void {
    this.errors ??= new Float64Array(this.counts.length);
  }

  /** Whether these buckets are laid out as in `spans`. Indices ascend, so the ends of a span speak for all of it. */
  matches(spans: readonly Span[]): boolean {
    let index = 0;
    let row = 0;
    for (const { offset, length } of spans) {
      index += offset;
      if (length === 0) continue;
      const last = row + length - 1;
      if (last >= this.length || this.indices[row] !== index || this.indices[last] !== index + length - 1) {
        return false;
      }
      index += length;
      row += length;
    }
    return row === this.length;
  }

  /** Adds counts (times `sign`) to rows of the same layout. */
  addAligned(buckets: Float64Array, sign: 1 | -1): void {
    const { counts, errors, length } = this;
    if (errors) { for (let row = 0; row < length; row++) kahanAdd(counts, errors, row, sign * buckets[row]); }
    else for (let row = 0; row < length; row++) counts[row] += sign * buckets[row];
  }

  /** Adds the other's rows from `from` on (times `sign`), creating buckets that are missing here. */
  add(other: BucketColumns, sign: 1 | -1, from = 0): void {
    this.#makeRoomFor(other, from);
    const { indices, counts, errors } = this;
    let row = 0;
    for (let i = from; i < other.length; i++) {
      while (indices[row] < other.indices[i]) row++;
      if (!errors) {
        counts[row] += sign * other.counts[i];
        continue;
      }
      kahanAdd(counts, errors, row, sign * other.counts[i]);
      if (other.errors && other.errors[i] !== 0) kahanAdd(counts, errors, row, sign * other.errors[i]);
    }
  }

  /** Inserts empty rows for the buckets that only the other has, from the end to the front. */
  #makeRoomFor(other: BucketColumns, from: number): void {
    const missing = this.#countMissing(other, from);
    if (missing === 0) return;
    const before = this.length;
    this.#reserve(before + missing);
    const { indices, counts, errors } = this;
    let mine = before - 1;
    let theirs = other.length - 1;
    for (let row = before + missing - 1; row > mine; row--) {
      const theirIndex = theirs >= from ? other.indices[theirs] : -Infinity;
      const isNew = mine < 0 || theirIndex > indices[mine];
      if (!isNew && theirIndex === indices[mine]) theirs--;
      indices[row] = isNew ? theirIndex : indices[mine];
      counts[row] = isNew ? 0 : counts[mine];
      if (errors) errors[row] = isNew ? 0 : errors[mine];
      if (isNew) theirs--;
      else mine--;
    }
    this.length = before + missing;
  }

  #countMissing(other: BucketColumns, from: number): number {
    let missing = 0;
    let row = 0;
    for (let i = from; i < other.length; i++) {
      while (row < this.length && this.indices[row] < other.indices[i]) row++;
      if (row === this.length || this.indices[row] !== other.indices[i]) missing++;
    }
    return missing;
  }

  #reserve(capacity: number): void {
    if (capacity <= this.counts.length) return;
    const size = Math.max(capacity, this.counts.length * 2);
    const indices = new Int32Array(size);
    indices.set(this.indices);
    this.indices = indices;
    this.counts = grown(this.counts, size);
    if (this.errors) this.errors = grown(this.errors, size);
  }

  /** Merges buckets into those of a schema that is coarser by `shift`. */
  coarsen(shift: number): void {
    if (shift === 0 || this.length === 0) return;
    const { indices, counts, errors } = this;
    let last = 0;
    indices[0] = coarserIndex(indices[0], shift);
    for (let row = 1; row < this.length; row++) {
      const index = coarserIndex(indices[row], shift);
      if (index !== indices[last]) {
        last++;
        indices[last] = index;
        counts[last] = counts[row];
        if (errors) errors[last] = errors[row];
      } else if (errors) {
        const error = errors[row];
        kahanAdd(counts, errors, last, counts[row]);
        kahanAdd(counts, errors, last, error);
      } else {
        counts[last] += counts[row];
      }
    }
    this.length = last + 1;
  }

  /** Applies `change` to every count and error. */
  map(change: (value: number) => number): void {
    const { counts, errors, length } = this;
    for (let row = 0; row < length; row++) counts[row] = change(counts[row]);
    if (errors) { for (let row = 0; row < length; row++) errors[row] = change(errors[row]); }
  }

  /** Removes the first rows. */
  dropFirst(rows: number): void {
    if (rows === 0) return;
    this.indices.copyWithin(0, rows, this.length);
    this.counts.copyWithin(0, rows, this.length);
    this.errors?.copyWithin(0, rows, this.length);
    this.length -= rows;
  }

  /** Folds the rounding errors into the counts. */
  settle(): void {
    const { counts, errors, length } = this;
    if (errors) { for (let row = 0; row < length; row++) counts[row] += errors[row]; }
    this.errors = undefined;
  }

  hasInfinity(): boolean {
    for (let row = 0; row < this.length; row++) {
      if (this.counts[row] === Infinity || this.counts[row] === -Infinity) return true;
    }
    return false;
  }

  /** As the model has it; `compact`: without empty buckets. */
  toSide(compact: boolean): Side {
    let kept = this.length;
    if (compact) { for (let row = 0; row < this.length; row++) if (this.counts[row] === 0) kept--; }
    if (kept === 0) return EMPTY_SIDE;
    const buckets = new Float64Array(kept);
    const spans: { offset: number; length: number }[] = [];
    let out = 0;
    let next = 0; // index after the last bucket
    for (let row = 0; row < this.length; row++) {
      if (compact && this.counts[row] === 0) continue;
      const index = this.indices[row];
      if (out > 0 && index === next) spans[spans.length - 1].length++;
      else spans.push({ offset: index - next, length: 1 });
      buckets[out++] = this.counts[row];
      next = index + 1;
    }
    return { spans, buckets };
  }
}

const EMPTY_SIDE: Side = { spans: [], buckets: NO_COUNTS };
