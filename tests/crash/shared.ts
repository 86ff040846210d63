import type { Histogram } from "../../src/model/histogram.ts";
import type { Clock } from "../../src/base/clock.ts";
import { SystemClock } from "../../src/base/clock.ts";

/** Time of sample 0. */
export const EPOCH_MS = 1_700_000_000_000;
/** Series of floats. */
export const SERIES = 8;
/** Samples of each series between two commits. */
export const STEPS_PER_APPEND = 50;
/** How the child treats its directory. */
export interface Treatment {
  /** Bound of the directory's size. */
  readonly boundBytes: number | undefined;
  /** Between two appends. */
  readonly pauseMs: number;
  /** Whether the log must be written all the while. */
  readonly mustCommit: boolean;
}

/** By the last part of the directory's name. */
export const TREATMENTS: Readonly<Record<string, Treatment>> = {
  unbounded: { boundBytes: undefined, pauseMs: 0, mustCommit: true },
  // Some ten thousand samples a second: old blocks make room in time.
  bounded: { boundBytes: 512 * 1024, pauseMs: 40, mustCommit: true },
  // Faster than the directory can hold: the store says so, and promises nothing then. It must not overflow all the same.
  flooded: { boundBytes: 1024 * 1024, pauseMs: 0, mustCommit: false },
};

/** Block ranges of two seconds, so that everything that a store does happens many times a round. */
export function crashOptions(dir: string) {
  const { boundBytes, pauseMs } = TREATMENTS[dir.slice(dir.lastIndexOf("/") + 1)];
  return {
    dir,
    minBlockMs: 2_000,
    maxBlockMs: 18_000,
    retentionMs: 3_600_000,
    retentionSizeBytes: boundBytes,
    pauseMs,
  };
}

/** A system clock whose wall shows the time of a sample. */
export class SampleClock extends SystemClock implements Clock {
  #n: number;

  constructor(n: number) {
    super();
    this.#n = n;
  }

  override wallNow(): number {
    return EPOCH_MS + this.#n;
  }

  stepTo(n: number): void {
    this.#n = n;
  }
}

export function clockAt(n: number): SampleClock {
  return new SampleClock(n);
}

/** Sample n of the series of native histograms. */
export function histogramOf(n: number): Histogram {
  return {
    schema: 0,
    counterResetHint: "unknown",
    zeroThreshold: 0.001,
    zeroCount: 0,
    count: n,
    sum: n / 2,
    positiveSpans: [{ offset: 0, length: 1 }],
    positiveBuckets: Float64Array.of(n),
    negativeSpans: [],
    negativeBuckets: new Float64Array(0),
    customValues: undefined,
  };
}
