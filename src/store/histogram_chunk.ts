import type { CounterResetHint, Histogram, Span } from "../model/histogram.ts";
import { CUSTOM_BUCKETS_SCHEMA } from "../model/histogram.ts";
import { isStaleNaN, type SampleColumns, STALE_NAN } from "../model/sample.ts";
import { BitReader, BitWriter, XorField } from "./bits.ts";
import { Encoding } from "./chunk_slab.ts";
import { StartTimes } from "./start_times.ts";
import { isStaleHistogram, spansOf, spread, union } from "./histogram_layout.ts";

/**
 * Native histogram chunks (Prometheus, tsdb/docs/format/chunks.md). We write float histograms, and read integer
 * ones and both kinds with start timestamps too:
 *
 *     │ count <2b> │ flags <1b> │ zero threshold <1b or 9b> │ schema <varbit> │ positive spans │ negative spans │
 *     │ bounds, only with schema -53 │ sample 0 │ sample 1 │ … │ 0 to 7 zero bits │
 *
 * One layout holds for the whole chunk; a stale marker has no buckets and is followed by nothing but stale markers.
 */

/** The flags' upper two bits: what the first sample is to the last one of the chunk before. */
const FLAGS = { unknown: 0, not_reset: 0x40, reset: 0x80, gauge: 0xc0 } as const;
const FLAGS_MASK = 0xc0;

/** Bounds up to this many thousandths are stored as whole thousandths. */
const MAX_BOUND_THOUSANDTHS = 33_554_430;

/** Most buckets and bounds a chunk may claim: broken data must not ask for gigabytes. */
const MAX_BUCKETS = 1 << 20;

const EMPTY = new Float64Array(0);

/** Encodes histograms that may share a chunk (see `succession`). @returns the chunk's length in `out.bytes` */
export function encodeHistograms(
  out: BitWriter,
  times: Float64Array,
  histograms: readonly Histogram[],
  count: number,
): number {
  const rows = histograms.slice(0, count);
  const filled = rows.filter((histogram) => !isStaleHistogram(histogram));
  const positive = union(filled.map((histogram) => histogram.positiveSpans));
  const negative = union(filled.map((histogram) => histogram.negativeSpans));
  const layout = isStaleHistogram(rows[0]) ? undefined : rows[0];
  out.start(1_024);
  out.put(count, 16);
  out.put(FLAGS[rows[0].counterResetHint], 8);
  putZeroThreshold(out, layout?.zeroThreshold ?? 0);
  out.varbit(layout?.schema ?? 0);
  putSpans(out, layout ? spansOf(positive) : []);
  putSpans(out, layout ? spansOf(negative) : []);
  if (layout?.schema === CUSTOM_BUCKETS_SCHEMA) putBounds(out, layout.customValues ?? EMPTY);

  const fields = Array.from({ length: 3 + positive.length + negative.length }, () => new XorField());
  let step = 0;
  rows.forEach((histogram, row) => {
    out.reserve(16 + fields.length * 10);
    const nextStep = row === 0 ? 0 : times[row] - times[row - 1];
    out.varbit(row === 0 ? times[0] : nextStep - step);
    step = nextStep;
    const isStale = isStaleHistogram(histogram);
    const write = (field: XorField, value: number) => {
      if (row > 0) return field.write(out, value);
      field.value = value;
      out.float64(value);
    };
    write(fields[0], isStale ? 0 : histogram.count);
    write(fields[1], isStale ? 0 : histogram.zeroCount);
    write(fields[2], isStale ? STALE_NAN : histogram.sum);
    if (isStale) return;
    let next = 3;
    const { positiveSpans, positiveBuckets, negativeSpans, negativeBuckets } = histogram;
    for (const bucket of spread(positiveSpans, positiveBuckets, positive)) write(fields[next++], bucket);
    for (const bucket of spread(negativeSpans, negativeBuckets, negative)) write(fields[next++], bucket);
  });
  return out.finish();
}

/** What is the same for all samples of a chunk. */
interface Layout {
  /** How the first sample is to be taken; the others of a counter are "not_reset". */
  readonly firstHint: CounterResetHint;
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly positiveSpans: readonly Span[];
  readonly negativeSpans: readonly Span[];
  readonly positiveCount: number;
  readonly negativeCount: number;
  readonly customValues: Float64Array | undefined;
}

/**
 * Decodes a histogram chunk of any kind and adds its samples to the columns' end.
 * @returns the byte offset behind the chunk's last bit
 * @throws RangeError when the chunk is broken
 */
