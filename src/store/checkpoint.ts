import { ByteWriter } from "../base/bytes.ts";
import { SampleColumns } from "../model/sample.ts";
import { trimEnd } from "./columns.ts";
import { removeIfThere, syncDir } from "./files.ts";
import type { Head } from "./head.ts";
import type { HeadReader } from "./head_reader.ts";
import type { HeadSeries } from "./head_series.ts";
import { startSamples, writeHistogram, writeSample, writeSeries } from "./record.ts";
import { checkpointName, checkpointsIn, segmentsIn } from "./wal_format.ts";
import { WalWriter } from "./wal_writer.ts";

/** Samples in one record. */
const SAMPLES_PER_RECORD = 1_000;

/** Records collected before they are written: below what the writer's buffer has room for from the start. */
const FLUSH_BYTES = 32 * 1024;

/** What an unfinished checkpoint is called; left over after a crash, it is removed. */
export const CHECKPOINT_TEMPORARY_SUFFIX = ".tmp";

/**
 * Writes all that is in the head now as a checkpoint that stands for the segments up to `lastSegment`, and removes
 * those and older checkpoints. What is appended meanwhile goes to later segments only, so that an append that a crash
 * tears is not there in part. `pause` is awaited between series.
 * @throws what the file system throws; the segments and checkpoints that were there still are then
 */
export async function writeCheckpoint(
  walDir: string,
  lastSegment: number,
  head: Head,
  reader: HeadReader,
  pause: () => Promise<void> | undefined,
): Promise<void> {
  const path = `${walDir}/${checkpointName(lastSegment)}`;
  const temporary = path + CHECKPOINT_TEMPORARY_SUFFIX;
  removeIfThere(temporary);
  Deno.mkdirSync(temporary);
  try {
    const writer = WalWriter.create(temporary, 0);
    try {
      await writeHead(writer, head, reader, pause);
      writer.flush();
      await writer.sync();
    } finally {
      writer.close();
    }
    await syncDir(temporary);
    removeIfThere(path);
    await Deno.rename(temporary, path);
    await syncDir(walDir);
  } catch (error) {
    try {
      removeIfThere(temporary);
    } catch {
      // Removed at the next start; the error that led here is the one that counts.
    }
    throw error;
  }
  removeUpTo(walDir, lastSegment);
}

/** Removes the segments that a checkpoint stands for, and older checkpoints. */
function removeUpTo(walDir: string, lastSegment: number): void {
  for (const { number, path } of segmentsIn(walDir)) if (number <= lastSegment) removeIfThere(path);
  for (const { number, path } of checkpointsIn(walDir)) if (number < lastSegment) removeIfThere(path);
}

async function writeHead(
  writer: WalWriter,
  head: Head,
  reader: HeadReader,
  pause: () => Promise<void> | undefined,
): Promise<void> {
  const record = new ByteWriter(16 * 1024);
  const columns = new SampleColumns(256);
  const now = Array.from(head.series(), (series) => ({ series, lastTimeMs: series.lastTimeMs }));
  for (const { series, lastTimeMs } of now) {
    writeSeries(record, series.walRef, series.labels);
    writer.log(record.bytes, record.length);
    for (const id of series.chunks) {
      columns.clear();
      reader.decode(id, columns);
      trimEnd(columns, 0, lastTimeMs);
      writeColumns(writer, record, series, columns);
      if (writer.pendingBytes >= FLUSH_BYTES) writer.flush();
    }
    columns.clear();
    reader.readOpen(series, columns);
    trimEnd(columns, 0, lastTimeMs);
    writeColumns(writer, record, series, columns);
    await pause();
  }
}

function writeColumns(
  writer: WalWriter,
  record: ByteWriter,
  { walRef }: HeadSeries,
  { timestamps, values, histograms, length }: SampleColumns,
): void {
  let inRecord = 0;
  let firstTime = 0;
  const finish = () => {
    if (inRecord > 0) writer.log(record.bytes, record.length);
    inRecord = 0;
  };
  for (let row = 0; row < length; row++) {
    const histogram = histograms?.[row];
    if (histogram) {
      finish();
      writeHistogram(record, walRef, timestamps[row], histogram);
      writer.log(record.bytes, record.length);
      continue;
    }
    if (inRecord === 0) startSamples(record, walRef, firstTime = timestamps[row]);
    writeSample(record, 0, timestamps[row] - firstTime, values[row]);
    if (++inRecord === SAMPLES_PER_RECORD) finish();
  }
  finish();
}
