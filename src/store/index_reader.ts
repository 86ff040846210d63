import { ByteReader, textOf } from "../base/bytes.ts";
import { crc32c } from "../base/crc32c.ts";
import { ChunkList } from "./chunk_list.ts";
import {
  CHECKSUM_BYTES,
  INDEX_HEADER_BYTES,
  INDEX_MAGIC,
  INDEX_VERSIONS_READ,
  SERIES_ALIGNMENT,
  TOC_BYTES,
} from "./index_format.ts";
import type { PagedFile } from "./page_cache.ts";
import { compareUtf8 } from "./text_order.ts";

/** Of symbols and of postings offsets, every so manieth is kept in memory; the others are found by walking from there. */
const SAMPLING = 32;

/** Bytes that hold most table entries, and that hold any. */
const USUAL_ENTRY_BYTES = 256;
const MAX_ENTRY_BYTES = 128 * 1024;

/** A block's file that is not what it should be: a wrong checksum, a length that leads nowhere. */
export class CorruptBlockError extends Error {
  override readonly name = "CorruptBlockError";
}

/** Whether an error says that a block's files are damaged or gone. */
export function isBroken(error: unknown): error is Error {
  return error instanceof CorruptBlockError || error instanceof Deno.errors.NotFound;
}

/** One value's place in the postings offset table. */
interface TableEntry {
  readonly value: string;
  /** Offset of the entry in the file. */
  readonly at: number;
}

export interface SeriesEntry {
  /** name, value, name, value, … */
  readonly flat: string[];
  readonly chunks: ChunkList;
}

/**
 * Reads a block's index on demand. In memory: every 32nd symbol's place, every 32nd value's place in the postings offset
 * table, and what the page cache holds. Throws CorruptBlockError.
 */
export class IndexReader {
  readonly #file: PagedFile;
  readonly #symbolCount: number;
  /** Offsets of symbols 0, 32, 64, … */
  readonly #symbolOffsets: number[] = [];
  readonly #symbolCache = new Map<number, string>();
  /** Per label name: entries 0, 32, 64, … and the last one. */
  readonly #table = new Map<string, TableEntry[]>();
  readonly #seriesStart: number;

