import type { ByteReader } from "../base/bytes.ts";
import type { Histogram } from "../model/histogram.ts";
import type { Labels } from "../model/labels.ts";
import { loadUnzstd } from "./decompress.ts";
import type { Head } from "./head.ts";
import { erase } from "./head_edit.ts";
import type { HeadReader } from "./head_reader.ts";
import type { HeadSeries } from "./head_series.ts";
import { readRecord, type RecordSink } from "./record.ts";
import { checkpointsIn, type Numbered, segmentsIn } from "./wal_format.ts";
import { isTornAtEnd, isZstd, readSegment, type SegmentReading } from "./wal_reader.ts";

/** What replaying a log found. */
export interface Replay {
  /** Number of the newest segment or checkpoint, -1 where there is none. */
  readonly lastSegment: number;
  /** Segments with something in them that could not be read. */
  readonly damaged: readonly SegmentReading[];
  readonly records: number;
  readonly samples: number;
  /** Samples of series that no intact record introduced. */
  readonly unknownSeries: number;
  readonly malformedRecords: number;
  /** The series that the log means by a reference. */
  readonly labelsOf: (ref: number) => Labels | undefined;
}

/** Reads the newest checkpoint and all segments after it into the head. */
export async function replay(walDir: string, head: Head, reader: HeadReader): Promise<Replay> {
  const checkpoint = checkpointsIn(walDir).at(-1);
  const segments = segmentsIn(walDir);
  const after = segments.filter(({ number }) => number > (checkpoint?.number ?? -1));
  const sink = new HeadSink(head, reader);
  const damaged: SegmentReading[] = [];
  let records = 0;
  let malformedRecords = 0;
  const toRead = [...checkpoint ? segmentsIn(checkpoint.path) : [], ...after];
  const unzstd = toRead.some(isZstd) ? await loadUnzstd() : undefined;
  const read = (segment: Numbered) => {
    const onRecord = (record: ByteReader) => {
      records++;
      if (readRecord(record, sink) === "malformed") malformedRecords++;
    };
    const reading = readSegment(segment, onRecord, unzstd);
    if (reading.damages.length > 0) damaged.push(reading);
  };
  toRead.forEach(read);
  sink.finish();
  return {
    lastSegment: Math.max(checkpoint?.number ?? -1, segments.at(-1)?.number ?? -1),
    damaged,
    records,
    samples: sink.samples,
    unknownSeries: sink.unknownSeries,
    malformedRecords,
    labelsOf: (ref) => sink.labelsOf(ref),
  };
}

/** Cuts off a record that a crash left unfinished at a segment's end. @returns whether that was all there was to repair */
export function repairTornTails(damaged: readonly SegmentReading[]): boolean {
  for (const reading of damaged) {
    if (!isTornAtEnd(reading)) return false;
    Deno.truncateSync(reading.segment.path, reading.intactBytes);
  }
  return true;
}

/** Puts into the head what the log tells. */
class HeadSink implements RecordSink {
  samples = 0;
  unknownSeries = 0;
  readonly #head: Head;
  readonly #reader: HeadReader;
  /** By the log's reference; one series may have had several. */
  readonly #series = new Map<number, HeadSeries>();
  /** The last one asked for: a checkpoint has a thousand samples of one series behind each other. */
  #lastRef = -1;
  #lastSeries: HeadSeries | undefined;
  readonly #tombstones: { series: HeadSeries; minTimeMs: number; maxTimeMs: number }[] = [];

  constructor(head: Head, reader: HeadReader) {
    this.#head = head;
    this.#reader = reader;
  }

  series(ref: number, labels: Labels): void {
    this.#head.reserveWalRef(ref);
    this.#series.set(ref, this.#head.getOrCreate(labels, ref));
    this.#lastRef = -1;
  }

  sample(ref: number, timestampMs: number, value: number, startMs: number): void {
    if (ref !== this.#lastRef) {
      this.#lastRef = ref;
      this.#lastSeries = this.#series.get(ref);
    }
    const series = this.#lastSeries;
    this.samples++;
    if (series) this.#head.restore(series, timestampMs, value, startMs);
    else this.unknownSeries++;
  }

  histogram(ref: number, timestampMs: number, histogram: Histogram, startMs: number): void {
    const series = this.#series.get(ref);
    this.samples++;
    if (series) this.#head.restoreHistogram(series, timestampMs, histogram, startMs);
    else this.unknownSeries++;
  }

  tombstone(ref: number, minTimeMs: number, maxTimeMs: number): void {
    const series = this.#series.get(ref);
    if (series) this.#tombstones.push({ series, minTimeMs, maxTimeMs });
  }

  labelsOf(ref: number): Labels | undefined {
    return this.#series.get(ref)?.labels;
  }

  /** A deletion hides everything in its range that was there when it was made, and nothing later is out of order. */
  finish(): void {
    for (const { series, minTimeMs, maxTimeMs } of this.#tombstones) {
      erase(this.#head, this.#reader, series, minTimeMs, maxTimeMs);
    }
  }
}
