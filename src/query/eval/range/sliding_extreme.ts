import type { Row } from "../row.ts";
import type { Windows } from "../windows.ts";
import type { SlidingFunction } from "./range_function.ts";

/**
 * min_over_time, max_over_time and the times of those over overlapping windows. Keeps the samples that can still
 * become the extreme of a window: each is better than all after it, so the first is the best there is. Every sample
 * comes and goes once.
 */
export class SlidingExtreme implements SlidingFunction {
  /** 1 for the largest, -1 for the smallest. */
  readonly #sign: 1 | -1;
  readonly #wantsTime: boolean;
  /** Indices of the candidates, in [#head, #tail). */
  #candidates = new Int32Array(0);
  #head = 0;
  #tail = 0;
  /** The next sample to look at. */
  #next = 0;

  constructor(of: "min" | "max", wanted: "value" | "time") {
    this.#sign = of === "max" ? 1 : -1;
    this.#wantsTime = wanted === "time";
  }

  prepare({ count }: Windows): void {
    if (this.#candidates.length < count) this.#candidates = new Int32Array(count);
    this.#head = this.#tail = this.#next = 0;
  }

  run({ values, timestamps, low, high }: Windows, from: number, to: number, out: Row): void {
    const sign = this.#sign;
    const candidates = this.#candidates;
    for (let step = from; step < to; step++) {
      const first = low[step];
      const end = high[step];
      if (first === end) continue;
      for (; this.#next < end; this.#next++) {
        const value = sign * values[this.#next];
        if (value !== value) continue;
        // Of equal ones the newest stays: it is the one whose time is asked for, and it stays longest.
        while (this.#tail > this.#head && sign * values[candidates[this.#tail - 1]] <= value) this.#tail--;
        candidates[this.#tail++] = this.#next;
      }
      while (this.#head < this.#tail && candidates[this.#head] < first) this.#head++;
      // Without any candidate all samples are NaN, and the last one counts.
      const best = this.#head < this.#tail ? candidates[this.#head] : end - 1;
      out.setFloat(step, this.#wantsTime ? timestamps[best] / 1000 : values[best]);
    }
  }
}