  constructor(file: PagedFile) {
    this.#file = file;
    const header = new ByteReader(file.read(0, INDEX_HEADER_BYTES));
    if (header.be32() !== INDEX_MAGIC) throw new CorruptBlockError("index: not an index file");
    const version = header.u8();
    if (!INDEX_VERSIONS_READ.includes(version)) {
      throw new CorruptBlockError(`index: version ${version} is not known`);
    }
    const tocBytes = file.read(file.sizeBytes - TOC_BYTES, TOC_BYTES);
    const toc = new ByteReader(tocBytes);
    const [symbols, series, , , , table] = Array.from({ length: 6 }, () => toc.be64());
    if (toc.be32() !== crc32c(tocBytes, 0, TOC_BYTES - CHECKSUM_BYTES) || toc.failed) {
      throw new CorruptBlockError("index: wrong checksum of the table of contents");
    }
    this.#seriesStart = series;
    this.#symbolCount = this.#walk(symbols, "symbols", (number, from, at) => {
      if (number % SAMPLING === 0) this.#symbolOffsets.push(at);
      from.skip(from.uvarint());
    });
    this.#readTable(table);
  }

  /** Label names, sorted. */
  names(): string[] {
    return [...this.#table.keys()].filter((name) => name !== "");
  }

  /** Calls `found` with each value of a label, in order, and with a way to its series. */
  eachValue(name: string, found: (value: string, postingsAt: number) => boolean | void): void {
    const entries = this.#table.get(name);
    if (entries) this.#walkTable(entries[0].at, entries[entries.length - 1].at, found);
  }

  /** The numbers of the series that have this label, ascending; the empty name and value: of all. */
  postings(name: string, value: string): Uint32Array {
    const entries = this.#table.get(name);
    if (!entries) return new Uint32Array(0);
    let low = 0;
    let high = entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareUtf8(entries[middle].value, value) <= 0) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return new Uint32Array(0);
    let found: Uint32Array | undefined;
    this.#walkTable(entries[low - 1].at, entries[entries.length - 1].at, (here, postingsAt) => {
      if (here === value) found = this.postingsAt(postingsAt);
      return found !== undefined || compareUtf8(here, value) > 0;
    });
    return found ?? new Uint32Array(0);
  }

  /** The postings list at this place in the file. */
  postingsAt(offset: number): Uint32Array {
    const content = this.#section(offset, "postings");
    const from = new ByteReader(content);
    const count = from.be32();
    if (count * 4 > from.remaining) {
      throw new CorruptBlockError("index: postings list longer than its section");
    }
    return new Uint32Array(count).map(() => from.be32());
  }

  series(number: number): SeriesEntry {
    const offset = number * SERIES_ALIGNMENT;
    if (offset < this.#seriesStart) throw new CorruptBlockError(`index: no series ${number}`);
    const start = new ByteReader(this.#file.read(offset, 10));
    const length = start.uvarint();
    const bytes = this.#file.read(offset + start.at, length + CHECKSUM_BYTES);
    const from = new ByteReader(bytes, 0, bytes.length - CHECKSUM_BYTES);
    if (
      bytes.length !== length + CHECKSUM_BYTES ||
      new ByteReader(bytes, length).be32() !== crc32c(bytes, 0, length)
    ) {
      throw new CorruptBlockError(`index: wrong checksum of series ${number}`);
    }
    const labels = Math.min(from.uvarint(), length);
    const symbols = Array.from({ length: labels * 2 }, () => from.uvarint());
    const chunks = readChunks(from);
    // Symbols lie on other pages, and reading those may take the memory of this entry's.
    return { flat: symbols.map((number) => this.#symbol(number)), chunks };
  }

  #symbol(number: number): string {
    const cached = this.#symbolCache.get(number);
    if (cached !== undefined) return cached;
    if (number >= this.#symbolCount) throw new CorruptBlockError(`index: no symbol ${number}`);
    let at = this.#symbolOffsets[Math.floor(number / SAMPLING)];
    for (let skipped = number % SAMPLING;; skipped--) {
      const start = new ByteReader(this.#file.read(at, 10));
      const length = start.uvarint();
      at += start.at;
      if (skipped === 0) {
        const text = textOf(this.#file.read(at, length));
        if (this.#symbolCache.size >= 4_096) this.#symbolCache.clear();
        this.#symbolCache.set(number, text);
        return text;
      }
      at += length;
    }
  }

  #readTable(offset: number): void {
    let before = "";
    let entries: TableEntry[] = [];
    let count = 0;
    let last: TableEntry | undefined;
    const finish = () => {
      if (last && entries[entries.length - 1] !== last) entries.push(last);
      if (entries.length > 0) this.#table.set(before, entries);
    };
    this.#walk(offset, "postings offset table", (_, from, at) => {
      if (from.u8() !== 2) throw new CorruptBlockError("index: postings offset table entry of no two texts");
      const name = from.text();
      const value = from.text();
      from.uvarint();
      if (name !== before) {
        finish();
        [before, entries, count] = [name, [], 0];
      }
      last = { value, at };
      if (count++ % SAMPLING === 0) entries.push(last);
    });
    finish();
  }

  /** Calls `found` with a label's table entries from one place on to another, included; ends early when it says true. */
  #walkTable(start: number, end: number, found: (value: string, postingsAt: number) => boolean | void): void {
    for (let at = start; at <= end;) {
      const entry = this.#tableEntry(at, USUAL_ENTRY_BYTES) ?? this.#tableEntry(at, MAX_ENTRY_BYTES);
      if (!entry) throw new CorruptBlockError("index: postings offset table entry without end");
      if (found(entry.value, entry.postingsAt)) return;
      at = entry.end;
    }
  }

  #tableEntry(at: number, mostBytes: number) {
    const from = new ByteReader(this.#file.read(at, mostBytes));
    from.u8();
    from.skip(from.uvarint());
    const value = from.text();
    const postingsAt = from.uvarint();
    return from.failed ? undefined : { value, postingsAt, end: at + from.at };
  }

  /** Walks through a section's entries, checking its checksum on the way. @returns how many there are */
  #walk(offset: number, what: string, entry: (number: number, from: ByteReader, at: number) => void): number {
    const content = this.#section(offset, what);
    const from = new ByteReader(content);
    const count = from.be32();
    for (let number = 0; number < count; number++) {
      entry(number, from, offset + 4 + from.at);
      if (from.failed) throw new CorruptBlockError(`index: ${what} end too early`);
    }
    return count;
  }

  /** │ length <4b> │ content │ crc32c <4b> │ */
  #section(offset: number, what: string): Uint8Array {
    const length = new ByteReader(this.#file.read(offset, 4)).be32();
    const bytes = this.#file.read(offset + 4, length + CHECKSUM_BYTES);
    if (
      bytes.length !== length + CHECKSUM_BYTES ||
      new ByteReader(bytes, length).be32() !== crc32c(bytes, 0, length)
    ) {
      throw new CorruptBlockError(`index: wrong checksum of ${what}`);
    }
    return bytes.subarray(0, length);
  }
}

function readChunks(from: ByteReader): ChunkList {
  const flat = new Float64Array(3 * Math.min(from.uvarint(), from.remaining));
  for (let i = 0; i < flat.length; i += 3) {
    flat[i] = i === 0 ? from.varint() : flat[i - 2] + from.uvarint();
    flat[i + 1] = flat[i] + from.uvarint();
    flat[i + 2] = i === 0 ? from.uvarint() : flat[i - 1] + from.varint();
  }
  if (from.failed) throw new CorruptBlockError("index: series entry ends too early");
  return new ChunkList(flat);
}
