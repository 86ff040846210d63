import type { Histogram } from "../../model/histogram.ts";
import { kahanAdd } from "../kahan.ts";
import { hasCustomBuckets } from "./bounds.ts";
import { BucketWalk } from "./bucket_walk.ts";

export function histogramAvg({ sum, count }: Histogram): number {
  return sum / count;
}

/**
 * Estimates the variance of the observations, taking each to be in the middle of its bucket: the geometric one, with
 * custom buckets the arithmetic one, and zero in the zero bucket.
 */
export function histogramVariance(histogram: Histogram): number {
  const mean = histogramAvg(histogram);
  const custom = hasCustomBuckets(histogram);
  const sum = new Float64Array(1);
  const error = new Float64Array(1);
  const walk = new BucketWalk(histogram);
  while (walk.next()) {
    if (walk.count === 0) continue;
    const delta = middleOf(walk, custom) - mean;
    kahanAdd(sum, error, 0, walk.count * delta * delta);
  }
  return (sum[0] + error[0]) / histogram.count;
}

function middleOf({ lower, upper }: BucketWalk, custom: boolean): number {
  if (custom) return (upper + lower) / 2;
  if (lower <= 0 && upper >= 0) return 0;
  const middle = Math.sqrt(upper * lower);
  return upper < 0 ? -middle : middle;
}
