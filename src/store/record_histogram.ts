import type { ByteReader, ByteWriter } from "../base/bytes.ts";
import {
  type CounterResetHint,
  CUSTOM_BUCKETS_SCHEMA,
  type Histogram,
  type Span,
} from "../model/histogram.ts";
import { STALE_NAN } from "../model/sample.ts";
import { isStaleHistogram } from "./histogram_layout.ts";

/** A hint's number in a log record. */
const HINTS: readonly CounterResetHint[] = ["unknown", "reset", "not_reset", "gauge"];

/**
 * A float histogram in a log record:
 *
 *     │ hint <1b> │ schema <varint> │ zero threshold <8b> │ zero count <8b> │ count <8b> │ sum <8b> │
 *     │ positive spans: count <uvarint>, { offset <varint> │ length <uvarint> } … │ negative spans │
 *     │ positive buckets: count <uvarint>, { count <8b> } … │ negative buckets │ with schema -53: bounds, likewise │
 *
 * In an integer one, counts are <uvarint> and buckets <varint>, each the difference from its left neighbour.
 */
export function writeFloatHistogram(to: ByteWriter, histogram: Histogram): void {
  to.u8(HINTS.indexOf(histogram.counterResetHint));
  to.varint(histogram.schema);
  to.float64(histogram.zeroThreshold);
  to.float64(histogram.zeroCount);
  to.float64(histogram.count);
  to.float64(isStaleHistogram(histogram) ? STALE_NAN : histogram.sum);
  writeSpans(to, histogram.positiveSpans);
  writeSpans(to, histogram.negativeSpans);
  writeDoubles(to, histogram.positiveBuckets);
  writeDoubles(to, histogram.negativeBuckets);
  if (histogram.schema === CUSTOM_BUCKETS_SCHEMA) {
    writeDoubles(to, histogram.customValues ?? new Float64Array(0));
  }
}

export function readHistogram(from: ByteReader, isInteger: boolean): Histogram {
  const counterResetHint = HINTS[from.u8()] ?? "unknown";
  const schema = from.varint();
  const zeroThreshold = from.float64();
  const zeroCount = isInteger ? from.uvarint() : from.float64();
  const count = isInteger ? from.uvarint() : from.float64();
  const sum = from.float64();
  const positiveSpans = readSpans(from);
  const negativeSpans = readSpans(from);
  const positiveBuckets = isInteger ? readDifferences(from) : readDoubles(from);
  const negativeBuckets = isInteger ? readDifferences(from) : readDoubles(from);
  const customValues = schema === CUSTOM_BUCKETS_SCHEMA ? readDoubles(from) : undefined;
  const wanted = (spans: readonly Span[]) => spans.reduce((total, { length }) => total + length, 0);
  if (wanted(positiveSpans) !== positiveBuckets.length || wanted(negativeSpans) !== negativeBuckets.length) {
    from.failed = true;
  }
  return {
    schema,
    counterResetHint,
    zeroThreshold,
    zeroCount,
    count,
    sum,
    positiveSpans,
    negativeSpans,
    positiveBuckets,
    negativeBuckets,
    customValues,
  };
}

function writeSpans(to: ByteWriter, spans: readonly Span[]): void {
  to.uvarint(spans.length);
  for (const { offset, length } of spans) {
    to.varint(offset);
    to.uvarint(length);
  }
}

function readSpans(from: ByteReader): Span[] {
  const length = elements(from, 2);
  return Array.from({ length }, () => ({ offset: from.varint(), length: from.uvarint() }));
}

function writeDoubles(to: ByteWriter, values: Float64Array): void {
  to.uvarint(values.length);
  for (const value of values) to.float64(value);
}

function readDoubles(from: ByteReader): Float64Array {
  return new Float64Array(elements(from, 8)).map(() => from.float64());
}

function readDifferences(from: ByteReader): Float64Array {
  let count = 0;
  return new Float64Array(elements(from, 1)).map(() => count += from.varint());
}

/** How many elements follow; never more than there are bytes for. */
function elements(from: ByteReader, bytesEach: number): number {
  const count = from.uvarint();
  if (count * bytesEach <= from.remaining) return count;
  from.failed = true;
  return 0;
}
