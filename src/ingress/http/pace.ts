import type { Clock } from "../../base/clock.ts";
import { LoopbackPause, type Pause, TimerPause } from "../../base/pause.ts";

/** How long connections may be worked for, all together, before everything else gets its turn, ms. */
const SLICE_MS = 0.5;

/** What it takes to hear of something on a connection, about, ms: the runtime's part of it can't be measured. */
const HEARING_MS = 0.02;

/**
 * Keeps what thousands of connections want at once from being done in one go: probes, and verdicts on another port, wait
 * for a slice of it at most. Time in which nothing was to be done counts as a pause.
 */
export class Pace implements Disposable {
  readonly #clock: Clock;
  readonly #urgent: (() => void)[] = [];
  readonly #waiting: (() => void)[] = [];
  #spentMs = 0;
  #restedSince = 0;
  #isPausing = false;
  #pause: Pause | undefined;
  #isOver = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns `undefined` where work may begin at once, else when it may: urgent work first, in the order of asking */
  turn(isUrgent = false): Promise<void> | undefined {
    if (this.#isOver) return undefined;
    if (!this.#isPausing) {
      const nowMs = this.#clock.now();
      this.#spentMs -= nowMs - this.#restedSince;
      this.#restedSince = nowMs;
      if (this.#spentMs < SLICE_MS) return undefined;
    }
    return new Promise((resolve) => {
      (isUrgent ? this.#urgent : this.#waiting).push(resolve);
      if (!this.#isPausing) void this.#giveTurns();
    });
  }

  /** What was waited for on a connection has come, or the connection has ended. @returns as `turn` does */
  heard(isUrgent: boolean): Promise<void> | undefined {
    const turn = this.turn(isUrgent);
    this.#spend(HEARING_MS);
    return turn;
  }

  /** Does some work, and remembers how long it took. */
  work<Result>(todo: () => Result): Result {
    const from = this.#clock.now();
    try {
      return todo();
    } finally {
      this.#spend(this.#clock.now() - from);
    }
  }

  /** Nobody waits for a turn any more. */
  [Symbol.dispose](): void {
    this.#isOver = true;
    for (let next = this.#next(); next; next = this.#next()) next();
    this.#pause?.[Symbol.dispose]();
    this.#pause = undefined;
  }

  #spend(ms: number): void {
    this.#restedSince = this.#clock.now();
    this.#spentMs = Math.max(0, this.#spentMs) + ms;
  }

  async #giveTurns(): Promise<void> {
    this.#isPausing = true;
    while (this.#urgent.length + this.#waiting.length > 0) {
      await this.#rest();
      for (this.#spentMs = 0; this.#spentMs < SLICE_MS;) {
        const next = this.#next();
        if (!next) break;
        next();
        await undefined; // it works now
      }
    }
    this.#restedSince = this.#clock.now();
    this.#isPausing = false;
  }

  #next(): (() => void) | undefined {
    return this.#urgent.shift() ?? this.#waiting.shift();
  }

  async #rest(): Promise<void> {
    const pause = this.#pause ??= await LoopbackPause.open() ?? new TimerPause();
    try {
      await pause.wait();
    } catch {
      if (this.#pause === pause) { // it was not us who closed it: the connection broke
        pause[Symbol.dispose]();
        this.#pause = new TimerPause();
      }
    }
    if (!this.#isOver) return;
    this.#pause?.[Symbol.dispose]();
    this.#pause = undefined;
  }
}
