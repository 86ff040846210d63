import { ByteWriter } from "../base/bytes.ts";
import { SampleColumns } from "../model/sample.ts";
import { LOOKAHEAD_BYTES } from "./bits.ts";
import type { Block, BlockSeries } from "./block.ts";
import { type BlockMeta, newUlid } from "./block_meta.ts";
import { type ChunkToWrite, type SeriesToWrite, writeBlock } from "./block_writer.ts";
import { sampleCount } from "./chunk_files.ts";
import { ChunkDecoder } from "./chunk_decoder.ts";
import { ChunkEncoder } from "./chunk_encoder.ts";
import { Encoding } from "./chunk_slab.ts";
import { isBroken } from "./index_reader.ts";
import { compareFlat, inUtf8Order } from "./text_order.ts";

/** Neighbouring chunks of floats are joined while they have no more samples than this together. */
const JOINED_ROWS = 256;

/** A block that was to be merged with others, and is broken. */
export class UnreadableBlockError extends Error {
  override readonly name = "UnreadableBlockError";
  readonly block: Block;

  constructor(block: Block, cause: Error) {
    super(`block ${block.meta.ulid}: ${cause.message}`, { cause });
    this.block = block;
  }
}

/**
 * Writes one block with all that is in several, which are in order of time and don't overlap. Deleted samples are left
 * out. The old blocks stay; whoever adds the new one removes them in the same step.
 * @returns undefined when nothing was left
 * @throws UnreadableBlockError, and what writing throws
 */
export async function mergeBlocks(
  dataDir: string,
  blocks: readonly Block[],
  nowMs: number,
  pause: () => Promise<void> | undefined,
): Promise<BlockMeta | undefined> {
  const symbols = new Set<string>();
  for (const block of blocks) {
    for (const { labels } of seriesOf(block)) {
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
      hints: blocks[0].meta.hints.filter((hint) => blocks.every(({ meta }) => meta.hints.includes(hint))),
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
  const gathering = new ChunkGathering();
  const cursors: Cursor[] = blocks.map((block) => ({
    block,
    rest: seriesOf(block),
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
    gathering.clear();
    for (const cursor of cursors) {
      if (!cursor.current || compareFlat(cursor.flat, flat) !== 0) continue;
      try {
        gathering.add(cursor.block, cursor.current);
      } catch (error) {
        throw blaming(cursor.block, error);
      }
      advance(cursor);
    }
    yield { flat, chunks: gathering.chunks() };
  }
}

/** Every series of a block, in the order of the labels. @throws UnreadableBlockError */
function* seriesOf(block: Block): IterableIterator<BlockSeries> {
  try {
    yield* block.all();
  } catch (error) {
    throw blaming(block, error);
  }
}

/** What is thrown for an error met while reading a block. */
function blaming(block: Block, error: unknown): unknown {
  return isBroken(error) ? new UnreadableBlockError(block, error) : error;
}

function advance(cursor: Cursor): void {
  const next = cursor.rest.next();
  cursor.current = next.done ? undefined : next.value;
  cursor.flat = cursor.current ? inUtf8Order(cursor.current.labels.flat) : [];
}

/** A chunk in the gathering's memory. */
interface Gathered {
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  readonly samples: number;
  readonly encoding: Encoding;
  readonly at: number;
  readonly length: number;
}

/** One series' chunks from several blocks, in memory that serves all series one after the other. */
class ChunkGathering {
  readonly #memory = new ByteWriter(64 * 1024);
  readonly #encoder = new ChunkEncoder();
  readonly #decoder = new ChunkDecoder();
  readonly #columns = new SampleColumns(JOINED_ROWS);
  #gathered: Gathered[] = [];

  clear(): void {
    this.#memory.clear();
    this.#gathered = [];
  }

  /** Adds a series' chunks of one block, as they are; decoded and encoded again only where something was deleted. */
  add(block: Block, series: BlockSeries): void {
    const { chunks } = series;
    if (block.hasDeletions(series)) {
      for (let i = 0; i < chunks.count; i++) {
        this.#columns.clear();
        block.read(series, chunks.minTimeMs(i), chunks.maxTimeMs(i), this.#columns);
        if (this.#columns.length > 0) this.#push(this.#encoded());
      }
      return;
    }
    block.eachChunk(series, ({ encoding, view, start, length }, i) => {
      const bytes = new Uint8Array(view.buffer, view.byteOffset + start, length);
      this.#push({
        minTimeMs: chunks.minTimeMs(i),
        maxTimeMs: chunks.maxTimeMs(i),
        samples: sampleCount(encoding, view, start),
        encoding,
        at: this.#put(bytes),
        length,
      });
    });
  }

  /** What was gathered; each is valid until the next is asked for. */
  *chunks(): IterableIterator<ChunkToWrite> {
    for (const { minTimeMs, maxTimeMs, samples, encoding, at, length } of this.#gathered) {
      const data = this.#memory.bytes.subarray(at, at + length);
      yield { minTimeMs, maxTimeMs, samples, encoding, data };
    }
  }

  /** Adds a chunk, joined with the one before where both are small. */
  #push(chunk: Gathered): void {
    const before = this.#gathered.at(-1);
    const fits = before !== undefined && before.encoding === Encoding.XOR &&
      chunk.encoding === Encoding.XOR &&
      before.samples + chunk.samples <= JOINED_ROWS;
    if (!fits) {
      this.#gathered.push(chunk);
      return;
    }
    const { buffer } = this.#memory.bytes;
    this.#columns.clear();
    for (const { at, encoding } of [before, chunk]) {
      this.#decoder.decode(new DataView(buffer), at, encoding, this.#columns);
    }
    this.#gathered[this.#gathered.length - 1] = this.#encoded();
  }

  #encoded(): Gathered {
    const { timestamps: times, values, histograms, length: samples } = this.#columns;
    this.#encoder.encode({ times, values, histograms }, 0, samples);
    const { bytes, length, encoding } = this.#encoder;
    const at = this.#put(bytes.subarray(0, length));
    return { minTimeMs: times[0], maxTimeMs: times[samples - 1], samples, encoding, at, length };
  }

  /** Copies bytes in, with the room behind them that the decoder looks into. @returns where they are */
  #put(bytes: Uint8Array): number {
    const at = this.#memory.length;
    this.#memory.put(bytes);
    this.#memory.reserve(LOOKAHEAD_BYTES);
    this.#memory.length += LOOKAHEAD_BYTES;
    return at;
  }
}
