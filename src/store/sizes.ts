import { firstFrom } from "../base/search.ts";
import type { Cut } from "./cut.ts";
import type { Head } from "./head.ts";
import type { HeadSeries } from "./head_series.ts";

/** What a block or a checkpoint takes up beside its samples and series: directories, and each file's last page. */
const FIXED_BYTES = 32 * 1024;
/** A series in an index or a log, beside its labels: its entry, its postings, the last byte of everything. */
const SERIES_BYTES = 128;
/** A chunk's entry in the index, and what stands around it in its file. */
const CHUNK_BYTES = 32;
/** A float that is not encoded, or not any more. */
const FLOAT_BYTES = 12;
/** A histogram's row beside its buckets. */
const HISTOGRAM_BYTES = 96;

/** What a block of this part of the head takes up at most. */
export function blockBytes(head: Head, { maxTimeMs }: Cut): number {
  const { chunks } = head;
  let bytes = FIXED_BYTES;
  for (const series of head.series()) {
    bytes += seriesBytes(series);
    for (const id of series.chunks) {
      if (chunks.minTimeMs(id) < maxTimeMs) bytes += CHUNK_BYTES + chunks.length(id);
    }
    bytes += CHUNK_BYTES + firstFrom(series.times, 0, series.length, maxTimeMs) * rowBytes(series);
  }
  return bytes;
}

/** What a checkpoint of the head takes up at most. */
export function checkpointBytes(head: Head): number {
  let bytes = FIXED_BYTES;
  for (const series of head.series()) {
    const rows = series.chunks.reduce((sum, id) => sum + head.chunks.count(id), series.length);
    bytes += seriesBytes(series) + rows * rowBytes(series);
  }
  return bytes;
}

function seriesBytes({ labels }: HeadSeries): number {
  return SERIES_BYTES + 2 * labels.key.length;
}

/** A sample as the log has it; histograms of one series are of about one size. */
function rowBytes({ lastHistogram }: HeadSeries): number {
  if (!lastHistogram) return FLOAT_BYTES;
  const { positiveBuckets, negativeBuckets, positiveSpans, negativeSpans, customValues } = lastHistogram;
  const doubles = positiveBuckets.length + negativeBuckets.length + (customValues?.length ?? 0);
  return HISTOGRAM_BYTES + 8 * doubles + 8 * (positiveSpans.length + negativeSpans.length);
}
