import { lazy } from "../../base/lazy.ts";
import { decodeHuffman } from "./huffman.ts";

/** A header's name, in lower case, and its value. */
export type Header = readonly [name: string, value: string];

/** RFC 7541, appendix A; the first one has index 1. A row: a name, then the values it is listed with. */
const STATIC_TABLE = lazy((): readonly Header[] =>
  ([
    [":authority", ""],
    [":method", "GET", "POST"],
    [":path", "/", "/index.html"],
    [":scheme", "http", "https"],
    [":status", "200", "204", "206", "304", "400", "404", "500"],
    ["accept-charset", ""],
    ["accept-encoding", "gzip, deflate"],
    ..."accept-language accept-ranges accept access-control-allow-origin age allow authorization cache-control"
      .split(" ").map((name) => [name, ""]),
    ..."content-disposition content-encoding content-language content-length content-location content-range content-type"
      .split(" ").map((name) => [name, ""]),
    ..."cookie date etag expect expires from host if-match if-modified-since if-none-match if-range if-unmodified-since"
      .split(" ").map((name) => [name, ""]),
    ..."last-modified link location max-forwards proxy-authenticate proxy-authorization range referer refresh retry-after"
      .split(" ").map((name) => [name, ""]),
    ..."server set-cookie strict-transport-security transfer-encoding user-agent vary via www-authenticate"
      .split(" ").map((name) => [name, ""]),
  ] as string[][]).flatMap(([name, ...values]) => values.map((value): Header => [name, value]))
);

/** What an entry of the dynamic table counts beside its text (RFC 7541, 4.1). */
const ENTRY_OVERHEAD_BYTES = 32;

/** SETTINGS_HEADER_TABLE_SIZE as long as nobody says otherwise, and we don't. */
const MAX_TABLE_BYTES = 4_096;

/** Blocks that unpack to more than this are an attack: one byte can stand for a whole entry. */
const MAX_UNPACKED_BYTES = 256 * 1024;

/** Reads the header blocks of one connection, in order: each may refer to those before it. */
export class HpackDecoder {
  /** Newest first; index 62 is the first of them. */
  readonly #table: Header[] = [];
  #tableBytes = 0;
  #tableLimitBytes = MAX_TABLE_BYTES;
  /** Of all blocks so far. */
  #unpackedBytes = 0;

  /** @returns the headers, or `undefined` when the block is broken; the connection is lost then */
  decode(block: Uint8Array): Header[] | undefined {
    const from = new BlockReader(block);
    const headers: Header[] = [];
    while (!from.atEnd && !from.broken) {
      const header = this.#next(from);
      if (header === "resized") continue;
      if (!header) return undefined;
      headers.push(header);
      this.#unpackedBytes += sizeOf(header);
      if (this.#unpackedBytes > MAX_UNPACKED_BYTES) return undefined;
    }
    return from.broken ? undefined : headers;
  }

  //  │ 1 │ index <7+> │                            a header from a table
  //  │ 01 │ name's index or 0 <6+> │ [name] value │   a literal, which goes into the table
  //  │ 001 │ size <5+> │                            the table's size from now on
  //  │ 000x │ name's index or 0 <4+> │ [name] value │  a literal, which doesn't
  #next(from: BlockReader): Header | "resized" | undefined {
    const first = from.peek();
    if (first >= 0x80) return this.#at(from.integer(7));
    if (first >= 0x40) return this.#remember(this.#literal(from, 6));
    if (first < 0x20) return this.#literal(from, 4);
    const limitBytes = from.integer(5);
    if (limitBytes > MAX_TABLE_BYTES) return undefined;
    this.#tableLimitBytes = limitBytes;
    this.#evict();
    return "resized";
  }

  #literal(from: BlockReader, prefixBits: number): Header | undefined {
    const index = from.integer(prefixBits);
    const name = index === 0 ? from.string() : this.#at(index)?.[0];
    const value = from.string();
    return name === undefined || value === undefined ? undefined : [name, value];
  }

  #at(index: number): Header | undefined {
    const known = STATIC_TABLE();
    return index <= known.length ? known[index - 1] : this.#table[index - known.length - 1];
  }

  #remember(header: Header | undefined): Header | undefined {
    if (!header) return undefined;
    this.#table.unshift(header);
    this.#tableBytes += sizeOf(header);
    this.#evict();
    return header;
  }

  #evict(): void {
    while (this.#tableBytes > this.#tableLimitBytes) this.#tableBytes -= sizeOf(this.#table.pop()!);
  }
}

/** Writes headers as literals that no table keeps: a connection that carries one request has no use for tables. */
export function encodeHeaders(headers: readonly Header[]): Uint8Array {
  const parts: number[] = [];
  const encoder = new TextEncoder();
  for (const [name, value] of headers) {
    parts.push(0x10); // never to be indexed, by no proxy either: values may be secrets
    for (const text of [name, value]) {
      const bytes = encoder.encode(text);
      pushInteger(parts, bytes.length, 7);
      for (const byte of bytes) parts.push(byte);
    }
  }
  return new Uint8Array(parts);
}

function pushInteger(parts: number[], value: number, prefixBits: number): void {
  const max = (1 << prefixBits) - 1;
  if (value < max) return void parts.push(value);
  parts.push(max);
  let rest = value - max;
  for (; rest >= 0x80; rest >>>= 7) parts.push(rest & 0x7f | 0x80);
  parts.push(rest);
}

function sizeOf([name, value]: Header): number {
  return name.length + value.length + ENTRY_OVERHEAD_BYTES;
}

/** Reads HPACK's two primitives, with one sticky error. */
class BlockReader {
  broken = false;
  readonly #block: Uint8Array;
  #at = 0;

  constructor(block: Uint8Array) {
    this.#block = block;
  }

  get atEnd(): boolean {
    return this.#at >= this.#block.length;
  }

  peek(): number {
    return this.#block[this.#at] ?? 0;
  }

  /** RFC 7541, 5.1. */
  integer(prefixBits: number): number {
    const max = (1 << prefixBits) - 1;
    let value = this.#byte() & max;
    if (value < max) return value;
    for (let shift = 0; shift <= 21; shift += 7) {
      const byte = this.#byte();
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    this.broken = true; // no number here needs more than 28 bits
    return 0;
  }

  /** RFC 7541, 5.2. */
  string(): string | undefined {
    const isHuffman = this.peek() >= 0x80;
    const length = this.integer(7);
    if (this.#at + length > this.#block.length) this.broken = true;
    if (this.broken) return undefined;
    const bytes = this.#block.subarray(this.#at, this.#at += length);
    const plain = isHuffman ? decodeHuffman(bytes) : bytes;
    if (!plain) this.broken = true;
    return plain && new TextDecoder().decode(plain);
  }

  #byte(): number {
    if (this.atEnd) this.broken = true;
    return this.#block[this.#at++] ?? 0;
  }
}
