import { almostEqual } from "./almost_equal.ts";

/** One bucket of a classic histogram: how many observations are at or below its bound. */
export interface ClassicBucket {
  readonly upperBound: number;
  count: number;
}

/** How a histogram whose counts fell towards higher bounds was mended. */
export interface MonotonicityFix {
  /** Smallest and largest bound at which a count was raised. */
  readonly minBound: number;
  readonly maxBound: number;
  /** The most that one was raised by. */
  readonly maxDifference: number;
}

/** Differences smaller than this, relative, come from floating point. */
const TINY = 1e-12;

/**
 * Estimates a quantile of a classic histogram, with linear interpolation (Prometheus, promql, BucketQuantile). Sorts
 * and mends `buckets`, which must not be empty, in place.
 * @returns NaN without a +Inf bucket, a second one or observations; `fix` where counts had to be raised
 */
export function classicQuantile(
  q: number,
  buckets: ClassicBucket[],
): { value: number; fix?: MonotonicityFix } {
  if (Number.isNaN(q)) return { value: NaN };
  if (q < 0) return { value: -Infinity };
  if (q > 1) return { value: Infinity };
  sortAndCoalesce(buckets);
  if (buckets[buckets.length - 1].upperBound !== Infinity) return { value: NaN };
  const fix = forceMonotonicity(buckets);
  return { value: quantileOf(q, buckets), fix };
}

function quantileOf(q: number, buckets: readonly ClassicBucket[]): number {
  const last = buckets.length - 1;
  const observations = buckets[last].count;
  if (last < 1 || observations === 0) return NaN;
  const rank = q * observations;
  const place = firstReaching(rank, buckets);
  const end = buckets[place].upperBound;
  if (place === last) return buckets[last - 1].upperBound;
  if (place === 0 && end <= 0) return end;
  const start = place > 0 ? buckets[place - 1].upperBound : 0;
  const before = place > 0 ? buckets[place - 1].count : 0;
  return start + (end - start) * ((rank - before) / (buckets[place].count - before));
}

/** The first bucket but the last that reaches a rank, else the last; by halving. */
function firstReaching(rank: number, buckets: readonly ClassicBucket[]): number {
  let low = 0;
  let high = buckets.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (buckets[middle].count >= rank) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * Estimates which part of a classic histogram's observations lies between two values (Prometheus, promql,
 * BucketFraction). Sorts `buckets`, which must not be empty, in place.
 */
export function classicFraction(lower: number, upper: number, buckets: ClassicBucket[]): number {
  sortAndCoalesce(buckets);
  const { upperBound, count } = buckets[buckets.length - 1];
  if (upperBound !== Infinity || count === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return NaN;
  if (lower >= upper) return 0;
  return (Math.min(rankOf(upper, buckets), count) - Math.min(rankOf(lower, buckets), count)) / count;
}

/** How many observations lie below a value; infinite above all buckets. */
function rankOf(value: number, buckets: readonly ClassicBucket[]): number {
  let start = buckets[0].upperBound <= 0 ? -Infinity : 0;
  let rank = 0;
  for (const { upperBound, count } of buckets) {
    if (start >= value) return rank;
    if (upperBound > value) {
      // There is no interpolating in an infinitely wide bucket: whole from -Inf, nothing towards +Inf.
      return start === -Infinity ? count : rank + (count - rank) * (value - start) / (upperBound - start);
    }
    rank = count;
    start = upperBound;
  }
  return Infinity;
}

/** Sorts by bound and adds up buckets with the same one. */
function sortAndCoalesce(buckets: ClassicBucket[]): void {
  buckets.sort((a, b) => a.upperBound < b.upperBound ? -1 : a.upperBound > b.upperBound ? 1 : 0);
  let kept = 0;
  for (let i = 1; i < buckets.length; i++) {
    if (buckets[i].upperBound === buckets[kept].upperBound) buckets[kept].count += buckets[i].count;
    else buckets[++kept] = buckets[i];
  }
  buckets.length = kept + 1;
}

/** Raises counts that are below those of lower bounds. Tiny differences either way are evened out silently. */
function forceMonotonicity(buckets: ClassicBucket[]): MonotonicityFix | undefined {
  let minBound = Infinity;
  let maxBound = -Infinity;
  let maxDifference = 0;
  let reached = buckets[0].count;
  for (let i = 1; i < buckets.length; i++) {
    const bucket = buckets[i];
    const isTiny = bucket.count !== reached && almostEqual(reached, bucket.count, TINY);
    if (!isTiny && bucket.count < reached) {
      minBound = Math.min(minBound, bucket.upperBound);
      maxBound = Math.max(maxBound, bucket.upperBound);
      maxDifference = Math.max(maxDifference, reached - bucket.count);
    }
    if (isTiny || bucket.count < reached) bucket.count = reached;
    else reached = bucket.count;
  }
  return minBound <= maxBound ? { minBound, maxBound, maxDifference } : undefined;
}
