import type { Histogram, Span } from "../../model/histogram.ts";
import { hasCustomBuckets, sameBounds } from "./bounds.ts";

/**
 * Whether two histograms hold the same, to the bit (NaN equals itself, 0 and -0 differ), however their spans and empty
 * buckets write it. Counter reset hints do not matter.
 */
export function equalHistograms(a: Histogram, b: Histogram): boolean {
  if (a === b) return true;
  return a.schema === b.schema && Object.is(a.count, b.count) && Object.is(a.sum, b.sum) &&
    a.zeroThreshold === b.zeroThreshold && Object.is(a.zeroCount, b.zeroCount) &&
    (!hasCustomBuckets(a) || sameBounds(a.customValues, b.customValues)) &&
    equalSides(a.negativeSpans, a.negativeBuckets, b.negativeSpans, b.negativeBuckets) &&
    equalSides(a.positiveSpans, a.positiveBuckets, b.positiveSpans, b.positiveBuckets);
}

function equalSides(
  spans: readonly Span[],
  buckets: Float64Array,
  spansB: readonly Span[],
  bucketsB: Float64Array,
) {
  const a = new Populated(spans, buckets);
  const b = new Populated(spansB, bucketsB);
  for (;;) {
    const more = a.next();
    if (more !== b.next()) return false;
    if (!more) return true;
    if (a.index !== b.index || !Object.is(a.count, b.count)) return false;
  }
}

/** Goes through the buckets that hold something. */
class Populated {
  index = -1;
  count = 0;
  #span = -1;
  #left = 0;
  #row = -1;

  constructor(readonly spans: readonly Span[], readonly buckets: Float64Array) {}

  next(): boolean {
    do {
      while (this.#left === 0) {
        if (++this.#span >= this.spans.length) return false;
        this.index += this.spans[this.#span].offset;
        this.#left = this.spans[this.#span].length;
      }
      this.#left--;
      this.index++;
      this.count = this.buckets[++this.#row];
    } while (this.count === 0);
    return true;
  }
}
