/** 2^32: how far the upper of two 32-bit lanes is from the lower. */
const LANE = 0x1_0000_0000;

const encoder = new TextEncoder();
/** A byte order mark is a character like any other in a label. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** UTF-8 as text. */
export function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** The parts behind each other, copied. */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/**
 * Bytes that grow as they are written: big-endian fixed widths, and the variable-length integers of Go's
 * encoding/binary. 64-bit integers are JavaScript numbers, exact up to ±2^53; signed varints up to ±2^52.
 */
export class ByteWriter {
  bytes: Uint8Array<ArrayBuffer>;
  length = 0;
  #view: DataView;

  constructor(capacity = 1_024) {
    this.bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.bytes.buffer);
  }

  /** Forgets what was written; keeps the memory. */
  clear(): void {
    this.length = 0;
  }

  /** What was written, as a view that later writes may change. */
  written(): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(0, this.length);
  }

  /** Makes room for so many further bytes. */
  reserve(extra: number): void {
    const needed = this.length + extra;
    if (needed <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    larger.set(this.written());
    this.bytes = larger;
    this.#view = new DataView(larger.buffer);
  }

  u8(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  be16(value: number): void {
    this.reserve(2);
    this.#view.setUint16(this.length, value);
    this.length += 2;
  }

  be32(value: number): void {
    this.reserve(4);
    this.#view.setUint32(this.length, value);
    this.length += 4;
  }

  /** Signed or unsigned, as two's complement. */
  be64(value: number): void {
    const high = Math.floor(value / LANE);
    this.be32Pair(high, value - high * LANE);
  }

  be32Pair(high: number, low: number): void {
    this.reserve(8);
    this.#view.setUint32(this.length, high);
    this.#view.setUint32(this.length + 4, low);
    this.length += 8;
  }

  /** A double's bits. A NaN's payload survives only if the number never was in an ordinary array: see `be32Pair`. */
  float64(value: number): void {
    this.reserve(8);
    this.#view.setFloat64(this.length, value);
    this.length += 8;
  }

  uvarint(value: number): void {
    this.reserve(10);
    let rest = value;
    for (; rest >= 0x8000_0000; rest = Math.floor(rest / 128)) {
      this.bytes[this.length++] = rest % 128 | 128;
    }
    for (; rest >= 128; rest >>>= 7) this.bytes[this.length++] = rest & 127 | 128;
    this.bytes[this.length++] = rest;
  }

  /** Zigzag: 0, -1, 1, -2, … */
  varint(value: number): void {
    this.uvarint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  put(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** UTF-8, with its length in bytes as a uvarint before it. */
  text(value: string): void {
    const most = value.length * 3;
    if (most < 128) { // the length is one byte for sure, so the text can be written behind it at once
      this.reserve(most + 1);
      const { written } = encoder.encodeInto(value, this.bytes.subarray(this.length + 1));
      this.bytes[this.length] = written;
      this.length += written + 1;
      return;
    }
    const encoded = encoder.encode(value);
    this.uvarint(encoded.length);
    this.put(encoded);
  }

  /** Zero bytes up to a multiple of `size`. */
  padTo(size: number): void {
    const padding = (size - this.length % size) % size;
    this.reserve(padding);
    this.bytes.fill(0, this.length, this.length + padding);
    this.length += padding;
  }
}

/**
 * Reads what ByteWriter writes. One sticky error instead of a check at every step: reading past the end gives
 * zeros and sets `failed`, which the caller looks at once, at the end.
 */
export class ByteReader {
  at: number;
  end: number;
  failed = false;
  readonly bytes: Uint8Array;
  /** The same bytes. */
  readonly view: DataView;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Reads another stretch of the same bytes from here on. */
  restart(start: number, end: number): void {
    this.at = start;
    this.end = end;
    this.failed = false;
  }

  get remaining(): number {
    return this.failed ? 0 : this.end - this.at;
  }

  u8(): number {
    return this.#take(1) ? this.bytes[this.at - 1] : 0;
  }

  be16(): number {
    return this.#take(2) ? this.view.getUint16(this.at - 2) : 0;
  }

  be32(): number {
    return this.#take(4) ? this.view.getUint32(this.at - 4) : 0;
  }

  /** Signed; exact up to ±2^53. */
  be64(): number {
    return this.#take(8) ? this.view.getInt32(this.at - 8) * LANE + this.view.getUint32(this.at - 4) : 0;
  }

  float64(): number {
    return this.#take(8) ? this.view.getFloat64(this.at - 8) : 0;
  }

  uvarint(): number {
    let value = 0;
    for (let scale = 1, count = 0; count < 10; count++, scale *= 128) {
      if (!this.#take(1)) return 0;
      const byte = this.bytes[this.at - 1];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    this.failed = true;
    return 0;
  }

  varint(): number {
    const zigzag = this.uvarint();
    return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
  }

  /** A view of the next bytes. */
  take(length: number): Uint8Array {
    return this.#take(length) ? this.bytes.subarray(this.at - length, this.at) : new Uint8Array(0);
  }

  skip(length: number): void {
    this.#take(length);
  }

  text(): string {
    return textOf(this.take(this.uvarint()));
  }

  #take(length: number): boolean {
    if (this.failed || length > this.end - this.at) {
      this.failed = true;
      return false;
    }
    this.at += length;
    return true;
  }
}
