import { CUSTOM_BUCKETS_SCHEMA, type Histogram, type Span } from "../model/histogram.ts";
import { isStaleNaN } from "../model/sample.ts";

/** How a histogram follows the one before it in its series. */
export type Succession =
  /** Fits in the same chunk: nothing was reset. */
  | "continues"
  /** Needs a new chunk (another schema, gauge after counter, …); whether there was a reset isn't known. */
  | "unrelated"
  /** A counter reset: some count went down, or the boundaries changed. */
  | "reset";

/** Compares two consecutive histograms as Prometheus does before it appends to a chunk (tsdb/chunkenc). */
export function succession(previous: Histogram, next: Histogram): Succession {
  const isGauge = next.counterResetHint === "gauge";
  if ((previous.counterResetHint === "gauge") !== isGauge) return "unrelated";
  if (!isGauge && next.counterResetHint === "reset") return "reset";
  if (isStaleHistogram(next)) return "continues";
  if (isStaleHistogram(previous)) return "unrelated";
  if (!isGauge && next.count < previous.count) return "reset";
  if (next.schema !== previous.schema || next.zeroThreshold !== previous.zeroThreshold) return "unrelated";
  if (next.schema === CUSTOM_BUCKETS_SCHEMA && !sameBounds(previous, next)) {
    return isGauge ? "unrelated" : "reset";
  }
  if (isGauge) return "continues";
  if (next.zeroCount < previous.zeroCount) return "reset";
  const anyFell =
    fell(previous.positiveSpans, previous.positiveBuckets, next.positiveSpans, next.positiveBuckets) ||
    fell(previous.negativeSpans, previous.negativeBuckets, next.negativeSpans, next.negativeBuckets);
  return anyFell ? "reset" : "continues";
}

/**
 * Whether a histogram is a stale marker. V8 may lose the marker's bits in an object's field, so an empty histogram
 * whose sum is any NaN counts as one: an observation of NaN would have raised the count.
 */
export function isStaleHistogram({ sum, count, positiveBuckets, negativeBuckets }: Histogram): boolean {
  if (sum === sum) return false;
  return isStaleNaN(sum) || (count === 0 && positiveBuckets.length === 0 && negativeBuckets.length === 0);
}

/** Indices of the buckets that the spans name, ascending. */
export function bucketIndices(spans: readonly Span[]): number[] {
  const indices: number[] = [];
  let index = 0;
  for (const { offset, length } of spans) {
    index += offset;
    for (let i = 0; i < length; i++) indices.push(index++);
  }
  return indices;
}

/** The spans that name exactly these buckets. */
export function spansOf(ascending: readonly number[]): Span[] {
  const spans: { offset: number; length: number }[] = [];
  let next = 0;
  for (const index of ascending) {
    if (spans.length > 0 && index === next) spans[spans.length - 1].length++;
    else spans.push({ offset: index - next, length: 1 });
    next = index + 1;
  }
  return spans;
}

/** The counts of the buckets in `layout`, 0 where the histogram has none. */
export function spread(
  spans: readonly Span[],
  buckets: Float64Array,
  layout: readonly number[],
): Float64Array {
  const counts = new Float64Array(layout.length);
  const indices = bucketIndices(spans);
  let at = 0;
  for (let i = 0; i < indices.length; i++) {
    while (layout[at] < indices[i]) at++;
    counts[at] = buckets[i];
  }
  return counts;
}

/** All bucket indices that any of the lists of spans names, ascending. */
export function union(lists: readonly (readonly Span[])[]): number[] {
  const indices = new Set<number>();
  let last: readonly Span[] | undefined;
  for (const spans of lists) {
    if (spans !== last) { for (const index of bucketIndices(spans)) indices.add(index); }
    last = spans;
  }
  return [...indices].sort((a, b) => a - b);
}

function sameBounds(a: Histogram, b: Histogram): boolean {
  const left = a.customValues ?? new Float64Array(0);
  const right = b.customValues ?? new Float64Array(0);
  return left.length === right.length && left.every((bound, i) => bound === right[i]);
}

/** Whether any bucket counts less than before, or was in use and is gone. */
function fell(
  fromSpans: readonly Span[],
  from: Float64Array,
  toSpans: readonly Span[],
  to: Float64Array,
): boolean {
  const fromIndices = bucketIndices(fromSpans);
  const toIndices = bucketIndices(toSpans);
  let at = 0;
  for (let i = 0; i < fromIndices.length; i++) {
    while (at < toIndices.length && toIndices[at] < fromIndices[i]) at++;
    const count = toIndices[at] === fromIndices[i] ? to[at] : 0;
    if (from[i] > count) return true;
  }
  return false;
}
