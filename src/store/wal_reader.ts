import { ByteReader, concat } from "../base/bytes.ts";
import { crc32c } from "../base/crc32c.ts";
import { decompress, type Unzstd } from "./decompress.ts";
import { readAt } from "./files.ts";
import {
  Fragment,
  FRAGMENT_HEADER_BYTES,
  FRAGMENT_MASK,
  type Numbered,
  PAGE_BYTES,
  ZSTD_FLAG,
} from "./wal_format.ts";

/** Pages read from the file at once. */
const PAGES_AT_ONCE = 8;

/** Longest record accepted, in and out of compression: broken data must not ask for gigabytes. */
const MAX_RECORD_BYTES = 64 * 1024 * 1024;

/** Something in a segment that could not be read. */
export interface WalDamage {
  /** Where the broken fragment or record starts. */
  readonly offsetBytes: number;
  readonly reason: string;
}

export interface SegmentReading {
  readonly segment: Numbered;
  readonly sizeBytes: number;
  /** Where the last whole record ends. */
  readonly intactBytes: number;
  readonly damages: readonly WalDamage[];
}

/** Whether a segment is as a crash leaves it: whole records, then at most one that was not written to its end. */
export function isTornAtEnd({ intactBytes, damages }: SegmentReading): boolean {
  return damages.length > 0 && damages.every(({ offsetBytes }) => offsetBytes >= intactBytes);
}

/**
 * Reads a segment from start to end and calls `onRecord` with each whole record, as a reader that stands at its start.
 * Behind a broken fragment it goes on at the next page, for every page starts with a fragment.
 */
export function readSegment(
  segment: Numbered,
  onRecord: (record: ByteReader) => void,
  unzstd?: Unzstd,
): SegmentReading {
  using file = Deno.openSync(segment.path, { read: true });
  const buffer = new Uint8Array(PAGES_AT_ONCE * PAGE_BYTES);
  const reader = new SegmentReader(buffer, onRecord, unzstd);
  let sizeBytes = 0;
  for (let filled = 0;;) {
    const read = file.readSync(buffer.subarray(filled));
    filled += read ?? 0;
    if (read !== null && filled < buffer.length) continue;
    for (let at = 0; at < filled; at += PAGE_BYTES) {
      reader.page(at, Math.min(filled, at + PAGE_BYTES), sizeBytes);
    }
    sizeBytes += filled;
    filled = 0;
    if (read === null) break;
  }
  reader.end();
  return { segment, sizeBytes, intactBytes: reader.intactBytes, damages: reader.damages };
}

/** Whether a segment's first record is compressed with zstd: Prometheus compresses all of a segment, or nothing. */
export function isZstd({ path }: Numbered): boolean {
  using file = Deno.openSync(path, { read: true });
  const [header = 0] = readAt(file, 0, 1);
  return (header & ZSTD_FLAG) !== 0;
}

/** Puts fragments together, page by page. */
class SegmentReader {
  readonly damages: WalDamage[] = [];
  intactBytes = 0;
  readonly #buffer: Uint8Array;
  readonly #record: ByteReader;
  readonly #onRecord: (record: ByteReader) => void;
  readonly #unzstd: Unzstd | undefined;
  /** Where in the segment the buffer starts. */
  #offset = 0;
  /** Fragments of a record whose last one hasn't come yet. */
  #parts: Uint8Array[] = [];
  #partsBytes = 0;
  #recordOffset = 0;
  /** Where zeros began that no padding explains. */
  #gapAt: number | undefined;

  constructor(buffer: Uint8Array, onRecord: (record: ByteReader) => void, unzstd: Unzstd | undefined) {
    this.#unzstd = unzstd;
    this.#buffer = buffer;
    this.#record = new ByteReader(buffer);
    this.#onRecord = onRecord;
  }

  /** Reads the page at [start, end) of the buffer, which itself starts at `offset` of the segment. */
  page(start: number, end: number, offset: number): void {
    this.#offset = offset;
    const problem = this.#fragments(start, end);
    if (!problem) return;
    this.#report(this.#parts.length > 0 ? this.#recordOffset : offset + problem.at, problem.reason);
    this.#dropParts();
  }

  end(): void {
    if (this.#parts.length > 0) this.#report(this.#recordOffset, "record without end");
  }

  /** @returns where and why the page can't be read further */
  #fragments(start: number, end: number): { at: number; reason: string } | undefined {
    const bytes = this.#buffer;
    let at = start;
    while (at < end) {
      const header = bytes[at];
      if ((header & FRAGMENT_MASK) === Fragment.PAGE_END) {
        if (!isBlank(bytes, at, end)) return { at, reason: "bytes behind a page's end" };
        if (at + FRAGMENT_HEADER_BYTES <= end) this.#gapAt ??= this.#offset + at;
        return undefined;
      }
      if (this.#gapAt !== undefined) this.#reportGap();
      const data = at + FRAGMENT_HEADER_BYTES;
      if (data > end) return { at, reason: "fragment header cut off" };
      const next = data + (bytes[at + 1] << 8 | bytes[at + 2]);
      if (next > end) return { at, reason: "fragment longer than its page" };
      const checksum = bytes[at + 3] << 24 | bytes[at + 4] << 16 | bytes[at + 5] << 8 | bytes[at + 6];
      if ((crc32c(bytes, data, next) | 0) !== checksum) return { at, reason: "wrong checksum" };
      const reason = this.#fragment(header, at, data, next);
      if (reason !== undefined) return { at, reason };
      at = next;
    }
  }

  /** Takes the fragment at [at, end) of the buffer, its data starting at `data`. */
  #fragment(header: number, at: number, data: number, end: number): string | undefined {
    const type = header & FRAGMENT_MASK;
    if (type > Fragment.LAST) return `unknown fragment type ${type}`;
    if (type === Fragment.FULL || type === Fragment.FIRST) {
      if (this.#parts.length > 0) this.#report(this.#recordOffset, "record without end");
      this.#dropParts();
      this.#recordOffset = this.#offset + at;
    } else if (this.#parts.length === 0) {
      return undefined; // the rest of a record whose beginning was broken, and reported
    }
    if (header === Fragment.FULL) {
      this.#record.restart(data, end);
      this.intactBytes = this.#offset + end;
      this.#onRecord(this.#record);
      return undefined;
    }
    this.#partsBytes += end - data;
    if (this.#partsBytes > MAX_RECORD_BYTES) return "record too long";
    this.#parts.push(this.#buffer.slice(data, end));
    if (type === Fragment.FULL || type === Fragment.LAST) this.#whole(header, end);
  }

  /** All parts are there: undoes the compression, if there is any. */
  #whole(header: number, end: number): void {
    const result = decompress(header, concat(this.#parts), MAX_RECORD_BYTES, this.#unzstd);
    this.#dropParts();
    if (result.kind === "error") return this.#report(this.#recordOffset, result.message);
    this.intactBytes = this.#offset + end;
    this.#onRecord(new ByteReader(result.bytes));
  }

  /** Zeros where a fragment could have been are no end when something comes behind them. */
  #reportGap(): void {
    this.#report(this.#parts.length > 0 ? this.#recordOffset : this.#gapAt!, "zeros in the middle");
    this.#gapAt = undefined;
    this.#dropParts();
  }

  #dropParts(): void {
    this.#parts = [];
    this.#partsBytes = 0;
  }

  #report(offsetBytes: number, reason: string): void {
    this.damages.push({ offsetBytes, reason });
  }
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] !== 0) return false;
  return true;
}
