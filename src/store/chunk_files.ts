import { ByteReader } from "../base/bytes.ts";
import { crc32c } from "../base/crc32c.ts";
import { LOOKAHEAD_BYTES } from "./bits.ts";
import type { ChunkList } from "./chunk_list.ts";
import { Encoding } from "./chunk_slab.ts";
import { readAt } from "./files.ts";
import {
  CHECKSUM_BYTES,
  CHUNKS_HEADER_BYTES,
  CHUNKS_MAGIC,
  CHUNKS_VERSION,
  chunksFileName,
  FILE_STRIDE,
} from "./index_format.ts";
import { CorruptBlockError } from "./index_reader.ts";

/** Bytes read for a chunk whose end isn't known from the next one's place. */
const GUESSED_CHUNK_BYTES = 1_024;

/** Neighbouring chunks are read together up to this. */
const MAX_RUN_BYTES = 256 * 1024;

/** Longest chunk accepted: broken data must not ask for gigabytes. */
const MAX_CHUNK_BYTES = 64 * 1024 * 1024;

/** A chunk as it lies in memory until the next one is read. */
export interface ChunkInMemory {
  readonly encoding: Encoding;
  readonly view: DataView;
  /** Where the data starts in the view, and how long it is; LOOKAHEAD_BYTES follow. */
  readonly start: number;
  readonly length: number;
}

/** How many samples a chunk holds, from its first two bytes: those with start times keep two bits for something else. */
export function sampleCount(encoding: Encoding, view: DataView, start: number): number {
  const field = view.getUint16(start);
  const isMasked = encoding === Encoding.HISTOGRAM_ST || encoding === Encoding.FLOAT_HISTOGRAM_ST;
  return isMasked ? field & 0x3fff : field;
}

/** Memory that all blocks read chunks into, one after the other. */
export class ChunkBuffer {
  bytes = new Uint8Array(16 * 1024);
  view = new DataView(this.bytes.buffer);

  reserve(length: number): void {
    if (this.bytes.length >= length) return;
    this.bytes = new Uint8Array(Math.max(length, this.bytes.length * 2));
    this.view = new DataView(this.bytes.buffer);
  }
}

/** A block's files of chunks, opened when first read. Throws CorruptBlockError. */
export class ChunkFiles {
  readonly #dir: string;
  readonly #buffer: ChunkBuffer;
  readonly #files = new Map<number, Deno.FsFile>();

  constructor(dir: string, buffer: ChunkBuffer) {
    this.#dir = dir;
    this.#buffer = buffer;
  }

  /** Reads chunks [first, last] of a series and calls `onChunk` with each, in order, its checksum checked. */
  read(
    chunks: ChunkList,
    first: number,
    last: number,
    onChunk: (chunk: ChunkInMemory, index: number) => void,
  ): void {
    let index = first;
    while (index <= last) {
      const runEnd = this.#runEnd(chunks, index, last);
      const start = chunks.ref(index);
      const stop = runEnd + 1 < chunks.count && sameFile(start, chunks.ref(runEnd + 1))
        ? chunks.ref(runEnd + 1)
        : chunks.ref(runEnd) + GUESSED_CHUNK_BYTES;
      const filled = this.#fill(start, stop - start);
      for (; index <= runEnd; index++) {
        onChunk(this.#chunk(chunks.ref(index), chunks.ref(index) - start, filled), index);
        // A chunk longer than the guess replaced what was in the buffer; it can only be the run's last.
      }
    }
  }

  close(): void {
    for (const file of this.#files.values()) file.close();
    this.#files.clear();
  }

  /** The last chunk that can be read together with this one. */
  #runEnd(chunks: ChunkList, index: number, last: number): number {
    let end = index;
    while (
      end < last && sameFile(chunks.ref(index), chunks.ref(end + 1)) &&
      chunks.ref(end + 1) > chunks.ref(end) &&
      chunks.ref(end + 1) - chunks.ref(index) <= MAX_RUN_BYTES
    ) end++;
    return end;
  }

  #chunk(ref: number, at: number, filled: number): ChunkInMemory {
    const { bytes } = this.#buffer;
    const from = new ByteReader(bytes, at, Math.min(filled, at + 8));
    const length = from.uvarint();
    if (from.failed || length > MAX_CHUNK_BYTES) throw new CorruptBlockError(`chunks: no chunk at ${ref}`);
    const start = from.at; // of the encoding, behind which the data lies
    const end = start + 1 + length;
    if (end + CHECKSUM_BYTES > filled) {
      const needed = end - at + CHECKSUM_BYTES;
      const more = this.#fill(ref, needed);
      if (more < needed) throw new CorruptBlockError(`chunks: the file ends inside the chunk at ${ref}`);
      return this.#checked(ref, start - at, length);
    }
    return this.#checked(ref, start, length);
  }

  #checked(ref: number, start: number, length: number): ChunkInMemory {
    const { bytes, view } = this.#buffer;
    const end = start + 1 + length;
    if (view.getUint32(end) !== crc32c(bytes, start, end)) {
      throw new CorruptBlockError(`chunks: wrong checksum of the chunk at ${ref}`);
    }
    const encoding = bytes[start];
    if (encoding < Encoding.XOR || encoding > Encoding.FLOAT_HISTOGRAM_ST) {
      throw new CorruptBlockError(`chunks: unknown encoding ${encoding} of the chunk at ${ref}`);
    }
    return { encoding: encoding as Encoding, view, start: start + 1, length };
  }

  /** Fills the buffer from `ref` on. @returns how many bytes there were */
  #fill(ref: number, length: number): number {
    this.#buffer.reserve(length + LOOKAHEAD_BYTES);
    const file = this.#file(Math.floor(ref / FILE_STRIDE));
    return readAt(file, ref % FILE_STRIDE, length, this.#buffer.bytes).length;
  }

  #file(number: number): Deno.FsFile {
    let file = this.#files.get(number);
    if (file) return file;
    file = Deno.openSync(`${this.#dir}/${chunksFileName(number)}`, { read: true });
    const header = new ByteReader(readAt(file, 0, CHUNKS_HEADER_BYTES));
    if (header.be32() !== CHUNKS_MAGIC || header.u8() !== CHUNKS_VERSION) {
      file.close();
      throw new CorruptBlockError(`chunks: ${chunksFileName(number)} is no file of chunks that we know`);
    }
    this.#files.set(number, file);
    return file;
  }
}

function sameFile(a: number, b: number): boolean {
  return Math.floor(a / FILE_STRIDE) === Math.floor(b / FILE_STRIDE);
}
