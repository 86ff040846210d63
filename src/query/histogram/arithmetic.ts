import type { CounterResetHint, Histogram, Span } from "../../model/histogram.ts";
import { exponentialBound, hasCustomBuckets, NO_NUMBERS, sameBounds } from "./bounds.ts";
import { BucketColumns } from "./columns.ts";
import { hintsCollide, mergedHint, Tally } from "./tally.ts";

/** What adding or subtracting two histograms comes to. */
export type Combination =
  | {
    readonly kind: "ok";
    readonly histogram: Histogram;
    /** One side says "reset", the other "not_reset": the hint of the result is "unknown". */
    readonly counterResetCollision: boolean;
    /** The custom bounds differed and were cut down to those that both have. */
    readonly boundsReconciled: boolean;
  }
  /** One has custom, the other exponential buckets. */
  | { readonly kind: "incompatible" };

/** The sum of two histograms, without empty buckets. */
export function addHistograms(left: Histogram, right: Histogram): Combination {
  return combine(left, right, 1);
}

/**
 * The difference of two histograms, without empty buckets. The counter reset hint comes out as for a sum: PromQL's `-`
 * makes it "gauge" (see `withHint`).
 */
export function subHistograms(left: Histogram, right: Histogram): Combination {
  return combine(left, right, -1);
}

function combine(left: Histogram, right: Histogram, sign: 1 | -1): Combination {
  if (sameLayout(left, right)) return combineAligned(left, right, sign);
  const tally = new Tally(left);
  if (!tally.add(right, sign)) return { kind: "incompatible" };
  return {
    kind: "ok",
    histogram: tally.finish(true),
    counterResetCollision: tally.hintsCollided,
    boundsReconciled: tally.boundsReconciled,
  };
}

/** Whether buckets in the same places mean the same, and none lies within the zero bucket. */
function sameLayout(left: Histogram, right: Histogram): boolean {
  const { schema, zeroThreshold } = left;
  return schema === right.schema && zeroThreshold === right.zeroThreshold &&
    (!hasCustomBuckets(left) || sameBounds(left.customValues, right.customValues)) &&
    sameSpans(left.positiveSpans, right.positiveSpans) &&
    sameSpans(left.negativeSpans, right.negativeSpans) &&
    (zeroThreshold === 0 ||
      (beginsBeyond(zeroThreshold, right.positiveSpans, schema) &&
        beginsBeyond(zeroThreshold, right.negativeSpans, schema)));
}

function sameSpans(a: readonly Span[], b: readonly Span[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a[i].offset !== b[i].offset || a[i].length !== b[i].length) return false;
  }
  return true;
}

function beginsBeyond(threshold: number, spans: readonly Span[], schema: number): boolean {
  return spans.length === 0 || exponentialBound(spans[0].offset, schema) > threshold;
}

/** The usual case, without the detour over a tally. */
function combineAligned(left: Histogram, right: Histogram, sign: 1 | -1): Combination {
  const histogram = compactHistogram({
    schema: left.schema,
    counterResetHint: mergedHint(left.counterResetHint, right.counterResetHint),
    zeroThreshold: left.zeroThreshold,
    zeroCount: left.zeroCount + sign * right.zeroCount,
    count: left.count + sign * right.count,
    sum: left.sum + sign * right.sum,
    positiveSpans: left.positiveSpans,
    negativeSpans: left.negativeSpans,
    positiveBuckets: combined(left.positiveBuckets, right.positiveBuckets, sign),
    negativeBuckets: combined(left.negativeBuckets, right.negativeBuckets, sign),
    customValues: left.customValues,
  });
  const counterResetCollision = hintsCollide(left.counterResetHint, right.counterResetHint);
  return { kind: "ok", histogram, counterResetCollision, boundsReconciled: false };
}

function combined(left: Float64Array, right: Float64Array, sign: 1 | -1): Float64Array {
  if (left.length === 0) return left;
  const result = new Float64Array(left.length);
  for (let i = 0; i < result.length; i++) result[i] = left[i] + sign * right[i];
  return result;
}

/** All counts and the sum times a factor; a negative one makes it a gauge. The layout stays. */
export function mulHistogram(histogram: Histogram, factor: number): Histogram {
  const counterResetHint = factor < 0 ? "gauge" : histogram.counterResetHint;
  return { ...mapHistogram(histogram, (value) => value * factor), counterResetHint };
}

/** All counts and the sum divided; by zero, infinite totals (or NaN) without buckets come out. */
export function divHistogram(histogram: Histogram, divisor: number): Histogram {
  const divided = mapHistogram(histogram, (value) => value / divisor);
  if (divisor === 0) {
    return {
      ...divided,
      positiveSpans: [],
      negativeSpans: [],
      positiveBuckets: NO_NUMBERS,
      negativeBuckets: NO_NUMBERS,
    };
  }
  return divisor < 0 ? { ...divided, counterResetHint: "gauge" } : divided;
}

/** What unary minus makes of a histogram. */
export function negateHistogram(histogram: Histogram): Histogram {
  return mulHistogram(histogram, -1);
}

function mapHistogram(histogram: Histogram, change: (value: number) => number): Histogram {
  return {
    ...histogram,
    zeroCount: change(histogram.zeroCount),
    count: change(histogram.count),
    sum: change(histogram.sum),
    positiveBuckets: mapCounts(histogram.positiveBuckets, change),
    negativeBuckets: mapCounts(histogram.negativeBuckets, change),
  };
}

function mapCounts(counts: Float64Array, change: (value: number) => number): Float64Array {
  if (counts.length === 0) return counts;
  const result = new Float64Array(counts.length);
  for (let i = 0; i < result.length; i++) result[i] = change(counts[i]);
  return result;
}

/** The histogram at a lower resolution; its hint becomes "unknown" when that changes anything. */
export function copyToSchema(histogram: Histogram, schema: number): Histogram {
  if (schema >= histogram.schema) return histogram;
  const tally = new Tally(histogram);
  tally.coarsen(schema);
  tally.hint = "unknown";
  return tally.finish(false);
}

/** Without empty buckets. */
export function compactHistogram(histogram: Histogram): Histogram {
  const { positiveBuckets, negativeBuckets } = histogram;
  if (!positiveBuckets.includes(0) && !negativeBuckets.includes(0)) return histogram;
  const positive = BucketColumns.from(histogram.positiveSpans, positiveBuckets).toSide(true);
  const negative = BucketColumns.from(histogram.negativeSpans, negativeBuckets).toSide(true);
  return {
    ...histogram,
    positiveSpans: positive.spans,
    negativeSpans: negative.spans,
    positiveBuckets: positive.buckets,
    negativeBuckets: negative.buckets,
  };
}

export function withHint(histogram: Histogram, counterResetHint: CounterResetHint): Histogram {
  return histogram.counterResetHint === counterResetHint ? histogram : { ...histogram, counterResetHint };
}

/** Only what count and sum need: no buckets. */
export function statsOnly(histogram: Histogram, counterResetHint: CounterResetHint): Histogram {
  return {
    schema: histogram.schema,
    counterResetHint,
    zeroThreshold: 0,
    zeroCount: 0,
    count: histogram.count,
    sum: histogram.sum,
    positiveSpans: [],
    negativeSpans: [],
    positiveBuckets: NO_NUMBERS,
    negativeBuckets: NO_NUMBERS,
    customValues: undefined,
  };
}
