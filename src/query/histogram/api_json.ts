import type { Histogram } from "../../model/histogram.ts";
import { formatApiFloat } from "../go_number.ts";
import { BucketWalk } from "./bucket_walk.ts";

/** Which ends of a bucket belong to it. */
export type BoundaryRule = 0 | 1 | 2 | 3;

/** A bucket in Prometheus' HTTP API: boundary rule, lower bound, upper bound, count. */
export type ApiBucket = readonly [rule: BoundaryRule, lower: string, upper: string, count: string];

/** A native histogram in Prometheus' HTTP API; `buckets` only if any is populated. */
export interface ApiHistogram {
  readonly count: string;
  readonly sum: string;
  readonly buckets?: readonly ApiBucket[];
}

/** A histogram as the HTTP API shows it: the populated buckets, ascending. */
export function histogramToApi(histogram: Histogram): ApiHistogram {
  const buckets: ApiBucket[] = [];
  const walk = new BucketWalk(histogram);
  while (walk.next()) {
    if (walk.count === 0) continue;
    buckets.push([
      boundaryRule(walk),
      formatApiFloat(walk.lower),
      formatApiFloat(walk.upper),
      formatApiFloat(walk.count),
    ]);
  }
  const totals = { count: formatApiFloat(histogram.count), sum: formatApiFloat(histogram.sum) };
  return buckets.length > 0 ? { ...totals, buckets } : totals;
}

/** 0: open left, closed right; 1: closed left, open right; 2: open; 3: closed. */
function boundaryRule({ lowerInclusive, upperInclusive }: BucketWalk): BoundaryRule {
  if (lowerInclusive) return upperInclusive ? 3 : 1;
  return upperInclusive ? 0 : 2;
}
