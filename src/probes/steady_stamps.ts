/** How far before its result a sample may be stamped: a quarter of the period, and so many ms at most. */
const MAX_BEFORE_MS = 50;
const MAX_PART_OF_PERIOD = 1 / 4;

/** Results in a row that don't fit until a new rhythm is taken up. */
const MISSES = 8;

/**
 * Makes the times of a probe's samples regular. Results come a few milliseconds early or late, and that jitter would be
 * most of what the store keeps of a probe: two bytes a sample and series, where regular times cost a bit. So a sample
 * is put back onto a beat of whole periods if one lies just before it; never ahead, for a query that asks now has to see it.
 * Prometheus aligns its scrapes in the same way.
 */
export class SteadyStamps {
  /** A time that is on the beat, ms since the epoch. */
  #beatMs = -Infinity;
  #misses = 0;

  /** @param wallMs when the result was there, whole ms since the epoch @returns the time for its samples */
  stamp(wallMs: number, periodMs: number): number {
    const toleranceMs = Math.min(MAX_BEFORE_MS, periodMs * MAX_PART_OF_PERIOD);
    const afterMs = (wallMs - this.#beatMs) % periodMs; // not a number at first
    const offMs = afterMs < 0 ? afterMs + periodMs : afterMs;
    if (offMs <= toleranceMs && Number.isInteger(periodMs)) {
      this.#misses = 0;
      return wallMs - offMs;
    }
    // A little early: the beat is the earliest of what comes, so that whatever is later can be put back onto it.
    if (periodMs - offMs <= toleranceMs || ++this.#misses >= MISSES || this.#beatMs === -Infinity) {
      this.#beatMs = wallMs;
      this.#misses = 0;
    }
    return wallMs;
  }
}
