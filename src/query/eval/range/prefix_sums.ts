/** How much a sum may be off, relative: what rounding does to a plain sum of a few thousand terms. */
const TOLERANCE = 1e-13;
const EPSILON = 2 ** -53;

/**
 * Sums along a series, each with what rounding took from it, so that the sum over any window is the difference of two
 * of them: O(1), and as exact as adding the window up afresh with compensation. Where what lies before the window is
 * so large that this can't be promised, or where a window holds something infinite or NaN, `between` says so.
 *
 * Row i holds the sum of the first i terms as high + low (after T. J. Dekker, "A floating-point technique for
 * extending the available precision", 1971). Terms that are not finite are left out and counted.
 */
export class PrefixSums {
  #high = new Float64Array(0);
  #low = new Float64Array(0);
  #wild = new Int32Array(0);
  /** Terms so far. */
  #count = 0;
  #anyWild = false;
  /** The largest sum of any first terms, in size. */
  #magnitude = 0;
  /** Whether all sums are exact, as those of whole numbers are. */
  #isExact = true;
  /** Sums smaller than this could be off by more than the tolerance. */
  #smallest = 0;

  /** Sums values[0…count). */
  sum(values: Float64Array, count: number): void {
    this.begin(count);
    const high = this.#high;
    const low = this.#low;
    const wild = this.#wild;
    let sum = 0;
    let error = 0;
    let wildCount = 0;
    let magnitude = 0;
    for (let i = 0; i < count; i++) {
      const value = values[i];
      if (value - value === 0) {
        const next = sum + value;
        const part = next - sum;
        error += (sum - (next - part)) + (value - part);
        sum = next;
        const size = next < 0 ? -next : next;
        if (size > magnitude) magnitude = size;
      } else wildCount++;
      high[i + 1] = sum;
      low[i + 1] = error;
      wild[i + 1] = wildCount;
      if (error !== 0) this.#isExact = false;
    }
    this.#count = count;
    this.#anyWild = wildCount > 0;
    this.#magnitude = magnitude;
    this.finish();
  }

  /** Makes room for so many terms, to be added one by one. */
  begin(count: number): void {
    if (this.#high.length <= count) {
      const capacity = Math.max(count + 1, 2 * this.#high.length);
      this.#high = new Float64Array(capacity);
      this.#low = new Float64Array(capacity);
      this.#wild = new Int32Array(capacity);
    }
    this.#count = 0;
    this.#anyWild = false;
    this.#magnitude = 0;
    this.#isExact = true;
  }

  /** Adds a term, which may come in two parts that together are more exact than one number can be. */
  add(value: number, rest = 0): void {
    const i = this.#count++;
    const sum = this.#high[i];
    this.#wild[i + 1] = this.#wild[i];
    if (!(value - value === 0)) {
      this.#wild[i + 1]++;
      this.#anyWild = true;
      this.#high[i + 1] = sum;
      this.#low[i + 1] = this.#low[i];
      return;
    }
    const next = sum + value;
    const part = next - sum;
    const error = this.#low[i] + ((sum - (next - part)) + (value - part) + rest);
    this.#high[i + 1] = next;
    this.#low[i + 1] = error;
    if (error !== 0) this.#isExact = false;
    const size = Math.abs(next);
    if (size > this.#magnitude) this.#magnitude = size;
  }

  /** Works out what can be promised, once all terms are in. */
  finish(): void {
    // Each low part carries the rounding errors of as many additions to it, each at most an epsilon of its size.
    const worst = (this.#count * EPSILON) ** 2 * this.#magnitude;
    this.#smallest = this.#magnitude === Infinity ? Infinity : this.#isExact ? 0 : worst / TOLERANCE;
  }

  /** The sum of the terms [from, to); NaN: add them up yourself. */
  between(from: number, to: number): number {
    if (this.#anyWild && this.#wild[to] !== this.#wild[from]) return NaN;
    const sum = (this.#high[to] - this.#high[from]) + (this.#low[to] - this.#low[from]);
    return Math.abs(sum) >= this.#smallest ? sum : NaN;
  }

  /** As `between`, in two parts, and whatever its size: for sums of which a difference is made. */
  highBetween(from: number, to: number): number {
    return this.#high[to] - this.#high[from];
  }

  lowBetween(from: number, to: number): number {
    return this.#low[to] - this.#low[from];
  }

  /** How far off a sum may be, at worst. */
  get uncertainty(): number {
    return this.#magnitude === Infinity ? Infinity : this.#smallest * TOLERANCE;
  }

  hasWild(from: number, to: number): boolean {
    return this.#anyWild && this.#wild[to] !== this.#wild[from];
  }
}
