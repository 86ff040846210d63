import type { Histogram } from "../model/histogram.ts";
import type { Labels } from "../model/labels.ts";
import { SampleColumns } from "../model/sample.ts";
import { ChunkDecoder } from "./chunk_decoder.ts";
import { DecodedCache } from "./decoded_cache.ts";
import { loadUnzstd } from "./decompress.ts";
import { Head } from "./head.ts";
import { HeadReader } from "./head_reader.ts";
import { readRecord } from "./record.ts";
import { segmentsIn } from "./wal_format.ts";
import { isZstd, readSegment } from "./wal_reader.ts";

/**
 * Prometheus keeps samples that came out of order in a log of their own, `wbl` (tsdb/docs/format/wal.md): samples like the
 * other log's, of series that the other log introduces, in the order in which they came. Bunny writes none, and takes
 * one over by making blocks of it.
 */

/** Longest log that is taken over: its samples are sorted in memory. */
const MAX_LATE_SAMPLES = 2_000_000;

/** What such a log has, sorted. */
export interface LateSamples {
  readonly head: Head;
  readonly reader: HeadReader;
  readonly samples: number;
  /** Samples of series that the other log does not introduce, and places that could not be read. */
  readonly lost: number;
}

/** Reads the log; undefined where there is nothing in it. @throws RangeError when it is too long, and what reading throws */
export async function readLateLog(
  dir: string,
  labelsOf: (ref: number) => Labels | undefined,
  chunkRangeMs: number,
): Promise<LateSamples | undefined> {
  const segments = segmentsIn(dir).filter(({ path }) => Deno.lstatSync(path).size > 0);
  if (segments.length === 0) return undefined;
  const unzstd = segments.some(isZstd) ? await loadUnzstd() : undefined;
  const bySeries = new Map<string, { labels: Labels; columns: SampleColumns }>();
  let [samples, lost] = [0, 0];
  const columnsOf = (ref: number): SampleColumns | undefined => {
    const labels = labelsOf(ref);
    if (++samples > MAX_LATE_SAMPLES) throw new RangeError(`more than ${MAX_LATE_SAMPLES} samples`);
    if (!labels) {
      lost++;
      return undefined;
    }
    let known = bySeries.get(labels.key);
    if (!known) bySeries.set(labels.key, known = { labels, columns: new SampleColumns(16) });
    return known.columns;
  };
  const sink = {
    series: () => {},
    tombstone: () => {},
    sample: (ref: number, timeMs: number, value: number) => columnsOf(ref)?.push(timeMs, value),
    histogram: (ref: number, timeMs: number, histogram: Histogram) => {
      columnsOf(ref)?.pushHistogram(timeMs, histogram);
    },
  };
  for (const segment of segments) {
    const { damages } = readSegment(segment, (record) => void readRecord(record, sink), unzstd);
    lost += damages.length;
  }
  const head = new Head({ chunkRangeMs });
  for (const { labels, columns } of bySeries.values()) appendSorted(head, labels, columns);
  const reader = new HeadReader(head.chunks, new ChunkDecoder(), new DecodedCache(0));
  return { head, reader, samples, lost };
}

/** Of several samples at one time the first one stays. */
function appendSorted(head: Head, labels: Labels, columns: SampleColumns): void {
  const { timestamps, values, histograms, length } = columns;
  const rows = Uint32Array.from({ length }, (_, row) => row)
    .sort((a, b) => timestamps[a] - timestamps[b] || a - b);
  const series = head.getOrCreate(labels);
  for (const row of rows) {
    const histogram = histograms?.[row];
    if (histogram) head.restoreHistogram(series, timestamps[row], histogram, 0);
    else head.restore(series, timestamps[row], values[row], 0);
  }
}
