import { Labels } from "../model/labels.ts";
import type { Matcher } from "../model/matcher.ts";
import type { SampleColumns } from "../model/sample.ts";
import { type BlockMeta, parseMeta } from "./block_meta.ts";
import type { ChunkDecoder } from "./chunk_decoder.ts";
import { type ChunkBuffer, ChunkFiles, type ChunkInMemory } from "./chunk_files.ts";
import type { ChunkList } from "./chunk_list.ts";
import { Encoding } from "./chunk_slab.ts";
import { trimEnd, trimStart } from "./columns.ts";
import type { DecodedCache } from "./decoded_cache.ts";
import { diskBytes } from "./files.ts";
import { CorruptBlockError, IndexReader } from "./index_reader.ts";
import type { MatcherMemo } from "./matcher_memo.ts";
import type { PageCache } from "./page_cache.ts";
import { decodeTombstones, type Tombstones } from "./tombstones.ts";

/** Chunks whose places a block remembers, over all its series, so that a query asked again reads no index. */
const MAX_REMEMBERED_CHUNKS = 16_384;

/** What blocks share. */
export interface BlockMeans {
  readonly pages: PageCache;
  readonly buffer: ChunkBuffer;
  readonly decoder: ChunkDecoder;
  readonly decoded: DecodedCache;
  readonly memo: MatcherMemo;
  /** A number that no chunk has had yet, and so many behind it. */
  readonly newChunkKeys: (count: number) => number;
}

/** A series in one block. */
export interface BlockSeries {
  readonly number: number;
  readonly labels: Labels;
  readonly chunks: ChunkList;
  /** Key of the first chunk in the cache of decoded chunks; the others follow. */
  readonly firstKey: number;
}

/** A block on disk, read on demand. Methods throw CorruptBlockError where a file is broken, and what reading throws. */
export class Block {
  readonly dir: string;
  readonly meta: BlockMeta;
  /** What the block takes up on disk. */
  readonly sizeBytes: number;
  readonly #means: BlockMeans;
  readonly #files: ChunkFiles;
  readonly #tombstones: Tombstones;
  readonly #remembered = new Map<number, BlockSeries>();
  #rememberedChunks = 0;
  #openIndex: { reader: IndexReader; close(): void } | undefined;

  /** Reads meta.json and the tombstones; the rest when first asked for. */
  constructor(dir: string, means: BlockMeans) {
    this.dir = dir;
    this.#means = means;
    const result = parseMeta(Deno.readTextFileSync(`${dir}/meta.json`));
    if (result.kind === "error") throw new CorruptBlockError(result.message);
    this.meta = result.meta;
    this.#tombstones = readTombstones(dir);
    this.sizeBytes = diskBytes(dir);
    this.#files = new ChunkFiles(`${dir}/chunks`, means.buffer);
  }

  /** Whether the block covers any of this time, ends inclusive. */
  overlaps(minTimeMs: number, maxTimeMs: number): boolean {
    return this.meta.minTimeMs <= maxTimeMs && this.meta.maxTimeMs > minTimeMs;
  }

  names(): string[] {
    return this.#index().names();
  }

