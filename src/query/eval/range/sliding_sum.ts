import type { Row } from "../row.ts";
import type { Windows } from "../windows.ts";
import { meanOf, sumOf } from "./kahan.ts";
import { PrefixSums } from "./prefix_sums.ts";
import type { SlidingFunction } from "./range_function.ts";

/** sum_over_time and avg_over_time over overlapping windows. */
export class SlidingSum implements SlidingFunction {
  readonly #sums = new PrefixSums();
  readonly #isMean: boolean;

  constructor(of: "sum" | "mean") {
    this.#isMean = of === "mean";
  }

  prepare({ values, count }: Windows): void {
    this.#sums.sum(values, count);
  }

  run({ values, low, high }: Windows, from: number, to: number, out: Row): void {
    const sums = this.#sums;
    for (let step = from; step < to; step++) {
      const first = low[step];
      const end = high[step];
      if (first === end) continue;
      const sum = sums.between(first, end);
      if (sum === sum) out.setFloat(step, this.#isMean ? sum / (end - first) : sum);
      else out.setFloat(step, this.#isMean ? meanOf(values, first, end) : sumOf(values, first, end));
    }
  }
}
