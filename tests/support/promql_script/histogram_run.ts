import type { Histogram } from "../../../src/model/histogram.ts";
import { hasCustomBuckets, sameBounds } from "../../../src/query/histogram/bounds.ts";
import { anyFell } from "../../../src/query/histogram/reset.ts";

/**
 * Whether a TSDB would put `next` into the chunk that `previous` ends, rather than begin another
 * (Prometheus, tsdb/chunkenc, FloatHistogramAppender): the layout's kind must be the same, and for counters no
 * count may fall and no populated bucket vanish. Neither may be a stale marker.
 */
export function continuesRun(previous: Histogram, next: Histogram): boolean {
  if (previous.schema !== next.schema || previous.zeroThreshold !== next.zeroThreshold) return false;
  if (hasCustomBuckets(next) && !sameBounds(previous.customValues, next.customValues)) {
    return false;
  }
  if (next.counterResetHint === "gauge" || previous.counterResetHint === "gauge") {
    return next.counterResetHint === previous.counterResetHint;
  }
  if (next.counterResetHint === "reset") return false;
  return next.count >= previous.count && next.zeroCount >= previous.zeroCount &&
    !anyFell(previous.positiveSpans, previous.positiveBuckets, next.positiveSpans, next.positiveBuckets) &&
    !anyFell(previous.negativeSpans, previous.negativeBuckets, next.negativeSpans, next.negativeBuckets);
}
