import type { Histogram, Span } from "../../../src/model/histogram.ts";
import { almostEqual } from "../../../src/query/histogram/almost_equal.ts";
import { hasCustomBuckets, sameBounds } from "../../../src/query/histogram/bounds.ts";

/**
 * Whether a histogram is the expected one within the tolerance for counts and sums; layouts may differ in how they
 * write the same populated buckets. The counter reset hint matters only if the script gave one.
 */
export function similarHistograms(expected: Histogram, found: Histogram, hintMatters: boolean): boolean {
  return expected.schema === found.schema &&
    almostEqual(expected.count, found.count) &&
    almostEqual(expected.sum, found.sum) &&
    expected.zeroThreshold === found.zeroThreshold &&
    almostEqual(expected.zeroCount, found.zeroCount) &&
    (!hasCustomBuckets(expected) || sameBounds(expected.customValues, found.customValues)) &&
    similarBuckets(
      expected.negativeSpans,
      expected.negativeBuckets,
      found.negativeSpans,
      found.negativeBuckets,
    ) &&
    similarBuckets(
      expected.positiveSpans,
      expected.positiveBuckets,
      found.positiveSpans,
      found.positiveBuckets,
    ) &&
    (!hintMatters || expected.counterResetHint === found.counterResetHint);
}

function similarBuckets(
  spans: readonly Span[],
  buckets: Float64Array,
  otherSpans: readonly Span[],
  otherBuckets: Float64Array,
): boolean {
  const expected = [...populated(spans, buckets)];
  const found = [...populated(otherSpans, otherBuckets)];
  return expected.length === found.length &&
    expected.every(([index, count], i) => index === found[i][0] && almostEqual(count, found[i][1]));
}

/** Buckets that hold something, as index and count. */
function* populated(
  spans: readonly Span[],
  buckets: Float64Array,
): Generator<[index: number, count: number]> {
  let index = 0;
  let row = 0;
  for (const { offset, length } of spans) {
    index += offset;
    for (let i = 0; i < length; i++, index++, row++) {
      if (buckets[row] !== 0) yield [index, buckets[row]];
    }
  }
}
