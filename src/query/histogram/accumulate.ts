import type { Histogram } from "../../model/histogram.ts";
import { divHistogram } from "./arithmetic.ts";
import { Tally } from "./tally.ts";

/** What the counter reset hints of many histograms say, taken together. */
class HintWatch {
  #resetSeen = false;
  #notResetSeen = false;

  note({ counterResetHint }: Histogram): void {
    if (counterResetHint === "reset") this.#resetSeen = true;
    if (counterResetHint === "not_reset") this.#notResetSeen = true;
  }

  get collided(): boolean {
    return this.#resetSeen && this.#notResetSeen;
  }
}

/** Sum of many histograms with compensated summation: `sum` and sum_over_time. */
export class HistogramSum {
  readonly #tally: Tally;
  readonly #hints = new HintWatch();

  constructor(first: Histogram) {
    this.#tally = new Tally(first);
    this.#hints.note(first);
  }

  /** @returns false, adding nothing, if custom and exponential buckets meet */
  add(histogram: Histogram): boolean {
    this.#hints.note(histogram);
    return this.#tally.compensate().add(histogram);
  }

  /** Whether both "reset" and "not_reset" were among the hints. */
  get hintsCollided(): boolean {
    return this.#hints.collided;
  }

  get boundsReconciled(): boolean {
    return this.#tally.boundsReconciled;
  }

  /** The sum so far, without empty buckets; nothing may be added after it. */
  finish(): Histogram {
    return this.#tally.settle().finish(true);
  }
}

/**
 * Mean of many histograms: `avg` and avg_over_time. It is the sum divided at the end; once that would overflow, it goes on
 * as a running mean.
 */
export class HistogramMean {
  #tally: Tally;
  #count = 1;
  #running = false;
  /** No part of the sum can be larger than this. */
  #magnitude: number;
  readonly #hints = new HintWatch();

  constructor(first: Histogram) {
    this.#tally = new Tally(first);
    this.#magnitude = magnitudeOf(first);
    this.#hints.note(first);
  }

  /** @returns false, adding nothing, if custom and exponential buckets meet */
  add(histogram: Histogram): boolean {
    this.#hints.note(histogram);
    this.#count++;
    if (!this.#running) {
      const added = this.#addToSum(histogram);
      if (added !== "overflow") return added === "added";
      this.#divide(this.#count - 1);
      this.#running = true;
    }
    const kept = (this.#count - 1) / this.#count;
    this.#tally.map((value) => value * kept);
    return this.#tally.compensate().add(divHistogram(histogram, this.#count));
  }

  get hintsCollided(): boolean {
    return this.#hints.collided;
  }

  get boundsReconciled(): boolean {
    return this.#tally.boundsReconciled;
  }

  /** The mean so far, without empty buckets; nothing may be added after it. */
  finish(): Histogram {
    if (!this.#running) this.#divide(this.#count);
    return this.#tally.settle().finish(true);
  }

  #divide(divisor: number): void {
    this.#tally.map((value) => value / divisor);
  }

  #addToSum(histogram: Histogram): "added" | "incompatible" | "overflow" {
    this.#magnitude += magnitudeOf(histogram);
    if (this.#magnitude < Number.MAX_VALUE) {
      return this.#tally.compensate().add(histogram) ? "added" : "incompatible";
    }
    const attempt = this.#tally.clone().compensate();
    if (!attempt.add(histogram)) return "incompatible";
    if (attempt.hasOverflown()) return "overflow";
    this.#tally = attempt;
    return "added";
  }
}

/** An upper bound for what any part of the histogram, or parts of it put together, can hold; infinite with any NaN. */
function magnitudeOf({ count, sum, zeroCount, positiveBuckets, negativeBuckets }: Histogram): number {
  let magnitude = Math.abs(count) + Math.abs(sum) + Math.abs(zeroCount);
  for (let i = 0; i < positiveBuckets.length; i++) magnitude += Math.abs(positiveBuckets[i]);
  for (let i = 0; i < negativeBuckets.length; i++) magnitude += Math.abs(negativeBuckets[i]);
  return Number.isNaN(magnitude) ? Infinity : magnitude;
}
