import { type BlockMeta, type BlockParent, formatMeta } from "./block_meta.ts";
import { ChunksWriter } from "./chunks_writer.ts";
import { removeIfThere, syncDir, writeAll } from "./files.ts";
import { type ChunkMeta, IndexWriter } from "./index_writer.ts";
import { encodeTombstones } from "./tombstones.ts";

/** What a block's directory is called until it is whole; left over after a crash, it is removed. */
export const TEMPORARY_SUFFIX = ".tmp-for-creation";

/** A chunk on its way into a block. Its bytes need to be valid only until the next one is asked for. */
export interface ChunkToWrite {
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  readonly samples: number;
  readonly encoding: number;
  readonly data: Uint8Array;
}

/** A series on its way into a block, `flat` sorted by UTF-8 bytes of the names. */
export interface SeriesToWrite {
  readonly flat: readonly string[];
  readonly chunks: Iterable<ChunkToWrite>;
}

export interface BlockToWrite {
  readonly ulid: string;
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  readonly level: number;
  /** Empty: the block is its own source. */
  readonly sources: readonly string[];
  readonly parents: readonly BlockParent[];
  readonly hints: readonly string[];
  /** Every label name and value of the series. */
  readonly symbols: Iterable<string>;
  /** Sorted by labels (`compareFlat`). */
  readonly series: Iterable<SeriesToWrite>;
}

/**
 * Writes a block under a temporary name, makes sure that it is on disk, and renames it. `pause` is awaited between
 * series, so that probes and verdicts get their turn.
 * @returns its meta; undefined when no sample was in it, and then there is no block
 * @throws what the file system throws; nothing is left behind then
 */
export async function writeBlock(
  dataDir: string,
  block: BlockToWrite,
  pause: () => Promise<void> | undefined,
): Promise<BlockMeta | undefined> {
  const path = `${dataDir}/${block.ulid}`;
  const temporary = path + TEMPORARY_SUFFIX;
  try {
    Deno.mkdirSync(`${temporary}/chunks`, { recursive: true });
    const meta = await writeContent(temporary, block, pause);
    if (meta.samples === 0) {
      removeIfThere(temporary);
      return undefined;
    }
    await writeDurably(`${temporary}/tombstones`, encodeTombstones(new Map()));
    await writeDurably(`${temporary}/meta.json`, new TextEncoder().encode(formatMeta(meta)));
    await syncDir(`${temporary}/chunks`);
    await syncDir(temporary);
    await Deno.rename(temporary, path);
    await syncDir(dataDir);
    return meta;
  } catch (error) {
    tryToRemove(temporary);
    throw error;
  }
}

/** What can't be removed now is removed at the next start: the error that led here is the one that counts. */
function tryToRemove(path: string): void {
  try {
    removeIfThere(path);
  } catch {
    // As above.
  }
}

async function writeContent(
  dir: string,
  block: BlockToWrite,
  pause: () => Promise<void> | undefined,
): Promise<BlockMeta> {
  let [samples, series, chunkCount] = [0, 0, 0];
  const chunks = new ChunksWriter(`${dir}/chunks`);
  try {
    using file = Deno.openSync(`${dir}/index`, { write: true, createNew: true });
    const index = new IndexWriter(file, block.symbols);
    for (const { flat, chunks: toWrite } of block.series) {
      const metas: ChunkMeta[] = [];
      for (const { minTimeMs, maxTimeMs, samples: count, encoding, data } of toWrite) {
        metas.push({ minTimeMs, maxTimeMs, ref: chunks.add(encoding, data) });
        samples += count;
      }
      if (metas.length === 0) continue;
      index.series(flat, metas);
      chunkCount += metas.length;
      series++;
      await pause();
    }
    index.finish();
    await chunks.sync();
    await file.sync();
  } finally {
    chunks.close();
  }
  const { ulid, minTimeMs, maxTimeMs, level, parents, hints } = block;
  const sources = block.sources.length > 0 ? block.sources : [ulid];
  return {
    ulid,
    minTimeMs,
    maxTimeMs,
    level,
    sources,
    parents,
    hints,
    samples,
    series,
    chunks: chunkCount,
    tombstones: 0,
  };
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  using file = Deno.openSync(path, { write: true, createNew: true });
  writeAll(file, bytes);
  await file.sync();
}
