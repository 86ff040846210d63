import type { Clock } from "../base/clock.ts";
import { TimerPause } from "../base/pause.ts";

/** How long work may go on before probes and verdicts get their turn. */
const SLICE_MS = 2;

/** Cuts long work into slices. */
export class Slices {
  readonly #clock: Clock;
  /** A compaction is in no hurry: a timer is pause enough, and lets requests through. */
  readonly #pause = new TimerPause();
  #startedAt: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedAt = clock.now();
  }

  /** To be awaited between steps: a promise once a slice is over, nothing before. */
  readonly pause = (): Promise<void> | undefined => {
    if (this.#clock.now() - this.#startedAt < SLICE_MS) return undefined;
    return this.#pause.wait().then(() => {
      this.#startedAt = this.#clock.now();
    });
  };
}