export function decodeHistograms(
  view: DataView,
  start: number,
  encoding: Encoding,
  into: SampleColumns,
): number {
  const withStarts = encoding === Encoding.HISTOGRAM_ST || encoding === Encoding.FLOAT_HISTOGRAM_ST;
  const flags = view.getUint8(withStarts ? start : start + 2);
  const count = view.getUint16(start) & (withStarts ? 0x3fff : 0xffff);
  const from = new BitReader(view, start + 3);
  if (count === 0) return from.endByte;
  const layout = readLayout(from, flags & FLAGS_MASK);
  const starts = withStarts ? new StartTimes(view.getUint8(start + 2)) : undefined;
  const isInteger = encoding === Encoding.HISTOGRAM || encoding === Encoding.HISTOGRAM_ST;
  const sample = isInteger ? new IntegerSample(layout) : new FloatSample(layout);
  let time = 0;
  let step = 0;
  for (let row = 0; row < count; row++) {
    const before = time;
    if (row === 0) {
      time = from.varbit();
    } else {
      step += from.varbit();
      time += step;
    }
    sample.read(from, row);
    const startMs = starts?.read(from, row, time, before) ?? 0;
    const isStale = isStaleNaN(sample.sum.value);
    const hint = row === 0 ? layout.firstHint : laterHint(layout);
    into.pushHistogram(time, isStale ? STALE_HISTOGRAM : sample.histogram(hint), startMs);
    if (isStale) into.values[into.length - 1] = STALE_NAN;
  }
  return from.endByte;
}

function laterHint(layout: Layout): CounterResetHint {
  return layout.firstHint === "gauge" ? "gauge" : "not_reset";
}

/** Absolute doubles, each XOR-ed with the one of the sample before. */
class FloatSample {
  readonly sum = new XorField();
  readonly #layout: Layout;
  readonly #count = new XorField();
  readonly #zeroCount = new XorField();
  readonly #buckets: XorField[];

