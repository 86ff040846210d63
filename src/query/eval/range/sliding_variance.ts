import type { Row } from "../row.ts";
import type { Windows } from "../windows.ts";
import { varianceOf } from "./kahan.ts";
import { PrefixSums } from "./prefix_sums.ts";
import type { SlidingFunction } from "./range_function.ts";
import { Runs } from "./runs.ts";
import { productError, WideNumber } from "./wide_number.ts";

/** How much a variance may be off, relative. */
const TOLERANCE = 1e-13;
/** Larger values have squares that leave the range in which the arithmetic below holds. */
const MAX_SIZE = 2 ** 480;

/**
 * stddev_over_time and stdvar_over_time over overlapping windows, from sums of the values and of their squares. Their
 * difference is small where the spread is, so they are kept in twice the precision; a window in which even that may
 * not do is looked at afresh.
 */
export class SlidingVariance implements SlidingFunction {
  readonly #isDeviation: boolean;
  readonly #sums = new PrefixSums();
  readonly #squares = new PrefixSums();
  readonly #runs = new Runs();
  readonly #sum = new WideNumber();
  readonly #spread = new WideNumber();

  constructor(of: "variance" | "deviation") {
    this.#isDeviation = of === "deviation";
  }

  prepare({ values, count }: Windows): void {
    this.#runs.find(values, count);
    this.#sums.begin(count);
    this.#squares.begin(count);
    const shift = commonPart(values, count);
    for (let i = 0; i < count; i++) {
      const distance = values[i] - shift;
      // Not finite, or too large: marks the windows that it is in.
      const term = distance < MAX_SIZE && distance > -MAX_SIZE ? distance : NaN;
      const square = term * term;
      this.#sums.add(term);
      this.#squares.add(square, productError(term, term, square));
    }
    this.#sums.finish();
    this.#squares.finish();
  }

  run(windows: Windows, from: number, to: number, out: Row): void {
    const { values, low, high } = windows;
    for (let step = from; step < to; step++) {
      const first = low[step];
      const end = high[step];
      if (first === end) continue;
      const carried = this.#variance(first, end);
      const variance = carried === carried ? carried : varianceOf(values, first, end);
      out.setFloat(step, this.#isDeviation ? Math.sqrt(variance) : variance);
    }
  }

  /** NaN: can't be told from the sums. */
  #variance(first: number, end: number): number {
    const sums = this.#sums;
    const squares = this.#squares;
    if (sums.hasWild(first, end)) return NaN;
    if (this.#runs.isConstant(first, end)) return 0;
    const count = end - first;
    const sum = this.#sum.set(sums.highBetween(first, end), sums.lowBetween(first, end));
    const mean = Math.abs(sum.value) / count;
    const spread = this.#spread.copy(sum).multiplyWide(sum).divide(-count);
    spread.add(squares.highBetween(first, end)).add(squares.lowBetween(first, end));
    // The spread is count times the variance: how far may it be off?
    const doubt = squares.uncertainty + 2 * mean * sums.uncertainty + 2 ** -95 * mean * mean * count;
    return spread.value * TOLERANCE > doubt ? spread.value / count : NaN;
  }
}

/** What can be taken from all values without rounding any: the first, where all are within a factor of two of it. */
function commonPart(values: Float64Array, count: number): number {
  const first = values[0];
  const [low, high] = first > 0 ? [first / 2, first * 2] : [first * 2, first / 2];
  for (let i = 0; i < count; i++) if (!(values[i] >= low && values[i] <= high)) return 0;
  return first;
}
