import type { CounterResetHint, Histogram } from "../../model/histogram.ts";
import { CUSTOM_BUCKETS_SCHEMA } from "../../model/histogram.ts";
import { kahanAdd } from "../kahan.ts";
import { exponentialBound, NO_NUMBERS, sameBounds, sharedBounds } from "./bounds.ts";
import { BucketColumns } from "./columns.ts";
import { CustomRollUp } from "./custom_buckets.ts";
import { rowsBeginningBelow, rowsEndingWithin, widenedZero } from "./zero_bucket.ts";

/** The hint of a sum or difference: gauge with anything is a gauge, unknown or opposites make unknown. */
export function mergedHint(a: CounterResetHint, b: CounterResetHint): CounterResetHint {
  if (a === b) return a;
  return a === "gauge" || b === "gauge" ? "gauge" : "unknown";
}

/** Whether one says "reset" and the other "not_reset". */
export function hintsCollide(a: CounterResetHint, b: CounterResetHint): boolean {
  return (a === "reset" && b === "not_reset") || (a === "not_reset" && b === "reset");
}

/** Rows of a tally's totals. */
const COUNT = 0;
const SUM = 1;
const ZERO = 2;

/**
 * A histogram that can be changed: what sums and differences are worked out in (Prometheus, model/histogram,
 * FloatHistogram's Add, Sub and KahanAdd). Schemas, zero thresholds and custom bounds that differ are brought down to
 * what both sides have. Input histograms are never modified.
 */
export class Tally {
  hint: CounterResetHint;
  /** Whether a "reset" and a "not_reset" met head-on in an addition. */
  hintsCollided = false;
  /** Whether custom bounds differed in an addition and were cut down to those that both had. */
  boundsReconciled = false;

  #schema: number;
  #zeroThreshold: number;
  #customValues: Float64Array;
  readonly #totals = new Float64Array(3);
  #totalErrors: Float64Array | undefined;
  #positive: BucketColumns;
  #negative: BucketColumns;

  constructor(histogram: Histogram) {
    const custom = histogram.schema === CUSTOM_BUCKETS_SCHEMA;
    this.hint = histogram.counterResetHint;
    this.#schema = histogram.schema;
    this.#zeroThreshold = custom ? 0 : histogram.zeroThreshold;
    this.#customValues = (custom && histogram.customValues) || NO_NUMBERS;
    this.#totals[COUNT] = histogram.count;
    this.#totals[SUM] = histogram.sum;
    this.#totals[ZERO] = custom ? 0 : histogram.zeroCount;
    this.#positive = BucketColumns.from(histogram.positiveSpans, histogram.positiveBuckets);
    this.#negative = custom
      ? new BucketColumns(0)
      : BucketColumns.from(histogram.negativeSpans, histogram.negativeBuckets);
  }

  /** Keeps rounding errors from now on, and takes them into account (Kahan's summation). */
  compensate(): this {
    this.#totalErrors ??= new Float64Array(3);
    this.#positive.compensate();
    this.#negative.compensate();
    return this;
  }

  clone(): Tally {
    const copy = new Tally(this.finish(false));
    copy.hintsCollided = this.hintsCollided;
    copy.boundsReconciled = this.boundsReconciled;
    copy.#totalErrors = this.#totalErrors?.slice();
    copy.#positive = this.#positive.clone();
    copy.#negative = this.#negative.clone();
    return copy;
  }

  get isCustom(): boolean {
    return this.#schema === CUSTOM_BUCKETS_SCHEMA;
  }

  /**
   * Adds a histogram, or with `sign` -1 subtracts it.
   * @returns false, and does nothing, if one has custom and the other exponential buckets
   */
  add(other: Histogram, sign: 1 | -1 = 1): boolean {
    if (this.isCustom !== (other.schema === CUSTOM_BUCKETS_SCHEMA)) return false;
    this.#mergeHint(other.counterResetHint);
    this.#addTotal(COUNT, sign * other.count);
    this.#addTotal(SUM, sign * other.sum);
    if (this.isCustom) this.#addCustom(other, sign);
    else this.#addExponential(other, sign);
    return true;
  }

