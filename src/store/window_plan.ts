import { trailingZeros } from "./bits.ts";

/** What a new window costs over the last one. */
const NEW_WINDOW_BITS = 11;
/** Most values that share a window, unless it is the one that all fit into. */
const MAX_RUN = 32;
/** Leading zeros that the format can tell of. */
const MAX_LEADING = 31;

/**
 * Chooses the windows of a chunk's changed bits. The format leaves it to the writer how wide a window is and when it is
 * replaced. Prometheus opens the narrowest one when the last does not fit, and never leaves a wide one. Here the values
 * are split into runs, each with the window that just holds all of its values, so that the whole takes fewest bits: the
 * cheapest way to write the first n values is known for every n before the next run is considered. A run may also have
 * the window that holds all values of the chunk, and is of any length then.
 */
export class WindowPlan {
  /** The window of the value last asked for. */
  leading = 0;
  trailing = 0;
  // By changed value: the zeros around the bits that changed.
  #leads = new Uint8Array(256);
  #trails = new Uint8Array(256);
  #values = 0;
  #next = 0;
  /** By number of values: fewest bits for them, and where the last run begins that comes to that. */
  #bits = new Float64Array(257);
  #runs = new Uint32Array(257);
  /** Whether the run from a value on has the window of all values; and where a value's run ends. */
  #isWidest = new Uint8Array(257);
  #ends = new Uint32Array(257);
  #widestLeading = 0;
  #widestTrailing = 0;

  /** Starts a chunk of rows [from, from + count): `lanes` are the values' bits, two little-endian words a row. */
  start(lanes: Uint32Array, from: number, count: number): void {
    if (count > this.#leads.length) this.#grow(count);
    const leads = this.#leads;
    const trails = this.#trails;
    let leading = 64;
    let trailing = 64;
    let values = 0;
    let low = lanes[2 * from];
    let high = lanes[2 * from + 1];
    for (let row = from + 1; row < from + count; row++) {
      const xorLow = low ^ lanes[2 * row];
      const xorHigh = high ^ lanes[2 * row + 1];
      if ((xorLow | xorHigh) === 0) continue;
      low ^= xorLow;
      high ^= xorHigh;
      const leads0 = xorHigh === 0 ? MAX_LEADING : Math.min(MAX_LEADING, Math.clz32(xorHigh));
      const trails0 = xorLow === 0 ? 32 + trailingZeros(xorHigh) : trailingZeros(xorLow);
      leads[values] = leads0;
      trails[values] = trails0;
      if (leads0 < leading) leading = leads0;
      if (trails0 < trailing) trailing = trails0;
      values++;
    }
    this.#values = values;
    this.#next = 0;
    this.#widestLeading = leading;
    this.#widestTrailing = trailing;
    this.#findRuns();
    this.#followRuns();
  }

  /** Goes on to the next value that changed. @returns whether it has a new window */
  next(): boolean {
    const value = this.#next++;
    const end = this.#ends[value];
    if (end === 0) return false;
    if (this.#isWidest[value]) {
      this.leading = this.#widestLeading;
      this.trailing = this.#widestTrailing;
      return true;
    }
    let leading = 64;
    let trailing = 64;
    for (let at = value; at < end; at++) {
      if (this.#leads[at] < leading) leading = this.#leads[at];
      if (this.#trails[at] < trailing) trailing = this.#trails[at];
    }
    this.leading = leading;
    this.trailing = trailing;
    return true;
  }

  #findRuns(): void {
    const leads = this.#leads;
    const trails = this.#trails;
    const bits = this.#bits;
    const runs = this.#runs;
    const values = this.#values;
    const widest = 64 - this.#widestLeading - this.#widestTrailing;
    bits.fill(Infinity, 1, values + 1);
    let widestBits = Infinity; // with the last run in the widest window
    let widestFrom = 0;
    for (let from = 0; from < values; from++) {
      const before = bits[from] + NEW_WINDOW_BITS;
      if (before < widestBits) {
        widestBits = before;
        widestFrom = from;
      }
      let leading = 64;
      let trailing = 64;
      const end = Math.min(values, from + MAX_RUN);
      for (let at = from; at < end; at++) {
        if (leads[at] < leading) leading = leads[at];
        if (trails[at] < trailing) trailing = trails[at];
        const window = 64 - leading - trailing;
        if (window === widest) break;
        const all = before + window * (at + 1 - from);
        if (all >= bits[at + 1]) continue;
        bits[at + 1] = all;
        runs[at + 1] = from << 1;
      }
      widestBits += widest;
      if (widestBits > bits[from + 1]) continue;
      bits[from + 1] = widestBits;
      runs[from + 1] = widestFrom << 1 | 1;
    }
  }

  /** From the last run to the first. */
  #followRuns(): void {
    this.#ends.fill(0, 0, this.#values);
    for (let end = this.#values; end > 0;) {
      const from = this.#runs[end] >>> 1;
      this.#ends[from] = end;
      this.#isWidest[from] = this.#runs[end] & 1;
      end = from;
    }
  }

  #grow(count: number): void {
    this.#leads = new Uint8Array(count);
    this.#trails = new Uint8Array(count);
    this.#bits = new Float64Array(count + 1);
    this.#runs = new Uint32Array(count + 1);
    this.#isWidest = new Uint8Array(count + 1);
    this.#ends = new Uint32Array(count + 1);
  }
}
