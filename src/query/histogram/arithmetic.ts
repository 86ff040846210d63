import type { Histogram, Span } from "../../model/histogram.ts";

/** What adding or subtracting two histograms comes to. */
export type Combination =
  | {
    readonly kind: "ok";
    readonly histogram: Histogram;
    /** One side says "reset", the other "not_reset". */
    readonly counterResetCollision: boolean;
    /** The custom bounds differed and were cut down to those that both have. */
    readonly boundsReconciled: boolean;
  }
  | { readonly kind: "incompatible" };

/** First cut: same schema and zero threshold only. */
export function addHistograms(left: Histogram, right: Histogram): Combination {
  return combine(left, right, 1);
}

export function subHistograms(left: Histogram, right: Histogram): Combination {
  return combine(left, right, -1);
}

function combine(left: Histogram, right: Histogram, sign: 1 | -1): Combination {
  const positive = merge(
    left.positiveSpans,
    left.positiveBuckets,
    right.positiveSpans,
    right.positiveBuckets,
    sign,
  );
  const negative = merge(
    left.negativeSpans,
    left.negativeBuckets,
    right.negativeSpans,
    right.negativeBuckets,
    sign,
  );
  return {
    kind: "ok",
    histogram: {
      ...left,
      zeroCount: left.zeroCount + sign * right.zeroCount,
      count: left.count + sign * right.count,
      sum: left.sum + sign * right.sum,
      positiveSpans: positive.spans,
      positiveBuckets: positive.buckets,
      negativeSpans: negative.spans,
      negativeBuckets: negative.buckets,
    },
    counterResetCollision: false,
    boundsReconciled: false,
  };
}

function merge(
  spans: readonly Span[],
  buckets: Float64Array,
  otherSpans: readonly Span[],
  otherBuckets: Float64Array,
  sign: number,
): { spans: Span[]; buckets: Float64Array } {
  const counts = new Map<number, number>();
  const note = (from: readonly Span[], values: Float64Array, factor: number) => {
    let index = 0, row = 0;
    for (const span of from) {
      index += span.offset;
      for (let i = 0; i < span.length; i++, index++, row++) {
        counts.set(index, (counts.get(index) ?? 0) + factor * values[row]);
      }
    }
  };
  note(spans, buckets, 1);
  note(otherSpans, otherBuckets, sign);
  const indices = [...counts.keys()].sort((a, b) => a - b);
  const merged: { offset: number; length: number }[] = [];
  let next = 0;
  for (const index of indices) {
    const last = merged.at(-1);
    if (last && index === next) last.length++;
    else merged.push({ offset: index - next, length: 1 });
    next = index + 1;
  }
  return { spans: merged, buckets: Float64Array.from(indices, (index) => counts.get(index)!) };
}
