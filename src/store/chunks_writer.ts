import { ByteWriter } from "../base/bytes.ts";
import { crc32c } from "../base/crc32c.ts";
import { writeAll } from "./files.ts";
import {
  CHUNKS_HEADER_BYTES,
  CHUNKS_MAGIC,
  CHUNKS_VERSION,
  chunksFileName,
  FILE_STRIDE,
  MAX_CHUNKS_FILE_BYTES,
} from "./index_format.ts";

/** Written to the file whenever this much has collected. */
const FLUSH_BYTES = 64 * 1024;

/** Writes a block's chunks behind each other into numbered files. */
export class ChunksWriter {
  readonly #dir: string;
  readonly #out = new ByteWriter(FLUSH_BYTES * 2);
  readonly #files: Deno.FsFile[] = [];
  #fileBytes = 0;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** @returns the chunk's reference */
  add(encoding: number, data: Uint8Array): number {
    if (this.#files.length === 0 || this.#fileBytes + data.length + 16 > MAX_CHUNKS_FILE_BYTES) {
      this.#nextFile();
    }
    const ref = (this.#files.length - 1) * FILE_STRIDE + this.#fileBytes;
    const out = this.#out;
    const before = out.length;
    out.uvarint(data.length);
    const start = out.length;
    out.u8(encoding);
    out.put(data);
    out.be32(crc32c(out.bytes, start, out.length));
    this.#fileBytes += out.length - before;
    if (out.length >= FLUSH_BYTES) this.#flush();
    return ref;
  }

  /** Makes sure that everything is on disk. */
  async sync(): Promise<void> {
    this.#flush();
    for (const file of this.#files) await file.sync();
  }

  close(): void {
    for (const file of this.#files) file.close();
    this.#files.length = 0;
  }

  #nextFile(): void {
    this.#flush();
    const path = `${this.#dir}/${chunksFileName(this.#files.length)}`;
    this.#files.push(Deno.openSync(path, { write: true, createNew: true }));
    this.#out.be32(CHUNKS_MAGIC);
    this.#out.u8(CHUNKS_VERSION);
    this.#out.padTo(CHUNKS_HEADER_BYTES);
    this.#fileBytes = CHUNKS_HEADER_BYTES;
  }

  #flush(): void {
    if (this.#out.length > 0) writeAll(this.#files[this.#files.length - 1], this.#out.written());
    this.#out.clear();
  }
}
