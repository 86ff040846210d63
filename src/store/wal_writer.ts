import { crc32c } from "../base/crc32c.ts";
import { syncDir, writeAll } from "./files.ts";
import { Fragment, FRAGMENT_HEADER_BYTES, MAX_SEGMENT_BYTES, PAGE_BYTES, segmentName } from "./wal_format.ts";

const FIRST_BUFFER_BYTES = 64 * 1024;
/** A buffer that became longer is given back. */
const MOST_BUFFER_BYTES = 512 * 1024;

/**
 * Writes records into segments of one directory. Records collect in memory until `flush`; a segment only ever
 * grows, so a crash leaves whole records and at most one torn one at the end.
 */
export class WalWriter {
  readonly #dir: string;
  #file: Deno.FsFile;
  #segment: number;
  /** Bytes of the segment, those still in memory included. */
  #segmentBytes = 0;
  #pending = new Uint8Array(FIRST_BUFFER_BYTES);
  #pendingView = new DataView(this.#pending.buffer);
  #pendingBytes = 0;
  #isDirty = false;
  /** Whether the segment's name could still be lost with the power. */
  #isNew = true;

  private constructor(dir: string, segment: number, file: Deno.FsFile) {
    this.#dir = dir;
    this.#segment = segment;
    this.#file = file;
  }

  /** Starts a new segment; one of that number must not exist. */
  static create(dir: string, segment: number): WalWriter {
    return new WalWriter(dir, segment, createSegment(dir, segment));
  }

  /** Bytes of records not yet handed to the operating system. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Whether there is something that a loss of power would take. */
  get isDirty(): boolean {
    return this.#isDirty || this.#pendingBytes > 0;
  }

  /** Adds the record in the first `length` bytes. @throws what writing throws, when a segment is full */
  log(record: Uint8Array, length: number): void {
    const fragments = 2 + Math.ceil(length / (PAGE_BYTES - FRAGMENT_HEADER_BYTES));
    const needed = length + fragments * (FRAGMENT_HEADER_BYTES + FRAGMENT_HEADER_BYTES);
    if (this.#segmentBytes > 0 && this.#segmentBytes + needed > MAX_SEGMENT_BYTES) this.next();
    this.#reserve(needed);
    let at = 0;
    let isFirst = true; // not the same as at === 0: with room for a header only, the first fragment holds nothing
    do {
      let room = PAGE_BYTES - this.#segmentBytes % PAGE_BYTES;
      if (room < FRAGMENT_HEADER_BYTES) {
        this.#pending.fill(0, this.#pendingBytes, this.#pendingBytes + room);
        this.#pendingBytes += room;
        this.#segmentBytes += room;
        room = PAGE_BYTES;
      }
      const size = Math.min(length - at, room - FRAGMENT_HEADER_BYTES);
      const isLast = at + size === length;
      const type = isFirst
        ? (isLast ? Fragment.FULL : Fragment.FIRST)
        : (isLast ? Fragment.LAST : Fragment.MIDDLE);
      this.#fragment(type, record, at, size);
      at += size;
      isFirst = false;
    } while (at < length);
  }

  /** Hands everything to the operating system: it survives the end of this process. */
  flush(): void {
    if (this.#pendingBytes === 0) return;
    const bytes = this.#pending.subarray(0, this.#pendingBytes);
    this.#pendingBytes = 0;
    this.#isDirty = true;
    if (this.#pending.length > MOST_BUFFER_BYTES) this.#allocate(FIRST_BUFFER_BYTES); // after a burst
    writeAll(this.#file, bytes);
  }

  /** Makes what was flushed survive a loss of power. */
  async sync(): Promise<void> {
    if (!this.#isDirty) return;
    this.#isDirty = false;
    const file = this.#file;
    try {
      await file.syncData();
      if (!this.#isNew) return;
      this.#isNew = false;
      await syncDir(this.#dir);
    } catch (error) {
      if (file !== this.#file) return; // the next segment has begun meanwhile, and this one was closed
      this.#isDirty = true;
      this.#isNew = true;
      throw error;
    }
  }

  /** Closes the segment and starts the next one. Syncs nothing: whoever can't do without calls `sync` first. */
  next(): void {
    this.flush();
    const next = createSegment(this.#dir, this.#segment + 1);
    this.#file.close();
    this.#file = next;
    this.#segment++;
    this.#segmentBytes = 0;
    this.#isDirty = false;
    this.#isNew = true;
  }

  /** Closes the file; what was not flushed is dropped. */
  close(): void {
    this.#file.close();
  }

  #fragment(type: number, record: Uint8Array, from: number, size: number): void {
    const at = this.#pendingBytes;
    const pending = this.#pending;
    pending[at] = type;
    this.#pendingView.setUint16(at + 1, size);
    const data = at + FRAGMENT_HEADER_BYTES;
    if (size < 256) { for (let i = 0; i < size; i++) pending[data + i] = record[from + i]; }
    else pending.set(record.subarray(from, from + size), data);
    this.#pendingView.setUint32(at + 3, crc32c(pending, data, data + size));
    this.#pendingBytes = data + size;
    this.#segmentBytes += FRAGMENT_HEADER_BYTES + size;
  }

  #reserve(extra: number): void {
    const needed = this.#pendingBytes + extra;
    if (needed <= this.#pending.length) return;
    const written = this.#pending.subarray(0, this.#pendingBytes);
    this.#allocate(Math.max(needed, this.#pending.length * 2));
    this.#pending.set(written);
  }

  #allocate(length: number): void {
    this.#pending = new Uint8Array(length);
    this.#pendingView = new DataView(this.#pending.buffer);
  }
}

function createSegment(dir: string, segment: number): Deno.FsFile {
  return Deno.openSync(`${dir}/${segmentName(segment)}`, { write: true, createNew: true });
}
