import { BitWriter, putWindow } from "./bits.ts";
import { WindowPlan } from "./window_plan.ts";

/**
 * Float chunks in Prometheus' XOR encoding (Prometheus, tsdb/docs/format/chunks.md):
 *
 *     │ count <2b, BE> │ t0 <varint> │ v0 <8b, BE> │ t1 - t0 <uvarint> │ v1 <xor> │ t2 <dod> │ v2 <xor> │ … │ 0 to 7 zero bits │
 *
 * <dod>, the change of the step from one timestamp to the next:
 *     0 │ 10 + 14 bits │ 110 + 17 bits │ 1110 + 20 bits │ 1111 + 64 bits
 * A field of n bits holds -2^(n-1)+1 … 2^(n-1): one value further up than two's complement, one less down.
 *
 * <xor>, the value's bits against those of the value before:
 *     0 (equal) │ 10 + the bits inside the last window │ 11 + leading zeros <5> + length <6, 0 means 64> + that many bits
 *
 * Doubles are handled as two 32-bit lanes: JavaScript's numbers can't shift 64 bits, and BigInt is ten times slower.
 */

/** Bytes a chunk can take at most before its samples, and per sample. */
const MAX_HEADER_BYTES = 2;
const MAX_SAMPLE_BYTES = 19;

const MAX_VARINT_BYTES = 10;

const LANE = 0x1_0000_0000;

/** Turns columns into chunks. Holds a scratch buffer, so that encoding allocates nothing. */
export class XorEncoder {
  readonly #out = new BitWriter();
  readonly #plan = new WindowPlan();

  /** The last encoded chunk is in the first bytes; valid until the next call. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#out.bytes;
  }

  /**
   * Encodes rows [from, from + count). `lanes` are the values' bits, two little-endian words a row.
   * @returns the chunk's length in `bytes`
   */
  encode(times: Float64Array, lanes: Uint32Array, from: number, count: number): number {
    const out = this.#out;
    out.start(MAX_HEADER_BYTES + count * MAX_SAMPLE_BYTES);
    out.put(count, 16);
    let low = lanes[2 * from];
    let high = lanes[2 * from + 1];
    out.varint(times[from]);
    out.put(high, 32);
    out.put(low, 32);
    const plan = this.#plan;
    plan.start(lanes, from, count);
    let step = 0;
    for (let row = from + 1; row < from + count; row++) {
      const nextStep = times[row] - times[row - 1];
      if (row === from + 1) out.uvarint(nextStep);
      else if (nextStep === step) out.put(0, 1);
      else putChangeOfStep(out, nextStep - step);
      step = nextStep;

      const xorLow = low ^ lanes[2 * row];
      const xorHigh = high ^ lanes[2 * row + 1];
      if ((xorLow | xorHigh) === 0) {
        out.put(0, 1);
        continue;
      }
      low = lanes[2 * row];
      high = lanes[2 * row + 1];
      const isNew = plan.next();
      const { leading, trailing } = plan;
      if (isNew) out.put(0b11 << 11 | leading << 6 | (64 - leading - trailing) & 63, 13);
      else out.put(0b10, 2);
      putWindow(out, xorHigh, xorLow, leading, trailing);
    }
    return out.finish();
  }
}

function putChangeOfStep(out: BitWriter, dod: number): void {
  if (dod >= -8_191 && dod <= 8_192) out.put(0b10 << 14 | dod & 0x3fff, 16);
  else if (dod >= -65_535 && dod <= 65_536) out.put(0b110 << 17 | dod & 0x1_ffff, 20);
  else if (dod >= -524_287 && dod <= 524_288) out.put(0b1110 << 20 | dod & 0xf_ffff, 24);
  else {
    out.put(0b1111, 4);
    out.put64(dod);
  }
}

/**
 * Decodes the chunk at byte `start` into rows [row, row + count) of the columns, which must have room; `lanes`
 * views the values' bits. The view must go on for LOOKAHEAD_BYTES behind the chunk's end.
 * @returns the byte offset behind the chunk's last bit; more than the chunk's length tells a broken chunk
 * @throws RangeError when a broken chunk leads out of the view
 */
