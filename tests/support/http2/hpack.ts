import { decodeHuffman } from "./huffman.ts";

/** A header's name, in lower case, and its value. */
export type Header = readonly [name: string, value: string];

/** RFC 7541, appendix A: index 1 is `:authority`. */
const STATIC_TABLE: readonly Header[] = [
  [":authority", ""],
  [":method", "GET"],
  [":method", "POST"],
  [":path", "/"],
  [":path", "/index.html"],
  [":scheme", "http"],
  [":scheme", "https"],
  ...["200", "204", "206", "304", "400", "404", "500"].map((status): Header => [":status", status]),
  ["accept-charset", ""],
  ["accept-encoding", "gzip, deflate"],
  ...("accept-language accept-ranges accept access-control-allow-origin age allow authorization cache-control " +
    "content-disposition content-encoding content-language content-length content-location content-range " +
    "content-type cookie date etag expect expires from host if-match if-modified-since if-none-match if-range " +
    "if-unmodified-since last-modified link location max-forwards proxy-authenticate proxy-authorization range " +
    "referer refresh retry-after server set-cookie strict-transport-security transfer-encoding user-agent vary via " +
    "www-authenticate").split(" ").map((name): Header => [name, ""]),
];

/** A table entry's size is its text plus this (RFC 7541, 4.1). */
const ENTRY_OVERHEAD_BYTES = 32;

/** SETTINGS_HEADER_TABLE_SIZE where nobody says otherwise: we never do. */
const MAX_TABLE_BYTES = 4_096;

/** Reads header blocks of one connection, in their order: the table that they share grows with each. */
export class HpackDecoder {
  /** Newest first. */
  readonly #table: Header[] = [];
  #tableBytes = 0;
  #tableLimitBytes = MAX_TABLE_BYTES;

  /** @throws RangeError when the block is broken; the connection can't go on then */
  decode(block: Uint8Array): Header[] {
    const from = new Cursor(block);
    const headers: Header[] = [];
    //  │ 1 index <7+> │ 01 index <6+> name? value │ 001 limit <5+> │ 0000 or 0001 index <4+> name? value │
    while (!from.atEnd) {
      const first = from.peek();
      if (first & 0x80) headers.push(this.#at(from.integer(7)));
      else if (first & 0x40) headers.push(this.#add(this.#literal(from, 6)));
      else if (first & 0x20) this.#resize(from.integer(5));
      else headers.push(this.#literal(from, 4));
    }
    return headers;
  }

  #literal(from: Cursor, prefixBits: number): Header {
    const index = from.integer(prefixBits);
    const name = index === 0 ? from.string() : this.#at(index)[0];
    return [name, from.string()];
  }

  #at(index: number): Header {
    const header = index <= STATIC_TABLE.length
      ? STATIC_TABLE[index - 1]
      : this.#table[index - STATIC_TABLE.length - 1];
    if (!header) throw new RangeError(`no header has index ${index}`);
    return header;
  }

  #add(header: Header): Header {
    this.#table.unshift(header);
    this.#tableBytes += sizeBytes(header);
    this.#evict();
    return header;
  }

  #resize(limitBytes: number): void {
    if (limitBytes > MAX_TABLE_BYTES) {
      throw new RangeError(`a header table of ${limitBytes} bytes is too large`);
    }
    this.#tableLimitBytes = limitBytes;
    this.#evict();
  }

  #evict(): void {
    while (this.#tableBytes > this.#tableLimitBytes) this.#tableBytes -= sizeBytes(this.#table.pop()!);
  }
}

/** Writes a header block as plain literals: no table, no Huffman code. */
export function encodeHeaders(headers: readonly Header[]): Uint8Array {
  const utf8 = new TextEncoder();
  const block: number[] = [];
  for (const [name, value] of headers) {
    block.push(0x10); // never indexed, new name
    for (const text of [name, value]) {
      const bytes = utf8.encode(text);
      block.push(...integer(bytes.length, 7), ...bytes);
    }
  }
  return new Uint8Array(block);
}

class Cursor {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  peek(): number {
    if (this.atEnd) throw new RangeError("the header block is cut short");
    return this.#bytes[this.#at];
  }

  /** An integer that begins in the low `prefixBits` of this byte (RFC 7541, 5.1). */
  integer(prefixBits: number): number {
    const full = 2 ** prefixBits - 1;
    let value = this.peek() & full;
    this.#at++;
    if (value < full) return value;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.peek();
      this.#at++;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError("an integer in the header block is too large");
  }

  string(): string {
    const huffman = (this.peek() & 0x80) !== 0;
    const length = this.integer(7);
    const bytes = this.#bytes.subarray(this.#at, this.#at + length);
    if (bytes.length < length) throw new RangeError("the header block is cut short");
    this.#at += length;
    return new TextDecoder().decode(huffman ? decodeHuffman(bytes) : bytes);
  }
}

function integer(value: number, prefixBits: number): number[] {
  const full = 2 ** prefixBits - 1;
  if (value < full) return [value];
  const bytes = [full];
  let rest = value - full;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push(rest % 0x80 | 0x80);
  bytes.push(rest);
  return bytes;
}

function sizeBytes([name, value]: Header): number {
  return name.length + value.length + ENTRY_OVERHEAD_BYTES;
}
