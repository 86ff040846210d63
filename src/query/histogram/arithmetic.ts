import type { CounterResetHint, Histogram } from "../../model/histogram.ts";
import { BucketColumns } from "./columns.ts";
import { Tally } from "./tally.ts";

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
  const tally = new Tally(left);
  if (!tally.add(right, sign)) return { kind: "incompatible" };
  return {
    kind: "ok",
    histogram: tally.finish(true),
    counterResetCollision: tally.hintsCollided,
    boundsReconciled: tally.boundsReconciled,
  };
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
    const none = new Float64Array(0);
    return { ...divided, positiveSpans: [], negativeSpans: [], positiveBuckets: none, negativeBuckets: none };
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
    positiveBuckets: histogram.positiveBuckets.map(change),
    negativeBuckets: histogram.negativeBuckets.map(change),
  };
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
  const none = new Float64Array(0);
  return {
    schema: histogram.schema,
    counterResetHint,
    zeroThreshold: 0,
    zeroCount: 0,
    count: histogram.count,
    sum: histogram.sum,
    positiveSpans: [],
    negativeSpans: [],
    positiveBuckets: none,
    negativeBuckets: none,
    customValues: undefined,
  };
}
