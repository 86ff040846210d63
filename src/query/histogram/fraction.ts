import type { Histogram } from "../../model/histogram.ts";
import { hasCustomBuckets } from "./bounds.ts";
import { BucketWalk, fractionBelow } from "./bucket_walk.ts";

export interface FractionResult {
  readonly value: number;
  /** There are observations of NaN: they are in the whole, but in no part. */
  readonly excludesNaN: boolean;
}

/** Estimates which part of a native histogram's observations lies between two values (Prometheus, promql, HistogramFraction). */
export function histogramFraction(lower: number, upper: number, histogram: Histogram): FractionResult {
  const { count } = histogram;
  if (count === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return { value: NaN, excludesNaN: false };
  if (lower >= upper) return { value: 0, excludesNaN: false };
  const lowerRank = rankOf(lower, histogram);
  const upperRank = rankOf(upper, histogram);
  const inBuckets = Number.isNaN(histogram.sum) ? countAll(histogram) : count;
  const value = (Math.min(upperRank, inBuckets) - Math.min(lowerRank, inBuckets)) / count;
  return { value, excludesNaN: Number.isNaN(histogram.sum) && inBuckets < count };
}

/** How many observations lie below a value; infinite when it is above all buckets. */
function rankOf(value: number, histogram: Histogram): number {
  const walk = new BucketWalk(histogram);
  const custom = hasCustomBuckets(histogram);
  let rank = 0;
  while (walk.next()) {
    const { count } = walk;
    let { lower, upper } = walk;
    const aroundZero = lower <= 0 && upper >= 0;
    if (aroundZero) {
      const positive = histogram.positiveBuckets.length > 0;
      const negative = histogram.negativeBuckets.length > 0;
      if (positive && !negative) lower = 0;
      if (negative && !positive) upper = 0;
    }
    if (lower >= value) return rank;
    if (upper > value) return rank + partOf(count, lower, upper, value, custom || aroundZero);
    rank += count;
  }
  return Infinity;
}

/** Observations of a bucket at or below a value inside it. An infinitely wide bucket counts whole (from -Inf) or not at all. */
function partOf(count: number, lower: number, upper: number, value: number, linear: boolean): number {
  if (linear && lower === -Infinity) return count;
  return count * fractionBelow(lower, upper, value, linear);
}

function countAll(histogram: Histogram): number {
  let count = 0;
  const walk = new BucketWalk(histogram);
  while (walk.next()) count += walk.count;
  return count;
}
