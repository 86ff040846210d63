import type { Clock } from "./clock.ts";

/** How much faster or slower than real time the wall face runs while it waits for a clock that was set back. */
const SLEW = 0.9;

/** A clock that was set back by more than this is worth a word. */
const NOTICE_MS = 1_000;

/**
 * A clock whose wall face never goes back. When the machine's wall clock is set back, this one runs on at nine
 * tenths of real speed until the other has caught up; when it is set ahead, this one follows at once. Samples and the
 * queries over them share it, so a verdict's window always holds the newest samples, whatever the machine's clock does.
 */
export class SteadyClock implements Clock {
  readonly #clock: Clock;
  readonly #onStepBack: (byMs: number) => void;
  #lastWall: number;
  #lastNow: number;
  #slewing = false;

  /** `onStepBack` is told once for each time that the machine's clock is found set back by more than a second. */
  constructor(clock: Clock, onStepBack: (byMs: number) => void = () => {}) {
    this.#clock = clock;
    this.#onStepBack = onStepBack;
    this.#lastWall = clock.wallNow();
    this.#lastNow = clock.now();
  }

  now(): number {
    return this.#clock.now();
  }

  get aheadMs(): number {
    return Math.max(0, this.wallNow() - this.#clock.wallNow());
  }

  sleepUntil(dueAtMs: number, signal?: AbortSignal): Promise<boolean> {
    return this.#clock.sleepUntil(dueAtMs, signal);
  }

  wallNow(): number {
    const wall = this.#clock.wallNow();
    const now = this.#clock.now();
    const steady = this.#lastWall + Math.floor((now - this.#lastNow) * SLEW);
    if (wall >= steady) {
      this.#slewing = false;
      return this.#keep(wall, now);
    }
    if (!this.#slewing && steady - wall > NOTICE_MS) this.#onStepBack(steady - wall);
    this.#slewing = true;
    return steady > this.#lastWall ? this.#keep(steady, now) : this.#lastWall;
  }

  #keep(wall: number, now: number): number {
    this.#lastWall = wall;
    this.#lastNow = now;
    return wall;
  }
}
