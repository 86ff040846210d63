/** Numbers from a seed (mulberry32), so that a failure can be made again: print the seed. */
export class Random {
  readonly seed: number;
  #state: number;

  constructor(seed: number = crypto.getRandomValues(new Uint32Array(1))[0]) {
    this.seed = seed;
    this.#state = seed;
  }

  /** In [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number in [0, below). */
  below(below: number): number {
    return Math.floor(this.next() * below);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }

  /** A double with any bits at all. */
  bits(): number {
    const lanes = new Uint32Array([this.below(2 ** 32), this.below(2 ** 32)]);
    return new Float64Array(lanes.buffer)[0];
  }
}
