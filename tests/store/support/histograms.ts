import type { Histogram } from "../../../src/model/histogram.ts";
import { bucketIndices, spansOf } from "../../../src/store/histogram_layout.ts";
import type { Random } from "../../support/random.ts";

/** A histogram that counts on from `before`: the same buckets and perhaps some more, nothing less. */
export function counting(random: Random, before?: Histogram, wholeCounts = false): Histogram {
  const grow = (value: number) => value + (wholeCounts ? random.below(3) : random.next());
  const side = (spans: Histogram["positiveSpans"], buckets: Float64Array) => {
    const counts = new Map(bucketIndices(spans).map((index, i) => [index, buckets[i]]));
    for (let i = 0; i < 2; i++) {
      const index = random.below(24) - 12;
      counts.set(index, grow(counts.get(index) ?? 0));
    }
    const indices = [...counts.keys()].sort((a, b) => a - b);
    return { spans: spansOf(indices), buckets: Float64Array.from(indices, (index) => counts.get(index)!) };
  };
  const positive = side(before?.positiveSpans ?? [], before?.positiveBuckets ?? new Float64Array(0));
  const negative = side(before?.negativeSpans ?? [], before?.negativeBuckets ?? new Float64Array(0));
  const zeroCount = grow(before?.zeroCount ?? 0);
  const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
  return {
    schema: before?.schema ?? random.below(13) - 4,
    counterResetHint: "unknown",
    zeroThreshold: before?.zeroThreshold ?? random.pick([0, 2 ** -128, 0.001, 2 ** 10, 2 ** -243, 2 ** -244]),
    zeroCount,
    count: Math.max(before?.count ?? 0, zeroCount + sum(positive.buckets) + sum(negative.buckets)),
    sum: (before?.sum ?? 0) + random.next() - 0.5,
    positiveSpans: positive.spans,
    negativeSpans: negative.spans,
    positiveBuckets: positive.buckets,
    negativeBuckets: negative.buckets,
    customValues: undefined,
  };
}

/** What a histogram says, whatever its layout: buckets by index, empty ones left out. */
export function meaning(histogram: Histogram): unknown {
  const side = (spans: Histogram["positiveSpans"], buckets: Float64Array) =>
    bucketIndices(spans).map((index, i) => [index, buckets[i]]).filter(([, count]) => count !== 0);
  return {
    schema: histogram.schema,
    hint: histogram.counterResetHint,
    zeroThreshold: histogram.zeroThreshold,
    zeroCount: histogram.zeroCount,
    count: histogram.count,
    sum: histogram.sum,
    positive: side(histogram.positiveSpans, histogram.positiveBuckets),
    negative: side(histogram.negativeSpans, histogram.negativeBuckets),
    customValues: histogram.customValues && [...histogram.customValues],
  };
}
