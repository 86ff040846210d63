import type { BitReader } from "./bits.ts";

/**
 * Start timestamps in chunks that have a place for them. The chunk's header tells whether sample 0 has one (highest
 * bit), and from which sample on every one has its own (the other seven; 0: none). Sample 0's is the distance to its
 * own time, the others' the distance to the time of the sample before, from the second such on as a difference.
 */
export class StartTimes {
  readonly #isFirstKnown: boolean;
  readonly #changesFrom: number;
  #startMs = 0;
  #distance = 0;

  constructor(header: number) {
    this.#isFirstKnown = (header & 0x80) !== 0;
    this.#changesFrom = header & 0x7f;
  }

  /** The start time of sample `row` (0: unknown), read from behind it. */
  read(from: BitReader, row: number, timeMs: number, previousTimeMs: number): number {
    if (row === 0) {
      if (this.#isFirstKnown) this.#startMs = timeMs - from.varint();
    } else if (this.#changesFrom > 0 && row >= this.#changesFrom) {
      this.#distance = from.varbit() + (row === this.#changesFrom ? 0 : this.#distance);
      this.#startMs = previousTimeMs - this.#distance;
    }
    return this.#startMs;
  }
}
