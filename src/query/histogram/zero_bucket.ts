import { kahanAdd } from "../kahan.ts";
import { exponentialBound } from "./bounds.ts";
import type { BucketColumns } from "./columns.ts";

/** A zero bucket, and the buckets around it that it may swallow. */
export interface ZeroSurroundings {
  readonly schema: number;
  readonly zeroCount: number;
  /** Rounding error of `zeroCount`. */
  readonly zeroError: number;
  readonly positive: BucketColumns;
  readonly negative: BucketColumns;
}

/** A zero bucket grown to a larger threshold. */
export interface WidenedZero {
  readonly threshold: number;
  readonly count: number;
  readonly error: number;
}

/**
 * What the zero bucket holds if it reaches to at least `threshold`. Where that falls inside a populated bucket, the
 * threshold moves up to the bucket's end: part of a bucket can't be told from the rest.
 */
export function widenedZero(from: ZeroSurroundings, threshold: number): WidenedZero {
  const count = new Float64Array(1);
  const error = new Float64Array(1);
  for (;;) {
    count[0] = from.zeroCount;
    error[0] = from.zeroError;
    threshold = swallow(from.positive, from.schema, threshold, count, error);
    const further = swallow(from.negative, from.schema, threshold, count, error);
    if (further === threshold) return { threshold, count: count[0], error: error[0] };
    threshold = further; // and so more may fall into it on the positive side
  }
}

/** Adds the buckets below `threshold` to `count`. @returns the threshold, moved up where it cut a populated bucket */
function swallow(
  side: BucketColumns,
  schema: number,
  threshold: number,
  count: Float64Array,
  error: Float64Array,
): number {
  for (let row = 0; row < side.length; row++) {
    if (exponentialBound(side.indices[row] - 1, schema) >= threshold) break;
    kahanAdd(count, error, 0, side.counts[row]);
    if (side.errors) kahanAdd(count, error, 0, side.errors[row]);
    const upper = exponentialBound(side.indices[row], schema);
    if (upper > threshold) return side.counts[row] === 0 ? threshold : upper;
  }
  return threshold;
}

/** How many of the first buckets begin below the threshold. */
export function rowsBeginningBelow(threshold: number, side: BucketColumns, schema: number): number {
  let row = 0;
  while (row < side.length && exponentialBound(side.indices[row] - 1, schema) < threshold) row++;
  return row;
}

/** How many of the first buckets end at or below the threshold. */
export function rowsEndingWithin(threshold: number, side: BucketColumns, schema: number): number {
  let row = 0;
  while (row < side.length && exponentialBound(side.indices[row], schema) <= threshold) row++;
  return row;
}
