import { setImmediate } from "node:timers";
import type { Clock } from "../../src/base/clock.ts";

/** Sleepers fired without time moving before `advance` calls it an endless loop. */
const MAX_FIRED_AT_ONE_INSTANT = 100_000;

interface Sleeper {
  dueAtMs: number;
  /** Wakes the sleeper: `true` when due, `false` when aborted. */
  wake(due: boolean): void;
}

export interface FakeClockOptions {
  /** Where the monotonic clock starts, milliseconds. Default 0. */
  nowMs?: number;
  /** Where the wall clock starts, milliseconds since the Unix epoch. Default 1,700,000,000,000. */
  wallMs?: number;
}

/**
 * A clock that stands still until a test moves it. Sleepers wake in order of due time, then of registration, each
 * seeing `now()` equal to its due time and getting a turn of the event loop before the next one wakes.
 */
export class FakeClock implements Clock {
  #nowMs: number;
  #wallAheadMs: number;
  /** Sorted by due time, equal ones by age. */
  readonly #sleepers: Sleeper[] = [];
  /** Those who wait for sleepers, each with the number it waits for. */
  readonly #waiters = new Set<{ count: number; resolve: () => void }>();
  #advancing = false;

  constructor({ nowMs = 0, wallMs = 1_700_000_000_000 }: FakeClockOptions = {}) {
    this.#nowMs = nowMs;
    this.#wallAheadMs = wallMs - nowMs;
  }

  now(): number {
    return this.#nowMs;
  }

  wallNow(): number {
    return Math.floor(this.#nowMs + this.#wallAheadMs);
  }

  /** How many sleepers wait. */
  get pending(): number {
    return this.#sleepers.length;
  }

  /** Resolves once at least `count` sleepers wait: for code whose way there leads through real I/O. */
  untilPending(count = 1): Promise<void> {
    if (this.pending >= count) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.add({ count, resolve }));
  }

  /** Due time of the sleeper that wakes next, in monotonic milliseconds; `undefined` when none waits. */
  get nextDueAtMs(): number | undefined {
    return this.#sleepers[0]?.dueAtMs;
  }

  /** Sets the wall clock, as an operator or NTP would; the monotonic clock doesn't notice. */
  setWall(wallMs: number): void {
    this.#wallAheadMs = wallMs - this.#nowMs;
  }

  /** Moves the wall clock by `deltaMs` (either way); the monotonic clock doesn't notice. */
  jumpWall(deltaMs: number): void {
    this.#wallAheadMs += deltaMs;
  }

  /**
   * Moves both clocks on by `durationMs` and wakes every sleeper that comes due on the way, those registered
   * meanwhile too. Starts and ends with a turn of the event loop, so `advance(0)` lets code under test settle.
   * Real I/O takes as many turns as it takes: await that yourself.
   */
  async advance(durationMs: number): Promise<void> {
    if (!(durationMs >= 0)) {
      throw new RangeError(`Cannot advance by ${durationMs} ms: time only moves forward`);
    }
    if (this.#advancing) throw new Error("Cannot advance twice at once: await the first call");
    this.#advancing = true;
    try {
      const untilMs = this.#nowMs + durationMs;
      let firedAtThisInstant = 0;
      await turn();
      for (;;) {
        const next = this.#sleepers[0];
        if (!next || next.dueAtMs > untilMs) {
          if (this.#nowMs === untilMs) return;
          this.#nowMs = untilMs;
        } else {
          firedAtThisInstant = next.dueAtMs > this.#nowMs ? 1 : firedAtThisInstant + 1;
          if (firedAtThisInstant > MAX_FIRED_AT_ONE_INSTANT) {
            throw new Error(
              "Sleepers keep waking at one instant: does a loop sleep until a time already past?",
            );
          }
          this.#nowMs = Math.max(this.#nowMs, next.dueAtMs);
          this.#sleepers.shift();
          next.wake(true);
        }
        await turn();
      }
    } finally {
      this.#advancing = false;
    }
  }

  sleepUntil(dueAtMs: number, signal?: AbortSignal): Promise<boolean> {
    if (signal?.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const onAbort = () => {
        this.#remove(sleeper);
        resolve(false);
      };
      const sleeper: Sleeper = {
        dueAtMs,
        wake: (due) => {
          signal?.removeEventListener("abort", onAbort);
          resolve(due);
        },
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#insert(sleeper);
      // As the contract has it: a time already past ends in a later turn, even if nobody advances.
      if (dueAtMs <= this.#nowMs && !this.#advancing) {
        setImmediate(() => {
          if (this.#remove(sleeper)) sleeper.wake(true);
        });
      }
    });
  }

  #insert(sleeper: Sleeper): void {
    const after = this.#sleepers.findLastIndex((other) => other.dueAtMs <= sleeper.dueAtMs);
    this.#sleepers.splice(after + 1, 0, sleeper);
    for (const waiter of this.#waiters) {
      if (this.pending >= waiter.count && this.#waiters.delete(waiter)) waiter.resolve();
    }
  }

  #remove(sleeper: Sleeper): boolean {
    const at = this.#sleepers.indexOf(sleeper);
    if (at >= 0) this.#sleepers.splice(at, 1);
    return at >= 0;
  }
}

/** One turn of the event loop: every microtask queued so far runs, and what they queue. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