  valuesOf(name: string): string[] {
    const values: string[] = [];
    this.#index().eachValue(name, (value) => {
      values.push(value);
    });
    return values;
  }

  /** The series in which every matcher holds, by labels. */
  select(matchers: readonly Matcher[]): BlockSeries[] {
    const { memo } = this.#means;
    const rest: Matcher[] = [];
    let numbers: Uint32Array | undefined;
    for (const matcher of matchers) {
      if (matcher.matches("")) {
        rest.push(matcher); // series without the label match too, and no list names them
        continue;
      }
      const found = this.#numbersOf(matcher);
      numbers = numbers ? intersection(numbers, found) : found;
    }
    const series: BlockSeries[] = [];
    for (const number of numbers ?? this.#index().postings("", "")) {
      const candidate = this.series(number);
      if (rest.every((matcher) => memo.matches(matcher, candidate.labels.get(matcher.name)))) {
        series.push(candidate);
      }
    }
    return series;
  }

  /** The series with exactly these labels. */
  find(labels: Labels): BlockSeries | undefined {
    let numbers = this.#index().postings("", "");
    for (const [name, value] of labels) numbers = intersection(numbers, this.#index().postings(name, value));
    for (const number of numbers) {
      const series = this.series(number);
      if (series.labels.equals(labels)) return series;
    }
  }

  /** Every series, in the order of the labels. */
  *all(): IterableIterator<BlockSeries> {
    for (const number of this.#index().postings("", "")) yield this.series(number);
  }

  series(number: number): BlockSeries {
    const known = this.#remembered.get(number);
    if (known) return known;
    const { flat, chunks } = this.#index().series(number);
    const series: BlockSeries = {
      number,
      labels: Labels.fromFlat(flat),
      chunks,
      firstKey: this.#means.newChunkKeys(chunks.count),
    };
    this.#rememberedChunks += chunks.count;
    if (this.#rememberedChunks > MAX_REMEMBERED_CHUNKS) {
      this.#remembered.clear();
      this.#rememberedChunks = chunks.count;
    }
    this.#remembered.set(number, series);
    return series;
  }

  /** Adds the samples with minTimeMs ≤ t ≤ maxTimeMs to the columns' end. */
  read(series: BlockSeries, minTimeMs: number, maxTimeMs: number, into: SampleColumns): void {
    const { chunks, firstKey } = series;
    const { decoded } = this.#means;
    const startRow = into.length;
    let index = chunks.firstNotBefore(minTimeMs);
    while (index < chunks.count && chunks.minTimeMs(index) <= maxTimeMs) {
      if (decoded.read(firstKey + index, minTimeMs, maxTimeMs, into)) {
        index++;
        continue;
      }
      const first = index;
      while (
        index + 1 < chunks.count && chunks.minTimeMs(index + 1) <= maxTimeMs &&
        !decoded.has(firstKey + index + 1)
      ) index++;
      this.#files.read(chunks, first, index, (chunk, at) => {
        const row = into.length;
        this.#decode(chunk, into);
        if (chunk.encoding === Encoding.XOR) decoded.offer(firstKey + at, into, row, into.length - row);
        if (chunks.maxTimeMs(at) > maxTimeMs) trimEnd(into, row, maxTimeMs);
        if (chunks.minTimeMs(at) < minTimeMs) trimStart(into, row, minTimeMs);
      });
      index++;
    }
    this.#hideDeleted(series, into, startRow);
  }

  /** Calls `onChunk` with each chunk as it lies on disk. */
  eachChunk(series: BlockSeries, onChunk: (chunk: ChunkInMemory, index: number) => void): void {
    if (series.chunks.count > 0) this.#files.read(series.chunks, 0, series.chunks.count - 1, onChunk);
  }

  /** Whether something of the series was deleted. */
  hasDeletions(series: BlockSeries): boolean {
    return this.#tombstones.has(series.number);
  }

  close(): void {
    this.#openIndex?.close();
    this.#openIndex = undefined;
    this.#files.close();
  }

  #index(): IndexReader {
    if (!this.#openIndex) {
      const file = this.#means.pages.open(`${this.dir}/index`);
      try {
        this.#openIndex = { reader: new IndexReader(file), close: () => file.close() };
      } catch (error) {
        file.close();
        throw error;
      }
    }
    return this.#openIndex.reader;
  }

  #numbersOf(matcher: Matcher): Uint32Array {
    const index = this.#index();
    if (matcher.literals && (matcher.kind === "=" || matcher.kind === "=~")) {
      return union([...new Set(matcher.literals)].map((value) => index.postings(matcher.name, value)));
    }
    const lists: Uint32Array[] = [];
    index.eachValue(matcher.name, (value, postingsAt) => {
      if (this.#means.memo.matches(matcher, value)) lists.push(index.postingsAt(postingsAt));
    });
    return union(lists);
  }

  #decode(chunk: ChunkInMemory, into: SampleColumns): void {
    try {
      const end = this.#means.decoder.decode(chunk.view, chunk.start, chunk.encoding, into);
      if (end <= chunk.start + chunk.length) return;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
    throw new CorruptBlockError("chunks: a chunk's samples don't fit into it");
  }

  #hideDeleted(series: BlockSeries, into: SampleColumns, startRow: number): void {
    const intervals = this.#tombstones.get(series.number);
    if (!intervals) return;
    let kept = startRow;
    for (let row = startRow; row < into.length; row++) {
      const time = into.timestamps[row];
      if (intervals.some(({ minTimeMs, maxTimeMs }) => time >= minTimeMs && time <= maxTimeMs)) continue;
      into.timestamps[kept] = time;
      into.values.copyWithin(kept, row, row + 1);
      if (into.histograms) into.histograms[kept] = into.histograms[row];
      if (into.startTimestamps) into.startTimestamps[kept] = into.startTimestamps[row];
      kept++;
    }
    into.length = kept;
    if (into.histograms) into.histograms.length = kept;
  }
}

function readTombstones(dir: string): Tombstones {
  let bytes: Uint8Array;
  try {
    bytes = Deno.readFileSync(`${dir}/tombstones`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return new Map();
    throw error;
  }
  const tombstones = decodeTombstones(bytes);
  if (!tombstones) throw new CorruptBlockError("tombstones: broken file");
  return tombstones;
}

/** Ascending numbers that are in both. */
function intersection(a: Uint32Array, b: Uint32Array): Uint32Array {
  const both = new Uint32Array(Math.min(a.length, b.length));
  let count = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] < b[j]) i++;
    else if (a[i] > b[j]) j++;
    else {
      both[count++] = a[i++];
      j++;
    }
  }
  return both.subarray(0, count);
}

/** All numbers of lists without common ones, ascending. */
function union(lists: readonly Uint32Array[]): Uint32Array {
  if (lists.length === 1) return lists[0];
  const all = new Uint32Array(lists.reduce((sum, list) => sum + list.length, 0));
  let at = 0;
  for (const list of lists) {
    all.set(list, at);
    at += list.length;
  }
  return all.sort();
}
