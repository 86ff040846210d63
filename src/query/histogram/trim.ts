import type { Histogram, Span } from "../../model/histogram.ts";
import { customBound, exponentialBound, hasCustomBuckets, NO_NUMBERS } from "./bounds.ts";
import { compactHistogram } from "./arithmetic.ts";
import { fractionBelow } from "./bucket_walk.ts";
import { BucketColumns } from "./columns.ts";

/** Which observations `histogram </ at` ("below") and `histogram >/ at` ("above") keep. */
export type Keep = "below" | "above";

/** What a cut leaves of one bucket: how many observations, and around which value they are taken to lie. */
interface Rest {
  readonly count: number;
  readonly middle: number;
}

interface Bucket {
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
}

interface Cut {
  readonly at: number;
  readonly keep: Keep;
  readonly custom: boolean;
}

/**
 * Cuts off the observations on one side of a value (Prometheus, model/histogram, TrimBuckets). A bucket that the
 * value cuts is split by interpolation; count and sum are estimated anew from what is left, if anything went.
 */
export function trimHistogram(histogram: Histogram, at: number, keep: Keep): Histogram {
  const cut: Cut = { at, keep, custom: hasCustomBuckets(histogram) };
  const totals = new Totals();
  const positive = trimSide(histogram, histogram.positiveSpans, histogram.positiveBuckets, true, cut, totals);
  const negative = trimSide(
    histogram,
    histogram.negativeSpans,
    histogram.negativeBuckets,
    false,
    cut,
    totals,
  );
  const zero = histogram.zeroCount > 0
    ? trimZero(histogram, cut, populated(histogram.positiveBuckets), populated(histogram.negativeBuckets))
    : { count: histogram.zeroCount, middle: 0 };
  if (histogram.zeroCount > 0) totals.add(histogram.zeroCount, zero);
  if (!totals.changed) return histogram;
  return compactHistogram({
    ...histogram,
    count: totals.count,
    sum: totals.sum,
    zeroCount: zero.count,
    positiveBuckets: positive,
    negativeBuckets: negative,
  });
}

/** Count and sum of what is left. */
class Totals {
  count = 0;
  sum = 0;
  changed = false;

  add(before: number, rest: Rest): void {
    this.count += rest.count;
    this.sum += rest.middle * rest.count;
    if (rest.count !== before) this.changed = true;
  }
}

function populated(buckets: Float64Array): boolean {
  return buckets.some((count) => count !== 0);
}

function trimSide(
  histogram: Histogram,
  spans: readonly Span[],
  buckets: Float64Array,
  positive: boolean,
  cut: Cut,
  totals: Totals,
): Float64Array {
  const left = buckets.slice();
  const { indices, length } = BucketColumns.from(spans, buckets);
  for (let row = 0; row < length; row++) {
    if (buckets[row] === 0) continue;
    const rest = trimBucket(bucketAt(histogram, indices[row], positive, buckets[row]), positive, cut);
    totals.add(buckets[row], rest);
    left[row] = rest.count;
  }
  return left;
}

function bucketAt(histogram: Histogram, index: number, positive: boolean, count: number): Bucket {
  const bounds = histogram.customValues ?? NO_NUMBERS;
  const custom = hasCustomBuckets(histogram);
  const near = custom ? customBound(index - 1, bounds) : exponentialBound(index - 1, histogram.schema);
  const far = custom ? customBound(index, bounds) : exponentialBound(index, histogram.schema);
  return positive ? { lower: near, upper: far, count } : { lower: -far, upper: -near, count };
}

function trimBucket(bucket: Bucket, positive: boolean, cut: Cut): Rest {
  const { lower, upper, count } = bucket;
  const { at, keep } = cut;
  const whole = keep === "below" ? upper <= at : lower >= at;
  if (whole) return { count, middle: middleOf(lower, upper, positive, cut.custom) };
  const split = keep === "below" ? lower < at : upper > at;
  if (!split) return { count: 0, middle: 0 };
  if (lower === -Infinity) return splitLowest(bucket, cut);
  if (upper === Infinity) return splitHighest(bucket, cut);
  const below = count * fractionBelow(lower, upper, at, cut.custom);
  return keep === "below"
    ? { count: below, middle: middleOf(lower, at, positive, cut.custom) }
    : { count: count - below, middle: middleOf(at, upper, positive, cut.custom) };
}

/**
 * A bucket that begins at -Inf: if it ends above zero it is taken to begin at zero, as in quantiles. Else nobody knows
 * where its observations lie: all are kept when the cut keeps what is below it, none otherwise.
 */
function splitLowest({ upper, count }: Bucket, { at, keep }: Cut): Rest {
  const finite = upper !== Infinity;
  if (keep === "below") {
    if (at > 0 && upper > 0 && finite) return { count: count * at / upper, middle: at / 2 };
    return upper <= 0 ? { count, middle: at } : { count: 0, middle: 0 };
  }
  if (at === -Infinity) return { count, middle: 0 };
  if (at >= 0 && finite) return { count: count * (1 - at / upper), middle: (at + upper) / 2 };
  return { count: 0, middle: 0 };
}

/** A bucket that ends at +Inf: all of it goes or, cut from below, all of it stays. */
function splitHighest({ lower, count }: Bucket, { at, keep }: Cut): Rest {
  return keep === "above" && at >= lower ? { count, middle: at } : { count: 0, middle: 0 };
}

/** The zero bucket is split linearly; it ends at zero where there are no buckets on one side. */
function trimZero(
  { zeroThreshold, zeroCount }: Histogram,
  { at, keep }: Cut,
  positive: boolean,
  negative: boolean,
): Rest {
  const lower = positive && !negative ? 0 : -zeroThreshold;
  const upper = negative && !positive ? 0 : zeroThreshold;
  const middle = (lower + upper) / 2;
  const below = keep === "below";
  if (at <= lower) return below ? { count: 0, middle: 0 } : { count: zeroCount, middle };
  if (at >= upper) return below ? { count: zeroCount, middle } : { count: 0, middle: 0 };
  const kept = below ? at - lower : upper - at;
  return { count: zeroCount * (kept / (upper - lower)), middle: ((below ? lower : upper) + at) / 2 };
}

/** Middle of an interval: arithmetic with custom buckets, else geometric; of an infinite one, its finite end or half of it. */
function middleOf(lower: number, upper: number, positive: boolean, custom: boolean): number {
  const lowerInfinite = !Number.isFinite(lower);
  const upperInfinite = !Number.isFinite(upper);
  if (lowerInfinite && upperInfinite) return 0;
  if (lowerInfinite) return upper > 0 ? upper / 2 : upper;
  if (upperInfinite) return lower;
  if (custom) return (lower + upper) / 2;
  const middle = Math.sqrt(Math.abs(lower * upper));
  return positive ? middle : -middle;
}
