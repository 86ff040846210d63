import { type BlockMeta, newUlid } from "./block_meta.ts";
import { type ChunkToWrite, type SeriesToWrite, writeBlock } from "./block_writer.ts";
import type { Head } from "./head.ts";
import { splitAt } from "./head_edit.ts";
import type { HeadReader } from "./head_reader.ts";
import type { HeadSeries } from "./head_series.ts";
import { compareFlat, inUtf8Order } from "./text_order.ts";

/** How the time between `minTimeMs` and `maxTimeMs` (exclusive) becomes a block. */
export interface Cut {
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
}

/**
 * Writes what the head has of this time as a block. The head keeps it: whoever adds the block to those that queries
 * read truncates the head in the same step.
 * `hints`: for the block's meta.
 * @returns undefined when there was nothing
 */
export async function cutBlock(
  dataDir: string,
  cut: Cut,
  head: Head,
  reader: HeadReader,
  nowMs: number,
  pause: () => Promise<void> | undefined,
  hints: readonly string[] = [],
): Promise<BlockMeta | undefined> {
  const included: { flat: readonly string[]; series: HeadSeries }[] = [];
  const symbols = new Set<string>();
  for (const series of head.series()) {
    splitAt(head, reader, series, cut.minTimeMs);
    splitAt(head, reader, series, cut.maxTimeMs);
    await pause();
    if (!series.chunks.some((id) => isInside(head, cut, id))) continue;
    included.push({ flat: inUtf8Order(series.labels.flat), series });
    for (const text of series.labels.flat) symbols.add(text);
  }
  included.sort((a, b) => compareFlat(a.flat, b.flat));
  return await writeBlock(
    dataDir,
    {
      ulid: newUlid(nowMs),
      minTimeMs: cut.minTimeMs,
      maxTimeMs: cut.maxTimeMs,
      level: 1,
      sources: [],
      parents: [],
      hints,
      symbols,
      series: toWrite(head, cut, included),
    },
    pause,
  );
}

function* toWrite(
  head: Head,
  cut: Cut,
  included: readonly { flat: readonly string[]; series: HeadSeries }[],
): IterableIterator<SeriesToWrite> {
  for (const { flat, series } of included) yield { flat, chunks: chunksOf(head, cut, series) };
}

function* chunksOf(head: Head, cut: Cut, series: HeadSeries): IterableIterator<ChunkToWrite> {
  const { chunks } = head;
  for (const id of series.chunks) {
    if (!isInside(head, cut, id)) continue;
    yield {
      minTimeMs: chunks.minTimeMs(id),
      maxTimeMs: chunks.maxTimeMs(id),
      samples: chunks.count(id),
      encoding: chunks.encoding(id),
      data: chunks.bytes(id),
    };
  }
}

function isInside(
  { chunks }: Head,
  { minTimeMs, maxTimeMs }: Cut,
  id: HeadSeries["chunks"][number],
): boolean {
  return chunks.minTimeMs(id) >= minTimeMs && chunks.maxTimeMs(id) < maxTimeMs;
}