  constructor(layout: Layout) {
    this.#layout = layout;
    this.#buckets = Array.from(
      { length: layout.positiveCount + layout.negativeCount },
      () => new XorField(),
    );
  }

  read(from: BitReader, row: number): void {
    readDouble(this.#count, from, row);
    readDouble(this.#zeroCount, from, row);
    readDouble(this.sum, from, row);
    if (row > 0 && isStaleNaN(this.sum.value)) return;
    for (const bucket of this.#buckets) readDouble(bucket, from, row);
  }

  histogram(counterResetHint: CounterResetHint): Histogram {
    const { positiveCount } = this.#layout;
    return {
      ...shared(this.#layout, counterResetHint),
      count: this.#count.value,
      zeroCount: this.#zeroCount.value,
      sum: this.sum.value,
      positiveBuckets: Float64Array.from(this.#buckets.slice(0, positiveCount), (field) => field.value),
      negativeBuckets: Float64Array.from(this.#buckets.slice(positiveCount), (field) => field.value),
    };
  }
}

/** Whole counts as changes of changes from sample to sample; buckets as differences from their neighbour to the left. */
class IntegerSample {
  readonly sum = new XorField();
  readonly #layout: Layout;
  #count = 0;
  #countStep = 0;
  #zeroCount = 0;
  #zeroCountStep = 0;
  readonly #buckets: Float64Array;
  readonly #steps: Float64Array;

  constructor(layout: Layout) {
    this.#layout = layout;
    this.#buckets = new Float64Array(layout.positiveCount + layout.negativeCount);
    this.#steps = new Float64Array(this.#buckets.length);
  }

  read(from: BitReader, row: number): void {
    if (row === 0) {
      this.#count = from.uvarbit();
      this.#zeroCount = from.uvarbit();
    } else {
      this.#count += this.#countStep += from.varbit();
      this.#zeroCount += this.#zeroCountStep += from.varbit();
    }
    readDouble(this.sum, from, row);
    if (row > 0 && isStaleNaN(this.sum.value)) return;
    for (let i = 0; i < this.#buckets.length; i++) {
      if (row === 0) this.#buckets[i] = from.varbit();
      else this.#buckets[i] += this.#steps[i] += from.varbit();
    }
  }

  histogram(counterResetHint: CounterResetHint): Histogram {
    const { positiveCount } = this.#layout;
    return {
      ...shared(this.#layout, counterResetHint),
      count: this.#count,
      zeroCount: this.#zeroCount,
      sum: this.sum.value,
      positiveBuckets: cumulated(this.#buckets.subarray(0, positiveCount)),
      negativeBuckets: cumulated(this.#buckets.subarray(positiveCount)),
    };
  }
}

/** What stands beside a stale marker in a column of histograms; the marker itself is in the column of values. */
export const STALE_HISTOGRAM: Histogram = {
  schema: 0,
  counterResetHint: "unknown",
  zeroThreshold: 0,
  zeroCount: 0,
  count: 0,
  sum: STALE_NAN,
  positiveSpans: [],
  negativeSpans: [],
  positiveBuckets: EMPTY,
  negativeBuckets: EMPTY,
  customValues: undefined,
};

function shared(layout: Layout, counterResetHint: CounterResetHint) {
  const { schema, zeroThreshold, positiveSpans, negativeSpans, customValues } = layout;
  return { schema, zeroThreshold, positiveSpans, negativeSpans, customValues, counterResetHint };
}

function readDouble(field: XorField, from: BitReader, row: number): void {
  if (row > 0) return field.read(from);
  const high = from.take(32);
  field.set(high, from.take(32));
}

function cumulated(differences: Float64Array): Float64Array {
  let count = 0;
  return differences.map((difference) => count += difference);
}

function readLayout(from: BitReader, flags: number): Layout {
  const zeroThreshold = readZeroThreshold(from);
  const schema = from.varbit();
  const positiveSpans = readSpans(from);
  const negativeSpans = readSpans(from);
  const total = (spans: readonly Span[]) => spans.reduce((sum, span) => sum + span.length, 0);
  return {
    // Also after a reset: as in Prometheus, a reader is not told, for the chunk before may be missing.
    firstHint: flags === FLAGS.gauge ? "gauge" : "unknown",
    schema,
    zeroThreshold,
    positiveSpans,
    negativeSpans,
    positiveCount: bounded(total(positiveSpans)),
    negativeCount: bounded(total(negativeSpans)),
    customValues: schema === CUSTOM_BUCKETS_SCHEMA ? readBounds(from) : undefined,
  };
}

function bounded(count: number): number {
  if (count > MAX_BUCKETS) throw new RangeError(`histogram of ${count} buckets`);
  return count;
}

/** 0 is one byte, a power of two from 2^-243 to 2^10 is one byte (exponent + 244), anything else 255 and the double. */
function putZeroThreshold(out: BitWriter, threshold: number): void {
  const exponent = Math.log2(threshold);
  if (threshold === 0) {
    out.put(0, 8);
  } else if (
    Number.isInteger(exponent) && exponent >= -243 && exponent <= 10 && 2 ** exponent === threshold
  ) {
    out.put(exponent + 244, 8);
  } else {
    out.put(255, 8);
    out.float64(threshold);
  }
}

function readZeroThreshold(from: BitReader): number {
  const byte = from.take(8);
  if (byte === 0) return 0;
  return byte === 255 ? from.float64() : 2 ** (byte - 244);
}

function putSpans(out: BitWriter, spans: readonly Span[]): void {
  out.reserve(16 + spans.length * 16);
  out.uvarbit(spans.length);
  for (const { offset, length } of spans) {
    out.uvarbit(length);
    out.varbit(offset);
  }
}

function readSpans(from: BitReader): Span[] {
  return Array.from({ length: bounded(from.uvarbit()) }, () => {
    const length = bounded(from.uvarbit());
    return { length, offset: from.varbit() };
  });
}

/** Whole thousandths plus one as <varbit>, anything else a zero bit and the double. */
function putBounds(out: BitWriter, bounds: Float64Array): void {
  out.reserve(16 + bounds.length * 10);
  out.uvarbit(bounds.length);
  for (const bound of bounds) {
    const thousandths = Math.round(bound * 1_000);
    if (bound >= 0 && thousandths <= MAX_BOUND_THOUSANDTHS && thousandths / 1_000 === bound) {
      out.uvarbit(thousandths + 1);
    } else {
      out.put(0, 1);
      out.float64(bound);
    }
  }
}

function readBounds(from: BitReader): Float64Array {
  const bounds = new Float64Array(bounded(from.uvarbit()));
  for (let i = 0; i < bounds.length; i++) {
    const field = from.uvarbit();
    bounds[i] = field === 0 ? from.float64() : (field - 1) / 1_000;
  }
  return bounds;
}
