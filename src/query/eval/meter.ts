import type { Clock } from "../../base/clock.ts";
import { EvaluationFailure, tooLittleMemory, tooManySamples, tooManySamplesTogether } from "./failure.ts";

/** Units of work between two looks at the clock; a unit is about one sample touched. */
const WORK_PER_LOOK = 16_384;

/** Characters of labels that an evaluation may make for each sample that it may hold. */
const CHARACTERS_PER_SAMPLE = 16;

/** What all evaluations of one engine hold together. */
export class SamplePool {
  held = 0;

  /** `max`: more than that are refused. */
  constructor(readonly max: number) {}
}

export interface MeterOptions {
  clock: Clock;
  /** Samples that may be held at once. */
  maxSamples: number;
  /** Shared with other evaluations; `undefined`: this one is not bounded by what others hold. */
  pool?: SamplePool;
  /** On the clock's monotonic face. */
  deadlineMs: number;
  /** How long to work before giving way. */
  sliceMs: number;
  /** The same at the start. Default: no longer. */
  firstSliceMs?: number;
  signal?: AbortSignal;
  /** Whether the process has memory for more. Default: always. */
  hasRoom?: () => boolean;
}

/**
 * Counts what one evaluation holds, reads and takes. Samples are counted as Prometheus counts them (promql/engine.go,
 * currentSamples): those of intermediate results, plus the window being looked at.
 */
export class Meter {
  #held = 0;
  /** The most that were held at once. */
  peak = 0;
  /** Samples that steps looked at: one seen by ten overlapping windows counts ten times. */
  total = 0;
  readonly #options: MeterOptions;
  /** What of the pool is this one's. */
  #pooled = 0;
  #workLeft = WORK_PER_LOOK;
  #characters = 0;
  #sliceEndsAtMs: number;
  /** Whether the slice is over, and nobody has given way yet. */
  #isDue = false;

  constructor(options: MeterOptions) {
    this.#options = options;
    this.#sliceEndsAtMs = options.clock.now() + (options.firstSliceMs ?? options.sliceMs);
  }

  /** Samples held now. */
  get held(): number {
    return this.#held;
  }

  /** Takes samples into account; throws when they are too many. */
  hold(samples: number): void {
    this.#held += samples;
    if (this.#held > this.peak) this.peak = this.#held;
    if (this.#held > this.#options.maxSamples) throw tooManySamples();
    const { pool } = this.#options;
    if (!pool) return;
    pool.held += samples;
    this.#pooled += samples;
    if (pool.held > pool.max) throw tooManySamplesTogether();
  }

  release(samples: number): void {
    this.#held -= samples;
    if (!this.#options.pool) return;
    this.#options.pool.held -= samples;
    this.#pooled -= samples;
  }

  /** Gives back to the pool what is still held: the evaluation has ended, however it did. */
  end(): void {
    if (this.#options.pool) this.#options.pool.held -= this.#pooled;
    this.#pooled = 0;
  }

  /** Takes text that the evaluation makes into account. When it goes is not known: it counts to the end. */
  write(characters: number): void {
    this.#characters += characters;
    if (this.#characters > this.#options.maxSamples * CHARACTERS_PER_SAMPLE) throw tooManySamples();
  }

  /** Throws if this many more samples could not be held. */
  expectRoomFor(samples: number): void {
    if (this.#held + samples > this.peak) this.peak = this.#held + samples;
    if (this.#held + samples > this.#options.maxSamples) throw tooManySamples();
    const { pool } = this.#options;
    if (pool && pool.held + samples > pool.max) throw tooManySamplesTogether();
  }

  /**
   * Accounts for work done, and throws when time is up or the caller has gone.
   * @returns whether to yield now, so that others get their turn
   */
  spend(work: number): boolean {
    this.#workLeft -= work;
    if (this.#workLeft > 0) return this.#isDue;
    this.#workLeft = WORK_PER_LOOK;
    return this.look();
  }

  /** As `spend`, but looks at the clock, and at the memory, at once. */
  look(): boolean {
    const { clock, deadlineMs, signal } = this.#options;
    if (signal?.aborted) {
      throw new EvaluationFailure({
        kind: "canceled",
        message: "query was canceled in expression evaluation",
      });
    }
    const nowMs = clock.now();
    if (nowMs >= deadlineMs) {
      throw new EvaluationFailure({
        kind: "timeout",
        message: "query timed out in expression evaluation",
      });
    }
    this.expectMemory();
    return this.#isDue = nowMs >= this.#sliceEndsAtMs;
  }

  /** Throws if the process has no memory for more. */
  expectMemory(): void {
    if (this.#options.hasRoom?.() === false) throw tooLittleMemory();
  }

  /** Starts the next slice of work. */
  beginSlice(): void {
    this.#sliceEndsAtMs = this.#options.clock.now() + this.#options.sliceMs;
    this.#isDue = false;
  }
}
