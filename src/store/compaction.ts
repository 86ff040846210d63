import { SampleColumns } from "../model/sample.ts";
import { LOOKAHEAD_BYTES } from "./bits.ts";
import type { Block, BlockSeries } from "./block.ts";
import { type BlockMeta, newUlid } from "./block_meta.ts";
import { type ChunkToWrite, type SeriesToWrite, writeBlock } from "./block_writer.ts";
import { ChunkDecoder } from "./chunk_decoder.ts";
import { ChunkEncoder } from "./chunk_encoder.ts";
import { Encoding } from "./chunk_slab.ts";
import { compareFlat, inUtf8Order } from "./text_order.ts";

/** Neighbouring chunks of floats are joined while they have no more samples than this together. */
const JOINED_ROWS = 256;

/**
 * Writes one block with all that is in several, which are in order of time and don't overlap. Deleted samples are left
 * out. The old blocks stay; whoever adds the new one removes them in the same step.
 * @returns undefined when nothing was left
 */
export async function mergeBlocks(
  dataDir: string,
  blocks: readonly Block[],
  nowMs: number,
  pause: () => Promise<void> | undefined,
): Promise<BlockMeta | undefined> {
  const symbols = new Set<string>();
  for (const block of blocks) {
    for (const { labels } of block.all()) {
      for (const text of labels.flat) symbols.add(text);
      await pause();
    }
  }
  return await writeBlock(
    dataDir,
    {
      ulid: newUlid(nowMs),
      minTimeMs: Math.min(...blocks.map(({ meta }) => meta.minTimeMs)),
      maxTimeMs: Math.max(...blocks.map(({ meta }) => meta.maxTimeMs)),
      level: 1 + Math.max(...blocks.map(({ meta }) => meta.level)),
      sources: [...new Set(blocks.flatMap(({ meta }) => meta.sources))].sort(),
      parents: blocks.map(({ meta }) => meta),
      symbols,
      series: merged(blocks),
    },
    pause,
  );
}

/** Where one block's walk over its series stands. */
interface Cursor {
  readonly block: Block;
  readonly rest: Iterator<BlockSeries>;
  current: BlockSeries | undefined;
  flat: readonly string[];
}

/** All series of all blocks in the order of their labels, each with its chunks from every block. */
function* merged(blocks: readonly Block[]): IterableIterator<SeriesToWrite> {
  const encoder = new ChunkEncoder();
  const cursors: Cursor[] = blocks.map((block) => ({
    block,
    rest: block.all(),
    current: undefined,
    flat: [],
  }));
  cursors.forEach(advance);
  for (;;) {
    let least: Cursor | undefined;
    for (const cursor of cursors) {
      if (cursor.current && (!least || compareFlat(cursor.flat, least.flat) < 0)) least = cursor;
    }
    if (!least) return;
    const { flat } = least;
    const same = cursors.filter((cursor) => cursor.current && compareFlat(cursor.flat, flat) === 0);
    const chunks = same.flatMap(({ block, current }) => chunksOf(block, current!, encoder));
    yield { flat, chunks: joined(chunks, encoder) };
    same.forEach(advance);
  }
}

function advance(cursor: Cursor): void {
  const next = cursor.rest.next();
  cursor.current = next.done ? undefined : next.value;
  cursor.flat = cursor.current ? inUtf8Order(cursor.current.labels.flat) : [];
}

/** A series' chunks in one block, copied as they are; decoded and encoded again only where something was deleted. */
function chunksOf(block: Block, series: BlockSeries, encoder: ChunkEncoder): ChunkToWrite[] {
  const { chunks } = series;
  if (block.hasDeletions(series)) {
    const kept: ChunkToWrite[] = [];
    for (let i = 0; i < chunks.count; i++) {
      const columns = new SampleColumns();
      block.read(series, chunks.minTimeMs(i), chunks.maxTimeMs(i), columns);
      if (columns.length > 0) kept.push(encoded(columns, encoder));
    }
    return kept;
  }
  const all: ChunkToWrite[] = [];
  block.eachChunk(series, ({ encoding, view, start, length }, i) => {
    all.push({
      minTimeMs: chunks.minTimeMs(i),
      maxTimeMs: chunks.maxTimeMs(i),
      samples: view.getUint16(start) & (encoding >= Encoding.HISTOGRAM_ST ? 0x3fff : 0xffff),
      encoding,
      data: copied(new Uint8Array(view.buffer, view.byteOffset + start, length)),
    });
  });
  return all;
}

function joined(chunks: readonly ChunkToWrite[], encoder: ChunkEncoder): ChunkToWrite[] {
  const result: ChunkToWrite[] = [];
  for (const chunk of chunks) {
    const before = result[result.length - 1];
    const fits = before && before.encoding === Encoding.XOR && chunk.encoding === Encoding.XOR &&
      before.samples + chunk.samples <= JOINED_ROWS;
    if (fits) result[result.length - 1] = join(before, chunk, encoder);
    else result.push(chunk);
  }
  return result;
}

/** One chunk instead of two that follow each other. */
function join(a: ChunkToWrite, b: ChunkToWrite, encoder: ChunkEncoder): ChunkToWrite {
  const decoder = new ChunkDecoder();
  const columns = new SampleColumns(a.samples + b.samples);
  for (const { data, encoding } of [a, b]) {
    decoder.decode(new DataView(data.buffer, data.byteOffset), 0, encoding as Encoding, columns);
  }
  return encoded(columns, encoder);
}

function encoded(columns: SampleColumns, encoder: ChunkEncoder): ChunkToWrite {
  const { timestamps: times, values, histograms, length } = columns;
  encoder.encode({ times, values, histograms }, 0, length);
  return {
    minTimeMs: times[0],
    maxTimeMs: times[length - 1],
    samples: length,
    encoding: encoder.encoding,
    data: copied(encoder.bytes.subarray(0, encoder.length)),
  };
}

/** A copy with the room behind it that the decoder looks into. */
function copied(data: Uint8Array): Uint8Array {
  const copy = new Uint8Array(data.length + LOOKAHEAD_BYTES);
  copy.set(data);
  return copy.subarray(0, data.length);
}
