import type { ByteReader, ByteWriter } from "../base/bytes.ts";
import type { Histogram } from "../model/histogram.ts";
import { Labels } from "../model/labels.ts";
import { readHistogram, writeFloatHistogram } from "./record_histogram.ts";

/** What a log record tells; its first byte (Prometheus, tsdb/docs/format/wal.md and tsdb/record). */
export const Record = {
  SERIES: 1,
  SAMPLES: 2,
  TOMBSTONES: 3,
  EXEMPLARS: 4,
  MMAP_MARKERS: 5,
  METADATA: 6,
  HISTOGRAMS: 7,
  FLOAT_HISTOGRAMS: 8,
  BOUNDED_HISTOGRAMS: 9,
  BOUNDED_FLOAT_HISTOGRAMS: 10,
  SAMPLES_V2: 11,
  HISTOGRAMS_V2: 12,
  FLOAT_HISTOGRAMS_V2: 13,
} as const;

/** Takes what records tell. References are the log's own, see HeadSeries.walRef. Start times: 0 when unknown. */
export interface RecordSink {
  series(ref: number, labels: Labels): void;
  sample(ref: number, timestampMs: number, value: number, startMs: number): void;
  histogram(ref: number, timestampMs: number, histogram: Histogram, startMs: number): void;
  /** Everything of the series in the range, ends inclusive, is deleted. */
  tombstone(ref: number, minTimeMs: number, maxTimeMs: number): void;
}

/** "ignored": exemplars, metadata and what newer versions may add; Bunny has no use for them. */
export type RecordResult = "ok" | "ignored" | "malformed";

/** Reads a record; what came before a malformed place was delivered. */
export function readRecord(from: ByteReader, to: RecordSink): RecordResult {
  const type = from.u8();
  switch (type) {
    case Record.SERIES:
      readSeries(from, to);
      break;
    case Record.SAMPLES:
      readSamples(from, to);
      break;
    case Record.SAMPLES_V2:
      readRows(from, (ref, time, start) => to.sample(ref, time, from.float64(), start));
      break;
    case Record.TOMBSTONES:
      while (from.remaining > 0) to.tombstone(from.be64(), from.varint(), from.varint());
      break;
    case Record.HISTOGRAMS:
    case Record.BOUNDED_HISTOGRAMS:
    case Record.FLOAT_HISTOGRAMS:
    case Record.BOUNDED_FLOAT_HISTOGRAMS:
      readHistograms(from, to, type === Record.HISTOGRAMS || type === Record.BOUNDED_HISTOGRAMS);
      break;
    case Record.HISTOGRAMS_V2:
    case Record.FLOAT_HISTOGRAMS_V2:
      readRows(from, (ref, time, start) => {
        to.histogram(ref, time, readHistogram(from, type === Record.HISTOGRAMS_V2), start);
      });
      break;
    default:
      return "ignored";
  }
  return from.failed ? "malformed" : "ok";
}

/** │ type <1b> │ { ref <8b> │ count <uvarint> │ { length <uvarint> │ text } name, value, … } … */
export function writeSeries(to: ByteWriter, ref: number, { flat, size }: Labels): void {
  to.clear();
  to.u8(Record.SERIES);
  to.be64(ref);
  to.uvarint(size);
  for (const text of flat) to.text(text);
}

/**
 * Starts a record of samples; each follows by `writeSample`.
 *
 *     │ type <1b> │ first ref <8b> │ first time <8b> │ { ref - first <varint> │ time - first <varint> │ value <8b> } …
 */
export function startSamples(to: ByteWriter, firstRef: number, firstTimeMs: number): void {
  to.clear();
  to.u8(Record.SAMPLES);
  to.be64(firstRef);
  to.be64(firstTimeMs);
}

export function writeSample(to: ByteWriter, refDelta: number, timeDeltaMs: number, value: number): void {
  to.varint(refDelta);
  to.varint(timeDeltaMs);
  to.float64(value);
}

/** A record of one float histogram; the head is as with samples. */
export function writeHistogram(to: ByteWriter, ref: number, timestampMs: number, histogram: Histogram): void {
  to.clear();
  to.u8(histogram.customValues ? Record.BOUNDED_FLOAT_HISTOGRAMS : Record.FLOAT_HISTOGRAMS);
  to.be64(ref);
  to.be64(timestampMs);
  to.varint(0);
  to.varint(0);
  writeFloatHistogram(to, histogram);
}

function readSeries(from: ByteReader, to: RecordSink): void {
  while (from.remaining > 0) {
    const ref = from.be64();
    const flat = Array.from({ length: Math.min(from.uvarint() * 2, from.remaining) }, () => from.text());
    if (!from.failed) to.series(ref, Labels.fromFlat(flat));
  }
}

/** The log is mostly these, and a start waits for them: so the varints are read by hand. */
function readSamples(from: ByteReader, to: RecordSink): void {
  const firstRef = from.be64();
  const firstTime = from.be64();
  const { bytes, view, end } = from;
  let at = from.at;
  while (at < end) {
    let byte = bytes[at++];
    let refDelta = byte & 127;
    for (let scale = 128; byte >= 128; scale *= 128) refDelta += ((byte = bytes[at++]) & 127) * scale;
    byte = bytes[at++];
    let timeDelta = byte & 127;
    for (let scale = 128; byte >= 128; scale *= 128) timeDelta += ((byte = bytes[at++]) & 127) * scale;
    if (at + 8 > end) {
      from.failed = true;
      return;
    }
    const value = view.getFloat64(at);
    at += 8;
    to.sample(firstRef + unzigzag(refDelta), firstTime + unzigzag(timeDelta), value, 0);
  }
}

function unzigzag(zigzag: number): number {
  return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
}

function readHistograms(from: ByteReader, to: RecordSink, areInteger: boolean): void {
  const firstRef = from.be64();
  const firstTime = from.be64();
  while (from.remaining > 0) {
    const ref = firstRef + from.varint();
    const time = firstTime + from.varint();
    const histogram = readHistogram(from, areInteger);
    if (!from.failed) to.histogram(ref, time, histogram, 0);
  }
}

/** How a row of version 2 tells its start time. */
const START_UNKNOWN = 0;
const START_AS_BEFORE = 1;

/**
 * Rows of version 2: references as differences from the row before, times from the first row; a start time with each.
 */
function readRows(from: ByteReader, row: (ref: number, timeMs: number, startMs: number) => void): void {
  let ref = from.varint();
  const firstTime = from.varint();
  const firstStart = from.varint();
  let start = firstStart;
  if (from.failed) return;
  row(ref, firstTime, firstStart);
  while (from.remaining > 0) {
    ref += from.varint();
    const time = firstTime + from.varint();
    const marker = from.u8();
    if (marker === START_UNKNOWN) start = 0;
    else if (marker !== START_AS_BEFORE) start = firstStart + from.varint();
    if (!from.failed) row(ref, time, start);
  }
}
