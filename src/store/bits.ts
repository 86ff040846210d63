/** Zero bytes that follow a chunk in memory, so that readers may look ahead without a test. */
export const LOOKAHEAD_BYTES = 8;

/** 2^32: how far the upper of two 32-bit lanes is from the lower. */
const LANE = 0x1_0000_0000;

const scratch = new DataView(new ArrayBuffer(8));

/** Widths of the value fields of <varbit>, by the number of ones that lead to them: 0, 10, 110, … (tsdb/chunkenc, varbit). */
const VARBIT_WIDTHS = [0, 3, 6, 9, 12, 18, 25, 56, 64];

/** Bits put behind each other, the highest first, in memory that grows and is used again. */
export class BitWriter {
  bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #at = 0;
  #bits = 0; // filled from the top, written out when all 32 are used
  #used = 0;

  constructor(capacity = 4_096) {
    this.bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.bytes.buffer);
  }

  /** Starts anew, with room for so many bytes. */
  start(capacity: number): void {
    this.#at = 0;
    this.#bits = 0;
    this.#used = 0;
    if (this.bytes.length < capacity + LOOKAHEAD_BYTES) this.#resize(capacity * 2 + LOOKAHEAD_BYTES);
  }

  /** Makes room for so many further bytes. `put` itself doesn't look. */
  reserve(extra: number): void {
    const needed = this.#at + extra + LOOKAHEAD_BYTES;
    if (this.bytes.length < needed) this.#resize(needed * 2);
  }

  /** Appends the lowest `width` (1…32) bits of `value`. */
  put(value: number, width: number): void {
    const field = width === 32 ? value | 0 : value & ((1 << width) - 1);
    const free = 32 - this.#used;
    if (width < free) {
      this.#bits |= field << (free - width);
      this.#used += width;
      return;
    }
    const over = width - free;
    this.#view.setInt32(this.#at, this.#bits | field >>> over);
    this.#at += 4;
    this.#bits = over === 0 ? 0 : field << (32 - over);
    this.#used = over;
  }

  /** A signed integer as 64 bits of two's complement. */
  put64(value: number): void {
    const high = Math.floor(value / LANE);
    this.put(high, 32);
    this.put(value - high * LANE, 32);
  }

  float64(value: number): void {
    scratch.setFloat64(0, value);
    this.put(scratch.getInt32(0), 32);
    this.put(scratch.getInt32(4), 32);
  }

  uvarint(value: number): void {
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.put(rest % 128 | 128, 8);
    this.put(rest, 8);
  }

  varint(value: number): void {
    this.uvarint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** A signed integer, small ones in few bits. A field of n bits holds -2^(n-1)+1 … 2^(n-1). */
  varbit(value: number): void {
    if (value === 0) return this.put(0, 1);
    let ones = 1;
    while (
      ones < 8 && (value <= -(2 ** (VARBIT_WIDTHS[ones] - 1)) || value > 2 ** (VARBIT_WIDTHS[ones] - 1))
    ) {
      ones++;
    }
    this.#varbitField(value, ones);
  }

  /** An unsigned integer, small ones in few bits. */
  uvarbit(value: number): void {
    if (value === 0) return this.put(0, 1);
    let ones = 1;
    while (ones < 8 && value >= 2 ** VARBIT_WIDTHS[ones]) ones++;
    this.#varbitField(value, ones);
  }

  /** Writes out what is left, zero-padded. @returns the length in bytes */
  finish(): number {
    this.#view.setInt32(this.#at, this.#bits);
    const length = this.#at + (this.#used + 7 >>> 3);
    this.bytes.fill(0, length, length + LOOKAHEAD_BYTES);
    return length;
  }

  #varbitField(value: number, ones: number): void {
    if (ones === 8) this.put(0xff, 8);
    else this.put((1 << ones + 1) - 2, ones + 1); // that many ones, then a zero
    const width = VARBIT_WIDTHS[ones];
    if (width <= 32) return this.put(value, width);
    const high = Math.floor(value / LANE);
    this.put(high, width - 32);
    this.put(value - high * LANE, 32);
  }

  #resize(capacity: number): void {
    const larger = new Uint8Array(capacity);
    larger.set(this.bytes.subarray(0, this.#at));
    this.bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

/**
 * Reads what BitWriter writes; for everything but the XOR decoder's hot loop, which does the same by hand. The view
 * must go on for LOOKAHEAD_BYTES behind the chunk. Throws RangeError when broken data leads out of the view.
 */
export class BitReader {
  readonly #view: DataView;
  #bit: number;

  constructor(view: DataView, startByte: number) {
    this.#view = view;
    this.#bit = startByte * 8;
  }

  /** Offset of the byte behind the last one of which a bit was read. */
  get endByte(): number {
    return Math.ceil(this.#bit / 8);
  }

  /** The next `width` (1…32) bits, unsigned. */
  take(width: number): number {
    const offset = Math.floor(this.#bit / 8);
    const shift = this.#bit % 8;
    const word = this.#view.getInt32(offset) << shift | this.#view.getUint8(offset + 4) >>> (8 - shift);
    this.#bit += width;
    return word >>> (32 - width);
  }

  /** 64 bits of two's complement. */
  take64(): number {
    const high = this.take(32) | 0;
    return high * LANE + this.take(32);
  }

  float64(): number {
    scratch.setInt32(0, this.take(32));
    scratch.setInt32(4, this.take(32));
    return scratch.getFloat64(0);
  }

  uvarint(): number {
    let value = 0;
    for (let scale = 1, count = 0; count < 10; count++, scale *= 128) {
      const byte = this.take(8);
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    throw new RangeError("varint of more than ten bytes");
  }

  varint(): number {
    const zigzag = this.uvarint();
    return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
  }

  varbit(): number {
    const width = VARBIT_WIDTHS[this.ones(8)];
    if (width === 64) return this.take64();
    const field = this.#field(width);
    return field > 2 ** (width - 1) ? field - 2 ** width : field;
  }

  uvarbit(): number {
    const width = VARBIT_WIDTHS[this.ones(8)];
    return width === 64 ? this.take(32) * LANE + this.take(32) : this.#field(width);
  }

  /** How many ones come before a zero, which is read too; `most` ones need no zero behind them. */
  ones(most: number): number {
    let ones = 0;
    while (ones < most && this.take(1) === 1) ones++;
    return ones;
  }

  #field(width: number): number {
    if (width === 0) return 0;
    return width <= 32 ? this.take(width) : this.take(width - 32) * LANE + this.take(32);
  }
}

/** A value in a run of XOR-ed doubles, with the window of bits that changed last; for histograms' many fields. */
export class XorField {
  high = 0;
  low = 0;
  #leading = 64; // no window yet
  #trailing = 64;

  get value(): number {
    scratch.setInt32(0, this.high);
    scratch.setInt32(4, this.low);
    return scratch.getFloat64(0);
  }

  set value(value: number) {
    scratch.setFloat64(0, value);
    this.high = scratch.getInt32(0);
    this.low = scratch.getInt32(4);
  }

  set(high: number, low: number): void {
    this.high = high;
    this.low = low;
  }

  /** Writes `value` as the difference from the one before it. */
  write(to: BitWriter, value: number): void {
    const { high, low } = this;
    this.value = value;
    const xorHigh = high ^ this.high;
    const xorLow = low ^ this.low;
    if ((xorHigh | xorLow) === 0) return to.put(0, 1);
    const leading = Math.min(31, xorHigh === 0 ? 31 : Math.clz32(xorHigh));
    const trailing = xorLow === 0 ? 32 + trailingZeros(xorHigh) : trailingZeros(xorLow);
    if (leading >= this.#leading && trailing >= this.#trailing) {
      to.put(0b10, 2);
    } else {
      this.#leading = leading;
      this.#trailing = trailing;
      to.put(0b11 << 11 | leading << 6 | (64 - leading - trailing) & 63, 13);
    }
    putWindow(to, xorHigh, xorLow, this.#leading, this.#trailing);
  }

  /** Reads the next value into `high` and `low`. */
  read(from: BitReader): void {
    if (from.take(1) === 1) this.readWindow(from, from.take(1) === 1);
  }

  /** Reads the bits that changed; `isNew`: after where the window of such bits lies now. */
  readWindow(from: BitReader, isNew: boolean): void {
    if (isNew) {
      this.#leading = from.take(5);
      const length = from.take(6) || 64;
      this.#trailing = 64 - this.#leading - length;
      if (this.#trailing < 0) throw new RangeError("window of more than 64 bits");
    }
    const length = 64 - this.#leading - this.#trailing;
    if (length <= 0) throw new RangeError("window used before it was set");
    const trailing = this.#trailing;
    const above = length > 32 ? from.take(length - 32) : 0;
    const below = from.take(Math.min(32, length));
    if (trailing >= 32) {
      this.high ^= below << (trailing - 32);
      return;
    }
    this.low ^= below << trailing;
    this.high ^= above << trailing;
    if (trailing > 0) this.high ^= below >>> (32 - trailing);
  }
}

/** Writes the bits between the leading and the trailing zeros. */
export function putWindow(
  to: BitWriter,
  xorHigh: number,
  xorLow: number,
  leading: number,
  trailing: number,
): void {
  if (trailing >= 32) {
    to.put(xorHigh >>> (trailing - 32), 64 - leading - trailing);
    return;
  }
  to.put(xorHigh, 32 - leading); // leading ≤ 31
  to.put(xorLow >>> trailing, 32 - trailing);
}

export function trailingZeros(word: number): number {
  return 31 - Math.clz32(word & -word);
}
