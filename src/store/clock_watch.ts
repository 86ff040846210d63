import type { Clock } from "../base/clock.ts";

/** Smaller steps are NTP at work, and not worth a word. */
const TOLERANCE_MS = 10_000;

export type ClockStep =
  | { kind: "steady" }
  /** The wall clock was set forward, or the machine slept. */
  | { kind: "ahead"; byMs: number }
  | { kind: "back"; byMs: number };

/** Notices when the wall clock moves against the monotonic one. */
export class ClockWatch {
  readonly #clock: Clock;
  /** Steps noticed. */
  jumpsAhead = 0;
  jumpsBack = 0;
  #offsetMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#offsetMs = this.#offset();
  }

  /** What happened since the last call. */
  check(): ClockStep {
    const offsetMs = this.#offset();
    const byMs = offsetMs - this.#offsetMs;
    this.#offsetMs = offsetMs;
    if (Math.abs(byMs) <= TOLERANCE_MS) return { kind: "steady" };
    if (byMs > 0) {
      this.jumpsAhead++;
      return { kind: "ahead", byMs };
    }
    this.jumpsBack++;
    return { kind: "back", byMs: -byMs };
  }

  #offset(): number {
    return this.#clock.wallNow() - this.#clock.now();
  }
}

/** Whether a time lies so far ahead of the clock that no clock's error explains it. */
export function isFromTheFuture(timeMs: number, nowMs: number): boolean {
  return timeMs > nowMs + TOLERANCE_MS;
}
