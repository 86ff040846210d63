import { CUSTOM_BUCKETS_SCHEMA, type Histogram, type Span } from "../../model/histogram.ts";
import { customBound, exponentialBound, NO_NUMBERS } from "./bounds.ts";

/** Goes through one side's buckets, from the one nearest to zero outwards or back. */
class SideWalk {
  /** Of the current bucket. */
  index = 0;
  count = 0;
  readonly #spans: readonly Span[];
  readonly #buckets: Float64Array;
  readonly #step: 1 | -1;
  #span: number;
  #left: number;
  #row: number;

  constructor(spans: readonly Span[], buckets: Float64Array, step: 1 | -1) {
    this.#spans = spans;
    this.#buckets = buckets;
    this.#step = step;
    this.#left = 0;
    if (step === 1) {
      this.#span = -1;
      this.#row = -1;
      this.index = -1;
    } else {
      this.#span = spans.length;
      this.#row = buckets.length;
      for (const { offset, length } of spans) this.index += offset + length;
    }
  }

  next(): boolean {
    const spans = this.#spans;
    while (this.#left === 0) {
      if (this.#step === -1 && this.#span < spans.length) this.index -= spans[this.#span].offset;
      this.#span += this.#step;
      if (this.#span < 0 || this.#span >= spans.length) return false;
      if (this.#step === 1) this.index += spans[this.#span].offset;
      this.#left = spans[this.#span].length;
    }
    this.#left--;
    this.#row += this.#step;
    this.index += this.#step;
    this.count = this.#buckets[this.#row];
    return true;
  }
}

/**
 * Goes through all buckets of a histogram, the empty ones its spans name included, in the order of their values:
 * `while (walk.next()) use(walk.lower, walk.upper, walk.count)`. The zero bucket comes if anything is in it; the
 * buckets beside it are cut off where it begins.
 */
export class BucketWalk {
  lower = 0;
  upper = 0;
  lowerInclusive = false;
  upperInclusive = false;
  count = 0;

  readonly #histogram: Histogram;
  readonly #custom: boolean;
  readonly #first: SideWalk;
  readonly #second: SideWalk;
  readonly #ascending: boolean;
  readonly #nearest: number;
  #phase: "first" | "zero" | "second" = "first";

  /** `atZero` "keep": buckets keep their bounds where they overlap the zero bucket. */
  constructor(
    histogram: Histogram,
    direction: "ascending" | "descending" = "ascending",
    atZero: "cut" | "keep" = "cut",
  ) {
    const { positiveSpans, positiveBuckets, negativeSpans, negativeBuckets } = histogram;
    this.#histogram = histogram;
    this.#custom = histogram.schema === CUSTOM_BUCKETS_SCHEMA;
    this.#ascending = direction === "ascending";
    this.#nearest = atZero === "cut" ? histogram.zeroThreshold : 0;
    this.#first = this.#ascending
      ? new SideWalk(negativeSpans, negativeBuckets, -1)
      : new SideWalk(positiveSpans, positiveBuckets, -1);
    this.#second = this.#ascending
      ? new SideWalk(positiveSpans, positiveBuckets, 1)
      : new SideWalk(negativeSpans, negativeBuckets, 1);
  }

  /** Moves on to the next bucket. @returns whether there is one */
  next(): boolean {
    if (this.#phase === "first") {
      if (this.#first.next()) return this.#take(this.#first, !this.#ascending);
      this.#phase = "zero";
    }
    if (this.#phase === "zero") {
      this.#phase = "second";
      if (this.#histogram.zeroCount > 0 && !this.#custom) return this.#takeZero();
    }
    return this.#second.next() && this.#take(this.#second, this.#ascending);
  }

  #take({ index, count }: SideWalk, positive: boolean): true {
    const { schema } = this.#histogram;
    this.count = count;
    if (this.#custom) {
      const bounds = this.#histogram.customValues ?? NO_NUMBERS;
      this.lower = customBound(index - 1, bounds);
      this.upper = customBound(index, bounds);
      this.lowerInclusive = index === 0;
      this.upperInclusive = true;
      return true;
    }
    const near = Math.max(exponentialBound(index - 1, schema), this.#nearest);
    const far = exponentialBound(index, schema);
    this.lower = positive ? near : -far;
    this.upper = positive ? far : -near;
    this.lowerInclusive = !positive;
    this.upperInclusive = positive;
    return true;
  }

  #takeZero(): true {
    const { zeroThreshold, zeroCount } = this.#histogram;
    this.count = zeroCount;
    this.lower = -zeroThreshold;
    this.upper = zeroThreshold;
    this.lowerInclusive = true;
    this.upperInclusive = true;
    return true;
  }
}

/**
 * How much of a bucket's width lies at or below `value`, which must be strictly inside its finite bounds. Exponential
 * buckets are measured on a logarithmic scale.
 */
export function fractionBelow(lower: number, upper: number, value: number, linear: boolean): number {
  if (linear) return (value - lower) / (upper - lower);
  const logLower = Math.log2(Math.abs(lower));
  const logUpper = Math.log2(Math.abs(upper));
  const logValue = Math.log2(Math.abs(value));
  if (value > 0) return (logValue - logLower) / (logUpper - logLower);
  return 1 - (logValue - logUpper) / (logLower - logUpper);
}
