/** Where a series' chunks are and what time they cover (ends inclusive), in order: three numbers a chunk. */
export class ChunkList {
  readonly #flat: Float64Array;

  /** `flat`: min time, max time, reference, … */
  constructor(flat: Float64Array) {
    this.#flat = flat;
  }

  get count(): number {
    return this.#flat.length / 3;
  }

  minTimeMs(index: number): number {
    return this.#flat[3 * index];
  }

  maxTimeMs(index: number): number {
    return this.#flat[3 * index + 1];
  }

  ref(index: number): number {
    return this.#flat[3 * index + 2];
  }

  /** The first chunk that doesn't end before the time; `count` when all do. */
  firstNotBefore(timeMs: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.maxTimeMs(middle) < timeMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