  /** Applies `change` to all counts and the sum. */
  map(change: (value: number) => number): void {
    for (const row of [COUNT, SUM, ZERO]) {
      this.#totals[row] = change(this.#totals[row]);
      if (this.#totalErrors) this.#totalErrors[row] = change(this.#totalErrors[row]);
    }
    this.#positive.map(change);
    this.#negative.map(change);
  }

  /** Lowers the resolution to that of a smaller schema. */
  coarsen(schema: number): void {
    if (schema >= this.#schema || this.isCustom) return;
    this.#positive.coarsen(this.#schema - schema);
    this.#negative.coarsen(this.#schema - schema);
    this.#schema = schema;
  }

  /** Whether any part has gone beyond the largest number. */
  hasOverflown(): boolean {
    return this.#totals.some((total) => total === Infinity || total === -Infinity) ||
      this.#positive.hasInfinity() || this.#negative.hasInfinity();
  }

  /** The histogram that it has come to. `compact`: without empty buckets. */
  finish(compact: boolean): Histogram {
    const totals = this.#totals;
    const positive = this.#positive.toSide(compact);
    const negative = this.#negative.toSide(compact);
    return {
      schema: this.#schema,
      counterResetHint: this.hint,
      zeroThreshold: this.#zeroThreshold,
      zeroCount: totals[ZERO],
      count: totals[COUNT],
      sum: totals[SUM],
      positiveSpans: positive.spans,
      negativeSpans: negative.spans,
      positiveBuckets: positive.buckets,
      negativeBuckets: negative.buckets,
      customValues: this.isCustom ? this.#customValues : undefined,
    };
  }

  /** Folds the rounding errors into the counts and stops keeping them. */
  settle(): this {
    const errors = this.#totalErrors;
    if (errors) { for (const row of [COUNT, SUM, ZERO]) this.#totals[row] += errors[row]; }
    this.#totalErrors = undefined;
    this.#positive.settle();
    this.#negative.settle();
    return this;
  }

  #addTotal(row: number, value: number): void {
    if (this.#totalErrors) kahanAdd(this.#totals, this.#totalErrors, row, value);
    else this.#totals[row] += value;
  }

  #mergeHint(other: CounterResetHint): void {
    if (hintsCollide(this.hint, other)) this.hintsCollided = true;
    this.hint = mergedHint(this.hint, other);
  }

  #addCustom(other: Histogram, sign: 1 | -1): void {
    const otherBounds = other.customValues ?? NO_NUMBERS;
    if (sameBounds(this.#customValues, otherBounds)) {
      if (this.#positive.matches(other.positiveSpans)) this.#positive.addAligned(other.positiveBuckets, sign);
      else this.#positive.add(BucketColumns.from(other.positiveSpans, other.positiveBuckets), sign);
      return;
    }
    this.boundsReconciled = true;
    const bounds = sharedBounds(this.#customValues, otherBounds);
    const rollUp = new CustomRollUp(bounds);
    rollUp.add(this.#positive, this.#customValues, 1);
    rollUp.add(BucketColumns.from(other.positiveSpans, other.positiveBuckets), otherBounds, sign);
    this.#positive = rollUp.toColumns(this.#positive.errors !== undefined);
    this.#customValues = bounds;
  }

  #addExponential(other: Histogram, sign: 1 | -1): void {
    const aligned = other.schema === this.#schema && other.zeroThreshold === this.#zeroThreshold;
    if (!aligned) {
      this.#addUnlike(other, sign);
      return;
    }
    this.#addTotal(ZERO, sign * other.zeroCount);
    for (const [mine, spans, buckets] of this.#sides(other)) {
      const allOutsideZero = spans.length === 0 ||
        exponentialBound(spans[0].offset, this.#schema) > this.#zeroThreshold;
      if (allOutsideZero && mine.matches(spans)) mine.addAligned(buckets, sign);
      else this.#addSide(mine, BucketColumns.from(spans, buckets), sign);
    }
  }

  #sides(other: Histogram) {
    return [
      [this.#positive, other.positiveSpans, other.positiveBuckets],
      [this.#negative, other.negativeSpans, other.negativeBuckets],
    ] as const;
  }

  /**
   * Adds a histogram whose zero threshold or schema differs. As in Prometheus, what the zero bucket takes in of the
   * other's buckets is also in the coarser bucket that they become, if that one reaches beyond the zero bucket.
   */
  #addUnlike(other: Histogram, sign: 1 | -1): void {
    const theirs = {
      schema: other.schema,
      zeroCount: other.zeroCount,
      zeroError: 0,
      positive: BucketColumns.from(other.positiveSpans, other.positiveBuckets),
      negative: BucketColumns.from(other.negativeSpans, other.negativeBuckets),
    };
    let zero = { threshold: other.zeroThreshold, count: other.zeroCount, error: 0 };
    while (zero.threshold !== this.#zeroThreshold) {
      if (zero.threshold < this.#zeroThreshold) zero = widenedZero(theirs, this.#zeroThreshold);
      if (zero.threshold > this.#zeroThreshold) this.#widenZero(zero.threshold);
    }
    this.#addTotal(ZERO, sign * zero.count);
    if (this.#totalErrors) this.#addTotal(ZERO, sign * zero.error);
    const shift = Math.max(0, other.schema - this.#schema);
    for (
      const [mine, side] of [[this.#positive, theirs.positive], [this.#negative, theirs.negative]] as const
    ) {
      if (mine.errors && shift > 0) side.compensate();
      side.coarsen(shift);
    }
    this.coarsen(other.schema);
    this.#addSide(this.#positive, theirs.positive, sign);
    this.#addSide(this.#negative, theirs.negative, sign);
  }

  /** Adds buckets of this schema, but those within the zero bucket, which have been counted there. */
  #addSide(mine: BucketColumns, theirs: BucketColumns, sign: 1 | -1): void {
    mine.add(theirs, sign, rowsEndingWithin(this.#zeroThreshold, theirs, this.#schema));
  }

  #widenZero(threshold: number): void {
    const widened = widenedZero({
      schema: this.#schema,
      zeroCount: this.#totals[ZERO],
      zeroError: this.#totalErrors?.[ZERO] ?? 0,
      positive: this.#positive,
      negative: this.#negative,
    }, threshold);
    this.#zeroThreshold = widened.threshold;
    this.#totals[ZERO] = widened.count;
    if (this.#totalErrors) this.#totalErrors[ZERO] = widened.error;
    for (const side of [this.#positive, this.#negative]) {
      side.dropFirst(rowsBeginningBelow(widened.threshold, side, this.#schema));
    }
  }
}
