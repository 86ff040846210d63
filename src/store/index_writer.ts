import { ByteWriter } from "../base/bytes.ts";
import { crc32c } from "../base/crc32c.ts";
import { writeAll } from "./files.ts";
import { INDEX_HEADER_BYTES, INDEX_MAGIC, INDEX_VERSION, SERIES_ALIGNMENT } from "./index_format.ts";
import { compareUtf8 } from "./text_order.ts";

/** Written to the file whenever this much has collected. */
const FLUSH_BYTES = 64 * 1024;

/** Where a chunk is and what time it covers, ends inclusive. */
export interface ChunkMeta {
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  readonly ref: number;
}

/**
 * Writes an index from start to end: all symbols first, then series in the order of their labels, then `finish`. Keeps
 * symbols and postings in memory, nothing else.
 */
export class IndexWriter {
  readonly #file: Deno.FsFile;
  readonly #out = new ByteWriter(FLUSH_BYTES * 2);
  readonly #entry = new ByteWriter();
  readonly #content = new ByteWriter();
  readonly #symbols = new Map<string, number>();
  /** name → value → series; the empty name: all series. */
  readonly #postings = new Map<string, Map<string, number[]>>([["", new Map([["", []]])]]);
  #position = 0;
  #seriesStart = 0;

  /** `symbols`: every label name and value that the series will have, in any order. */
  constructor(file: Deno.FsFile, symbols: Iterable<string>) {
    this.#file = file;
    this.#out.be32(INDEX_MAGIC);
    this.#out.u8(INDEX_VERSION);
    this.#flush();
    const sorted = [...symbols].sort(compareUtf8);
    this.#section((out) => {
      out.be32(sorted.length);
      sorted.forEach((symbol, number) => {
        this.#symbols.set(symbol, number);
        out.text(symbol);
      });
    });
    this.#flush();
    this.#pad(SERIES_ALIGNMENT);
    this.#seriesStart = this.#position;
  }

  /** `flat`: name, value, name, value, … sorted by name; later series must sort behind earlier ones. */
  series(flat: readonly string[], chunks: readonly ChunkMeta[]): void {
    const number = (this.#position + this.#out.length) / SERIES_ALIGNMENT;
    const entry = this.#entry;
    entry.clear();
    entry.uvarint(flat.length / 2);
    for (const text of flat) entry.uvarint(this.#symbols.get(text)!);
    this.#chunks(chunks);
    this.#out.uvarint(entry.length);
    this.#out.put(entry.written());
    this.#out.be32(crc32c(entry.bytes, 0, entry.length));
    this.#out.padTo(SERIES_ALIGNMENT); // the position is aligned, so the buffer's length may stand for it
    this.#list(number, flat);
    if (this.#out.length >= FLUSH_BYTES) this.#flush();
  }

  /** Writes the rest. The file is not synced or closed. @returns the index's length */
  finish(): number {
    this.#flush();
    const postingsStart = this.#position;
    const offsets: { name: string; value: string; offset: number }[] = [];
    for (const [name, values] of sortedByKey(this.#postings)) {
      for (const [value, numbers] of sortedByKey(values)) {
        this.#pad(4);
        offsets.push({ name, value, offset: this.#position + this.#out.length });
        this.#section((out) => {
          out.be32(numbers.length);
          for (const number of numbers) out.be32(number);
        });
        if (this.#out.length >= FLUSH_BYTES) this.#flush();
      }
    }
    this.#flush();
    const tableStart = this.#position;
    this.#section((out) => {
      out.be32(offsets.length);
      for (const { name, value, offset } of offsets) {
        out.u8(2);
        out.text(name);
        out.text(value);
        out.uvarint(offset);
      }
    });
    this.#flush();
    const toc = this.#out;
    for (const start of [INDEX_HEADER_BYTES, this.#seriesStart, 0, 0, postingsStart, tableStart]) {
      toc.be64(start);
    }
    toc.be32(crc32c(toc.bytes, 0, toc.length));
    this.#flush();
    return this.#position;
  }

  /** mint <varint> │ maxt - mint <uvarint> │ ref <uvarint>, then each as the distance from the one before */
  #chunks(chunks: readonly ChunkMeta[]): void {
    const entry = this.#entry;
    entry.uvarint(chunks.length);
    let before: ChunkMeta | undefined;
    for (const chunk of chunks) {
      if (before) entry.uvarint(chunk.minTimeMs - before.maxTimeMs);
      else entry.varint(chunk.minTimeMs);
      entry.uvarint(chunk.maxTimeMs - chunk.minTimeMs);
      if (before) entry.varint(chunk.ref - before.ref);
      else entry.uvarint(chunk.ref);
      before = chunk;
    }
  }

  #list(number: number, flat: readonly string[]): void {
    this.#postings.get("")!.get("")!.push(number);
    for (let i = 0; i < flat.length; i += 2) {
      let values = this.#postings.get(flat[i]);
      if (!values) this.#postings.set(flat[i], values = new Map());
      const numbers = values.get(flat[i + 1]);
      if (numbers) numbers.push(number);
      else values.set(flat[i + 1], [number]);
    }
  }

  /** │ length <4b> │ content │ crc32c <4b> │ */
  #section(write: (out: ByteWriter) => void): void {
    const content = this.#content;
    content.clear();
    write(content);
    this.#out.be32(content.length);
    this.#out.put(content.written());
    this.#out.be32(crc32c(content.bytes, 0, content.length));
  }

  #pad(size: number): void {
    const misaligned = (this.#position + this.#out.length) % size;
    if (misaligned > 0) { for (let i = misaligned; i < size; i++) this.#out.u8(0); }
    if (size === SERIES_ALIGNMENT) this.#flush();
  }

  #flush(): void {
    writeAll(this.#file, this.#out.written());
    this.#position += this.#out.length;
    this.#out.clear();
  }
}

function sortedByKey<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].sort(([a], [b]) => compareUtf8(a, b));
}
