/** A rate that bears bursts: so much at once, and so much each second over time. */
export class TokenBucket {
  readonly #burst: number;
  /** When the next one is due where each takes its part of a second, monotonic ms. */
  #dueAtMs = -Infinity;

  /** `burst`: how many may come at once after a rest. */
  constructor(burst: number) {
    this.#burst = burst;
  }

  /** Takes one, at a rate that may be another each time. @returns from when on the next one may come, monotonic ms */
  take(nowMs: number, perSecond: number): number {
    const eachMs = 1_000 / perSecond;
    this.#dueAtMs = Math.max(this.#dueAtMs, nowMs - this.#burst * eachMs) + eachMs;
    return this.#dueAtMs;
  }
}
