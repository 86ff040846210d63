import type { Histogram, Span } from "../../model/histogram.ts";
import { hasCustomBuckets, NO_NUMBERS } from "./bounds.ts";

/** What makes a histogram impossible, or undefined (Prometheus, model/histogram, Validate). */
export function histogramProblem(histogram: Histogram): string | undefined {
  if (histogram.count < 0) return `count must not be negative: ${histogram.count}`;
  if (histogram.positiveBuckets.some((count) => count < 0)) return "a bucket has a negative count";
  if (hasCustomBuckets(histogram)) return customProblem(histogram);
  if (!(histogram.schema >= -4 && histogram.schema <= 8)) {
    return `schema must be -53 or from -4 to 8: ${histogram.schema}`;
  }
  if (histogram.zeroCount < 0) return `zero bucket must not have a negative count: ${histogram.zeroCount}`;
  if (histogram.negativeBuckets.some((count) => count < 0)) return "a bucket has a negative count";
  if (histogram.customValues) return "an exponential histogram has no custom bounds";
  return spansProblem(histogram.positiveSpans, histogram.positiveBuckets, false) ??
    spansProblem(histogram.negativeSpans, histogram.negativeBuckets, false);
}

function customProblem(histogram: Histogram): string | undefined {
  if (histogram.zeroCount !== 0 || histogram.zeroThreshold !== 0) {
    return "a histogram with custom buckets has no zero bucket";
  }
  if (histogram.negativeBuckets.length > 0) return "a histogram with custom buckets has no negative buckets";
  const bounds = histogram.customValues ?? NO_NUMBERS;
  for (let i = 0; i < bounds.length; i++) {
    if (Number.isNaN(bounds[i]) || bounds[i] === Infinity) {
      return `custom bound must be a number: ${bounds[i]}`;
    }
    if (i > 0 && bounds[i] <= bounds[i - 1]) return "custom bounds must ascend";
  }
  const reach = histogram.positiveSpans.reduce((sum, { offset, length }) => sum + offset + length, 0);
  if (reach > bounds.length + 1) return `${bounds.length} custom bounds are too few for bucket ${reach}`;
  return spansProblem(histogram.positiveSpans, histogram.positiveBuckets, true);
}

function spansProblem(spans: readonly Span[], buckets: Float64Array, firstToo: boolean): string | undefined {
  const backwards = spans.find(({ offset }, i) => offset < 0 && (firstToo || i > 0));
  if (backwards) return `span must not go backwards: offset ${backwards.offset}`;
  const named = spans.reduce((sum, { length }) => sum + length, 0);
  return named === buckets.length ? undefined : `spans name ${named} buckets, there are ${buckets.length}`;
}
