/** Most buckets that a histogram keeps (OpenTelemetry's default MaxSize). */
const MAX_BUCKETS = 160;
/** Finest resolution (OpenTelemetry's default MaxScale). */
const MAX_SCALE = 20;

/**
 * A base-2 exponential histogram of values ≥ 0 (OpenTelemetry, metrics data model): bucket i covers
 * (base^i, base^(i+1)], base = 2^(2^-scale). It starts at the finest scale and halves its resolution whenever the
 * values seen would need more than 160 buckets, so it fits any range without being told one.
 */
export class ExponentialHistogram {
  scale = MAX_SCALE;
  zeroCount = 0;
  /** Index of the first bucket in `counts`. */
  offset = 0;
  /** How many of `counts` are in use, from the first. */
  used = 0;
  readonly counts = new Float64Array(MAX_BUCKETS);

  /** Counts one value; negative ones count as zero, NaN and infinities not at all. */
  record(value: number): void {
    if (!Number.isFinite(value)) return;
    if (value <= 0) {
      this.zeroCount++;
      return;
    }
    let index = this.#indexOf(value);
    const shift = this.#shiftNeeded(index);
    if (shift > 0) {
      this.downscale(shift);
      index = this.#indexOf(value);
    }
    this.#include(index);
    this.counts[index - this.offset]++;
  }

  /** An independent copy, for what is subtracted later. */
  copy(): ExponentialHistogram {
    const other = new ExponentialHistogram();
    other.scale = this.scale;
    other.zeroCount = this.zeroCount;
    other.offset = this.offset;
    other.used = this.used;
    other.counts.set(this.counts);
    return other;
  }

  /** Merges each 2^shift neighbouring buckets into one. */
  downscale(shift: number): void {
    if (shift <= 0) return;
    this.scale -= shift;
    if (this.used === 0) return;
    const divisor = 2 ** shift;
    const from = this.offset;
    const offset = Math.floor(from / divisor);
    const last = Math.floor((from + this.used - 1) / divisor);
    for (let i = 0; i < this.used; i++) {
      const count = this.counts[i];
      this.counts[i] = 0;
      this.counts[Math.floor((from + i) / divisor) - offset] += count; // never right of i
    }
    this.offset = offset;
    this.used = last - offset + 1;
  }

  #indexOf(value: number): number {
    return Math.ceil(Math.log2(value) * 2 ** this.scale) - 1;
  }

  #shiftNeeded(index: number): number {
    if (this.used === 0) return 0;
    let low = Math.min(index, this.offset);
    let high = Math.max(index, this.offset + this.used - 1);
    let shift = 0;
    while (high - low >= MAX_BUCKETS) {
      low = Math.floor(low / 2);
      high = Math.floor(high / 2);
      shift++;
    }
    return shift;
  }

  #include(index: number): void {
    if (this.used === 0) {
      this.offset = index;
      this.used = 1;
    } else if (index < this.offset) {
      const grow = this.offset - index;
      this.counts.copyWithin(grow, 0, this.used);
      this.counts.fill(0, 0, grow);
      this.offset = index;
      this.used += grow;
    } else {
      this.used = Math.max(this.used, index - this.offset + 1);
    }
  }
}
