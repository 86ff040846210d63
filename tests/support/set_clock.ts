import { SystemClock } from "../../src/base/clock.ts";

/** A clock that stands where it is put; sleepers sleep in real time. */
export class SetClock extends SystemClock {
  nowMs = 0;

  override now(): number {
    return this.nowMs;
  }
}
