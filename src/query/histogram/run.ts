import { CUSTOM_BUCKETS_SCHEMA, type Histogram, type Span } from "../../model/histogram.ts";

/**
 * Whether a TSDB would put `next` into the chunk that `previous` ends, rather than begin another
 * (Prometheus, tsdb/chunkenc, FloatHistogramAppender): the layout's kind must be the same, and for counters no
 * count may fall and no populated bucket vanish. Neither may be a stale marker.
 */
export function continuesRun(previous: Histogram, next: Histogram): boolean {
  if (previous.schema !== next.schema || previous.zeroThreshold !== next.zeroThreshold) return false;
  if (next.schema === CUSTOM_BUCKETS_SCHEMA && !sameBounds(previous.customValues, next.customValues)) {
    return false;
  }
  if (next.counterResetHint === "gauge" || previous.counterResetHint === "gauge") {
    return next.counterResetHint === previous.counterResetHint;
  }
  if (next.counterResetHint === "reset") return false;
  return next.count >= previous.count && next.zeroCount >= previous.zeroCount &&
    noneFell(previous.positiveSpans, previous.positiveBuckets, next.positiveSpans, next.positiveBuckets) &&
    noneFell(previous.negativeSpans, previous.negativeBuckets, next.negativeSpans, next.negativeBuckets);
}

function sameBounds(a: Float64Array | undefined, b: Float64Array | undefined): boolean {
  const length = a?.length ?? 0;
  if (length !== (b?.length ?? 0)) return false;
  for (let i = 0; i < length; i++) if (a![i] !== b![i]) return false;
  return true;
}

/** Whether each bucket of the first layout holds at least as much in the second. */
function noneFell(
  spans: readonly Span[],
  buckets: Float64Array,
  laterSpans: readonly Span[],
  laterBuckets: Float64Array,
): boolean {
  const later = new Map<number, number>();
  forEachBucket(laterSpans, laterBuckets, (index, count) => later.set(index, count));
  let fell = false;
  forEachBucket(spans, buckets, (index, count) => {
    if (count > (later.get(index) ?? 0)) fell = true;
  });
  return !fell;
}

function forEachBucket(
  spans: readonly Span[],
  buckets: Float64Array,
  visit: (index: number, count: number) => void,
): void {
  let index = 0;
  let row = 0;
  for (const span of spans) {
    index += span.offset;
    for (let i = 0; i < span.length; i++) visit(index++, buckets[row++]);
  }
}
