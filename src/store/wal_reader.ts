import { crc32c } from "../base/crc32c.ts";
import { decompress } from "./decompress.ts";
import { Fragment, FRAGMENT_HEADER_BYTES, FRAGMENT_MASK, type Numbered, PAGE_BYTES } from "./wal_format.ts";

/** Pages read from the file at once. */
const PAGES_AT_ONCE = 16;

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
 * Reads a segment from start to end and calls `onRecord` with each whole record, valid during the call. Behind a
 * broken fragment it goes on at the next page, for every page starts with a fragment.
 */
export function readSegment(segment: Numbered, onRecord: (record: Uint8Array) => void): SegmentReading {
  using file = Deno.openSync(segment.path, { read: true });
  const reader = new SegmentReader(onRecord);
  const buffer = new Uint8Array(PAGES_AT_ONCE * PAGE_BYTES);
  let sizeBytes = 0;
  for (let filled = 0;;) {
    const read = file.readSync(buffer.subarray(filled));
    filled += read ?? 0;
    if (read !== null && filled < buffer.length) continue;
    for (let at = 0; at < filled; at += PAGE_BYTES) {
      reader.page(buffer.subarray(at, Math.min(filled, at + PAGE_BYTES)));
    }
    sizeBytes += filled;
    filled = 0;
    if (read === null) break;
  }
  reader.end();
  return { segment, sizeBytes, intactBytes: reader.intactBytes, damages: reader.damages };
}

/** Puts fragments together, page by page. */
class SegmentReader {
  readonly damages: WalDamage[] = [];
  intactBytes = 0;
  readonly #onRecord: (record: Uint8Array) => void;
  #pageOffset = 0;
  /** Fragments of a record whose last one hasn't come yet. */
  #parts: Uint8Array[] = [];
  #partsBytes = 0;
  #recordOffset = 0;
  /** Where zeros began that no padding explains. */
  #gapAt: number | undefined;

  constructor(onRecord: (record: Uint8Array) => void) {
    this.#onRecord = onRecord;
  }

  page(page: Uint8Array): void {
    const problem = this.#fragments(page);
    if (problem) {
      this.#report(
        this.#parts.length > 0 ? this.#recordOffset : this.#pageOffset + problem.at,
        problem.reason,
      );
      this.#dropParts();
    }
    this.#pageOffset += page.length;
  }

  end(): void {
    if (this.#parts.length > 0) this.#report(this.#recordOffset, "record without end");
  }

  /** @returns where and why the page can't be read further */
  #fragments(page: Uint8Array): { at: number; reason: string } | undefined {
    let at = 0;
    while (at < page.length) {
      const header = page[at];
      if ((header & FRAGMENT_MASK) === Fragment.PAGE_END) {
        if (!page.subarray(at).every((byte) => byte === 0)) {
          return { at, reason: "bytes behind a page's end" };
        }
        if (at + FRAGMENT_HEADER_BYTES <= page.length) this.#gapAt ??= this.#pageOffset + at;
        return undefined;
      }
      if (this.#gapAt !== undefined) this.#reportGap();
      if (at + FRAGMENT_HEADER_BYTES > page.length) return { at, reason: "fragment header cut off" };
      const length = page[at + 1] << 8 | page[at + 2];
      const start = at + FRAGMENT_HEADER_BYTES;
      if (start + length > page.length) return { at, reason: "fragment longer than its page" };
      const checksum = (page[at + 3] << 24 | page[at + 4] << 16 | page[at + 5] << 8 | page[at + 6]) >>> 0;
      if (crc32c(page, start, start + length) !== checksum) return { at, reason: "wrong checksum" };
      const end = this.#pageOffset + start + length;
      const reason = this.#fragment(header, page.subarray(start, start + length), this.#pageOffset + at, end);
      if (reason !== undefined) return { at, reason };
      at = start + length;
    }
  }

  #fragment(header: number, data: Uint8Array, offset: number, end: number): string | undefined {
    const type = header & FRAGMENT_MASK;
    if (type > Fragment.LAST) return `unknown fragment type ${type}`;
    if (type === Fragment.FULL || type === Fragment.FIRST) {
      if (this.#parts.length > 0) this.#report(this.#recordOffset, "record without end");
      this.#dropParts();
      this.#recordOffset = offset;
    } else if (this.#parts.length === 0) {
      return undefined; // the rest of a record whose beginning was broken, and reported
    }
    if (type === Fragment.FULL) return this.#record(header, data, end);
    this.#partsBytes += data.length;
    if (this.#partsBytes > MAX_RECORD_BYTES) return "record too long";
    this.#parts.push(data.slice());
    if (type !== Fragment.LAST) return undefined;
    const whole = joined(this.#parts, this.#partsBytes);
    this.#dropParts();
    return this.#record(header, whole, end);
  }

  /** Zeros where a fragment could have been are no end when something comes behind them. */
  #reportGap(): void {
    this.#report(this.#parts.length > 0 ? this.#recordOffset : this.#gapAt!, "zeros in the middle");
    this.#gapAt = undefined;
    this.#dropParts();
  }

  #record(header: number, data: Uint8Array, end: number): undefined {
    const result = decompress(header, data, MAX_RECORD_BYTES);
    if (result.kind === "error") return this.#report(this.#recordOffset, result.message);
    this.intactBytes = end;
    this.#onRecord(result.bytes);
  }

  #dropParts(): void {
    this.#parts = [];
    this.#partsBytes = 0;
  }

  #report(offsetBytes: number, reason: string): undefined {
    this.damages.push({ offsetBytes, reason });
  }
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
