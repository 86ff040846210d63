import { Sleepers } from "./sleepers.ts";

/**
 * Time, handed in. Two faces, never mixed: the monotonic one schedules, the wall clock stamps samples.
 * `performance.timeOrigin + performance.now()` does not follow a wall clock that is set, so neither can stand
 * in for the other.
 */
export interface Clock {
  /** Monotonic milliseconds with a fraction; only differences mean anything. */
  now(): number;
  /** Wall clock in whole milliseconds since the Unix epoch; may jump either way. */
  wallNow(): number;
  /** How far the wall face runs ahead of a machine's clock that was set back, in ms; absent: it follows every step. */
  readonly aheadMs?: number;
  /**
   * Waits until `now()` reaches `dueAtMs`. Resolves to `true` then, to `false` as soon as `signal` aborts; never
   * rejects. A time already past resolves in a later turn of the event loop, so a loop of sleeps can't starve it.
   */
  sleepUntil(dueAtMs: number, signal?: AbortSignal): Promise<boolean>;
}

/** A reason, for without one each abort makes an error with a stack. */
const CALLED_OFF = "called off";

/** Calls `onDue`, which must not throw, once `now()` reaches `dueAtMs`, unless the result has been disposed of before. */
export function callAt(clock: Clock, dueAtMs: number, onDue: () => void): Disposable {
  const calledOff = new AbortController();
  void clock.sleepUntil(dueAtMs, calledOff.signal).then((isDue) => {
    if (isDue) onDue();
  });
  return { [Symbol.dispose]: () => calledOff.abort(CALLED_OFF) };
}

/** The machine's own clocks. */
export class SystemClock implements Clock {
  readonly #sleepers = new Sleepers(() => this.now());

  now(): number {
    return performance.now();
  }

  wallNow(): number {
    return Date.now();
  }

  sleepUntil(dueAtMs: number, signal?: AbortSignal): Promise<boolean> {
    return this.#sleepers.sleepUntil(dueAtMs, signal);
  }
}
