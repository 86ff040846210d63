import type { Histogram, Span } from "../../model/histogram.ts";
import { exponentialBound, hasCustomBuckets, NO_NUMBERS, sameBounds, sharedBounds } from "./bounds.ts";
import { BucketColumns } from "./columns.ts";
import { CustomRollUp } from "./custom_buckets.ts";
import { rowsEndingWithin, widenedZero } from "./zero_bucket.ts";

/**
 * Whether a counter histogram was reset between two samples (Prometheus, model/histogram, DetectReset): an explicit hint
 * decides; else a count that fell, a populated bucket that vanished, or a resolution that rose. A gauge is looked at as
 * if it were a counter.
 */
export function detectReset(current: Histogram, previous: Histogram): boolean {
  if (current.counterResetHint === "reset") return true;
  if (current.counterResetHint === "not_reset") return false;
  if (current.count < previous.count) return true;
  if (hasCustomBuckets(current)) return customReset(current, previous);
  if (current.schema > previous.schema || current.zeroThreshold < previous.zeroThreshold) return true;
  return exponentialReset(current, previous);
}

function customReset(current: Histogram, previous: Histogram): boolean {
  if (!hasCustomBuckets(previous)) return true;
  const currentBounds = current.customValues ?? NO_NUMBERS;
  const previousBounds = previous.customValues ?? NO_NUMBERS;
  if (sameBounds(currentBounds, previousBounds)) {
    return anyFell(
      previous.positiveSpans,
      previous.positiveBuckets,
      current.positiveSpans,
      current.positiveBuckets,
    );
  }
  const bounds = sharedBounds(currentBounds, previousBounds);
  const now = rolledUp(current, currentBounds, bounds);
  const before = rolledUp(previous, previousBounds, bounds);
  return now.counts.some((count, i) => count < before.counts[i]);
}

function rolledUp(histogram: Histogram, own: Float64Array, bounds: Float64Array): CustomRollUp {
  const rollUp = new CustomRollUp(bounds);
  rollUp.add(BucketColumns.from(histogram.positiveSpans, histogram.positiveBuckets), own, 1);
  return rollUp;
}

function exponentialReset(current: Histogram, previous: Histogram): boolean {
  const { schema, zeroThreshold } = current;
  if (schema === previous.schema && zeroThreshold === previous.zeroThreshold && outsideZero(previous)) {
    return current.zeroCount < previous.zeroCount ||
      anyFell(
        previous.positiveSpans,
        previous.positiveBuckets,
        current.positiveSpans,
        current.positiveBuckets,
      ) ||
      anyFell(
        previous.negativeSpans,
        previous.negativeBuckets,
        current.negativeSpans,
        current.negativeBuckets,
      );
  }
  const positive = BucketColumns.from(previous.positiveSpans, previous.positiveBuckets);
  const negative = BucketColumns.from(previous.negativeSpans, previous.negativeBuckets);
  if (zeroCountFell(current, previous, positive, negative)) return true;
  for (const side of [positive, negative]) {
    side.coarsen(previous.schema - schema);
    side.dropFirst(rowsEndingWithin(zeroThreshold, side, schema));
  }
  return columnsFell(positive, current.positiveSpans, current.positiveBuckets) ||
    columnsFell(negative, current.negativeSpans, current.negativeBuckets);
}

/** Whether the zero bucket holds less than before, or ends inside a populated bucket, which only comes with a reset. */
function zeroCountFell(
  current: Histogram,
  previous: Histogram,
  positive: BucketColumns,
  negative: BucketColumns,
): boolean {
  const { zeroThreshold } = current;
  const { schema, zeroCount } = previous;
  if (zeroThreshold === previous.zeroThreshold) return current.zeroCount < zeroCount;
  const zero = widenedZero({ schema, zeroCount, zeroError: 0, positive, negative }, zeroThreshold);
  return zero.threshold !== zeroThreshold || current.zeroCount < zero.count;
}

/** Whether no bucket lies within the zero bucket: those are not looked at. */
function outsideZero({ schema, zeroThreshold, positiveSpans, negativeSpans }: Histogram): boolean {
  if (zeroThreshold === 0) return true;
  for (const spans of [positiveSpans, negativeSpans]) {
    if (spans.length > 0 && exponentialBound(spans[0].offset, schema) <= zeroThreshold) return false;
  }
  return true;
}

function columnsFell(previous: BucketColumns, spans: readonly Span[], buckets: Float64Array): boolean {
  const side = previous.toSide(true);
  return anyFell(side.spans, side.buckets, spans, buckets);
}

/** Whether any bucket of the first layout holds more than it does in the second. */
export function anyFell(
  spans: readonly Span[],
  buckets: Float64Array,
  laterSpans: readonly Span[],
  laterBuckets: Float64Array,
): boolean {
  let index = 0;
  let row = 0;
  let span = -1;
  let spanStart = 0; // index of the later span's first bucket
  let spanEnd = 0; // index after its last
  let spanRow = 0; // row of its first
  for (const { offset, length } of spans) {
    index += offset;
    for (let i = 0; i < length; i++, index++, row++) {
      while (span < laterSpans.length && (span < 0 || index >= spanEnd)) {
        if (span >= 0) spanRow += laterSpans[span].length;
        span++;
        if (span === laterSpans.length) break;
        spanStart = spanEnd + laterSpans[span].offset;
        spanEnd = spanStart + laterSpans[span].length;
      }
      const found = span < laterSpans.length && index >= spanStart;
      if (buckets[row] > (found ? laterBuckets[spanRow + index - spanStart] : 0)) return true;
    }
  }
  return false;
}
