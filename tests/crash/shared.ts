import type { Histogram } from "../../src/model/histogram.ts";
import type { Clock } from "../../src/base/clock.ts";
import { SystemClock } from "../../src/base/clock.ts";

/** Time of sample 0. */
export const EPOCH_MS = 1_700_000_000_000;
/** Series of floats. */
export const SERIES = 8;
/** Samples of each series between two commits. */
export const STEPS_PER_APPEND = 50;
/** Bound of the directory in the rounds that have one. */
export const BOUND_BYTES = 1024 * 1024;

/** Block ranges of two seconds, so that everything that a store does happens many times a round. */
export function crashOptions(dir: string) {
  return {
    dir,
    minBlockMs: 2_000,
    maxBlockMs: 18_000,
    retentionMs: 3_600_000,
    retentionSizeBytes: dir.endsWith("/bounded") ? BOUND_BYTES : undefined,
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
