import type { Histogram } from "../../model/histogram.ts";
import { hasCustomBuckets } from "./bounds.ts";
import { BucketWalk } from "./bucket_walk.ts";

/** A value, and what observations that are NaN did to it. */
export interface QuantileResult {
  readonly value: number;
  /** "result_is_nan": the quantile falls among them; "skewed_higher": they count as above all others. */
  readonly nanNote: "result_is_nan" | "skewed_higher" | undefined;
}

/**
 * Estimates a quantile of a native histogram (Prometheus, promql, HistogramQuantile). Inside a bucket the interpolation is
 * exponential; linear with custom buckets and in the zero bucket, whose far side is zero if there are no buckets there.
 *
 * Differs from Prometheus 3.14 in one case: with observations of NaN it divides by the count of the last bucket, not of
 * the one the quantile is in, and so lands outside of that one.
 */
export function histogramQuantile(q: number, histogram: Histogram): QuantileResult {
  if (q < 0) return plain(-Infinity);
  if (q > 1) return plain(Infinity);
  if (histogram.count === 0 || Number.isNaN(q)) return plain(NaN);
  const hasNaN = Number.isNaN(histogram.sum);
  const fromBelow = hasNaN || q < 0.5;
  const walk = new BucketWalk(histogram, fromBelow ? "ascending" : "descending");
  const rank = fromBelow ? q * histogram.count : (1 - q) * histogram.count;
  const reached = walkTo(walk, rank);
  return hasCustomBuckets(histogram)
    ? inCustomBucket(histogram, walk, reached, rank, fromBelow)
    : inExponentialBucket(histogram, walk, reached, rank, fromBelow);
}

/** Moves to the bucket in which the `rank`th observation is. @returns the observations up to its end */
function walkTo(walk: BucketWalk, rank: number): number {
  let reached = 0;
  while (walk.next()) {
    if (walk.count === 0) continue;
    reached += walk.count;
    if (reached >= rank) break;
  }
  return reached;
}

function inCustomBucket(
  histogram: Histogram,
  walk: BucketWalk,
  reached: number,
  rank: number,
  fromBelow: boolean,
): QuantileResult {
  const { upper } = walk;
  let { lower } = walk;
  if (lower === -Infinity) {
    if (upper <= 0) return plain(upper);
    lower = 0;
  } else if (upper === Infinity) {
    return plain(lower);
  }
  return interpolate(histogram, walk, lower, upper, reached, rank, fromBelow, true);
}

function inExponentialBucket(
  histogram: Histogram,
  walk: BucketWalk,
  reached: number,
  rank: number,
  fromBelow: boolean,
): QuantileResult {
  let { lower, upper } = walk;
  if (lower < 0 && upper > 0) {
    const positive = histogram.positiveBuckets.length > 0;
    const negative = histogram.negativeBuckets.length > 0;
    if (positive && !negative) lower = 0;
    if (negative && !positive) upper = 0;
  }
  const linear = lower <= 0 && upper >= 0;
  return interpolate(histogram, walk, lower, upper, reached, rank, fromBelow, linear);
}

function interpolate(
  histogram: Histogram,
  walk: BucketWalk,
  lower: number,
  upper: number,
  reachedRaw: number,
  rank: number,
  fromBelow: boolean,
  linear: boolean,
): QuantileResult {
  const { sum, count } = histogram;
  const reached = Math.min(reachedRaw, count); // rounding may have taken it further
  if (reached < rank) {
    return Number.isNaN(sum) ? { value: NaN, nanNote: "result_is_nan" } : plain(upper);
  }
  const inBucket = walk.count;
  const rankInBucket = fromBelow ? rank - (reached - inBucket) : reached - rank;
  const nanNote = Number.isNaN(sum) && reached + countRest(walk) < count ? "skewed_higher" : undefined;
  const fraction = rankInBucket / inBucket;
  if (linear) return { value: lower + (upper - lower) * fraction, nanNote };
  const logLower = Math.log2(Math.abs(lower));
  const logUpper = Math.log2(Math.abs(upper));
  const value = lower > 0
    ? 2 ** (logLower + (logUpper - logLower) * fraction)
    : -(2 ** (logUpper + (logLower - logUpper) * (1 - fraction)));
  return { value, nanNote };
}

function countRest(walk: BucketWalk): number {
  let count = 0;
  while (walk.next()) count += walk.count;
  return count;
}

function plain(value: number): QuantileResult {
  return { value, nanNote: undefined };
}