export function decodeXor(
  view: DataView,
  start: number,
  times: Float64Array,
  lanes: Uint32Array,
  row: number,
): number {
  const count = view.getUint16(start);
  if (count === 0) return start + 2;
  let at = varintEnd(view, start + 2);
  const zigzag = uvarintAt(view, start + 2, at);
  let time = zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
  let high = view.getInt32(at);
  let low = view.getInt32(at + 4);
  at += 8;
  times[row] = time;
  lanes[2 * row] = low;
  lanes[2 * row + 1] = high;
  if (count === 1) return at;

  const stepAt = at;
  at = varintEnd(view, stepAt);
  let step = uvarintAt(view, stepAt, at);

  // The second sample has no <dod>: it is read as if a zero bit (the same step) stood before it.
  let bit = at * 8 - 1;
  let word = wordAt(view, bit) & 0x7fff_ffff;
  let length = 0; // of the window of changed bits, and the zeros behind it
  let trailing = 0;
  const end = row + count;
  let next = row + 1;
  for (;;) {
    if (word >= 0x4000_0000) {
      // The same step, another value: with the last window, most of it is in sight.
      time += step;
      if ((word & 0x2000_0000) === 0 && length <= 61) {
        word <<= 3;
        bit += 3 + length;
      } else {
        bit++;
        word <<= 1;
        if ((word & 0x4000_0000) === 0) {
          bit += 2;
        } else {
          length = word << 7 >>> 26 || 64; // the word has 31 bits, of which 13 count
          trailing = 64 - (word << 2 >>> 27) - length;
          if (trailing < 0) throw new RangeError("window of more than 64 bits");
          bit += 13;
        }
        word = wordAt(view, bit);
        bit += length;
      }
    } else if (word >= 0) {
      // The same step. Two zero bits are a sample that changed nothing: take as many as are in sight at once.
      let run = Math.min(Math.clz32(word) >>> 1, end - next);
      bit += 2 * run;
      do {
        time += step;
        times[next] = time;
        lanes[2 * next] = low;
        lanes[2 * next + 1] = high;
        next++;
      } while (--run > 0);
      if (next === end) break;
      word = wordAt(view, bit);
      continue;
    } else {
      if ((word & 0x4000_0000) === 0) {
        const field = word << 2 >>> 18;
        step += field > 8_192 ? field - 16_384 : field;
        bit += 16;
        word <<= 16; // 16 bits are left of it, enough for what says how the value is written
      } else {
        if ((word & 0x2000_0000) === 0) {
          const field = word << 3 >>> 15;
          step += field > 65_536 ? field - 131_072 : field;
          bit += 20;
        } else if ((word & 0x1000_0000) === 0) {
          const field = word << 4 >>> 12;
          step += field > 524_288 ? field - 1_048_576 : field;
          bit += 24;
        } else {
          step += wordAt(view, bit + 4) * LANE + (wordAt(view, bit + 36) >>> 0);
          bit += 68;
        }
        word = wordAt(view, bit);
      }
      time += step;
      if (word >= 0) {
        bit++;
        times[next] = time;
        lanes[2 * next] = low;
        lanes[2 * next + 1] = high;
        if (++next === end) break;
        word = wordAt(view, bit);
        continue;
      }
      if ((word & 0x4000_0000) === 0) {
        bit += 2;
      } else {
        length = word << 7 >>> 26 || 64;
        trailing = 64 - (word << 2 >>> 27) - length;
        if (trailing < 0) throw new RangeError("window of more than 64 bits");
        bit += 13;
      }
      word = wordAt(view, bit);
      bit += length;
    }
    // `word` starts with the window's bits, of which it has at least 29; `bit` is behind the window.
    if (length > 32) {
      const below = wordAt(view, bit - 32);
      low ^= below << trailing;
      high ^= word >>> (64 - length) << trailing | below >>> 1 >>> (31 - trailing);
    } else {
      const field = length > 29 ? wordAt(view, bit - 32) & (-1 >>> (32 - length)) : word >>> (32 - length);
      if (trailing >= 32) {
        high ^= field << (trailing - 32);
      } else {
        low ^= field << trailing;
        high ^= field >>> 1 >>> (31 - trailing);
      }
    }
    times[next] = time;
    lanes[2 * next] = low;
    lanes[2 * next + 1] = high;
    if (++next === end) break;
    word = wordAt(view, bit);
  }
  return bit + 7 >>> 3;
}

/** Where the variable-length integer at `at` ends. */
function varintEnd(view: DataView, at: number): number {
  for (let end = at; end < at + MAX_VARINT_BYTES;) if (view.getUint8(end++) < 128) return end;
  throw new RangeError(`varint of more than ${MAX_VARINT_BYTES} bytes`);
}

/** The unsigned integer in bytes [at, end). */
function uvarintAt(view: DataView, at: number, end: number): number {
  let value = 0;
  while (end > at) value = value * 128 + (view.getUint8(--end) & 127);
  return value;
}

/** The 32 bits from bit position `bit` on, as a signed integer. */
function wordAt(view: DataView, bit: number): number {
  const offset = bit >>> 3;
  const shift = bit & 7;
  return view.getInt32(offset) << shift | view.getUint8(offset + 4) >>> (8 - shift);
}
