import type { Clock } from "../base/clock.ts";

/** How often the event loop is asked whether it is late. Seldom: the asking must cost nothing worth measuring. */
const PERIOD_MS = 1_000;

/** Measures how late the event loop runs what is due: the time that every probe and answer had to wait, too. */
export class LoopLag implements AsyncDisposable {
  /** The newest measurement, ms. */
  lastMs = 0;
  #maxMs = 0;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  constructor(clock: Clock) {
    this.#running = this.#measure(clock);
  }

  /** The largest since the last call, ms. */
  takeMaxMs(): number {
    const max = this.#maxMs;
    this.#maxMs = this.lastMs;
    return max;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #measure(clock: Clock): Promise<void> {
    let dueAt = clock.now() + PERIOD_MS;
    while (await clock.sleepUntil(dueAt, this.#stop.signal)) {
      this.lastMs = Math.max(0, clock.now() - dueAt);
      this.#maxMs = Math.max(this.#maxMs, this.lastMs);
      dueAt = clock.now() + PERIOD_MS;
    }
  }
}
