import type { Clock } from "../base/clock.ts";

/** How often the event loop is asked whether it is late. Seldom: the asking must cost nothing worth measuring. */
const PERIOD_MS = 1_000;

/** Measurements that the maximum is of, two minutes' worth: whoever scrapes once a minute misses none. */
const WINDOW = 120;

/** Measures how late the event loop runs what is due: the time that every probe and answer had to wait, too. */
export class LoopLag implements AsyncDisposable {
  /** The newest measurement, ms. */
  lastMs = 0;
  /** The last ones, ms, in a ring. */
  readonly #window = new Float64Array(WINDOW);
  #measured = 0;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  constructor(clock: Clock) {
    this.#running = this.#measure(clock);
  }

  /** The largest of the last two minutes, ms: the same for everyone who asks. */
  get maxMs(): number {
    return this.#window.reduce((max, lagMs) => Math.max(max, lagMs), 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #measure(clock: Clock): Promise<void> {
    let dueAt = clock.now() + PERIOD_MS;
    while (await clock.sleepUntil(dueAt, this.#stop.signal)) {
      this.lastMs = Math.max(0, clock.now() - dueAt);
      this.#window[this.#measured++ % WINDOW] = this.lastMs;
      dueAt = clock.now() + PERIOD_MS;
    }
  }
}
