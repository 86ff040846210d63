import type { Row } from "../row.ts";
import type { Windows } from "../windows.ts";
import { PrefixSums } from "./prefix_sums.ts";
import type { RangeCall, SlidingFunction } from "./range_function.ts";
import { regression } from "./regression.ts";
import { Runs } from "./runs.ts";
import { productError, WideNumber } from "./wide_number.ts";

/** How much a slope may be off, relative. */
const TOLERANCE = 1e-13;
/** Larger values have products that leave the range in which the arithmetic below holds. */
const MAX_SIZE = 2 ** 480;

/**
 * deriv and predict_linear over overlapping windows, from sums along the series of times, values and their products.
 * Times count from the middle of the series, in ms; moving them to where a window is makes small differences of large
 * numbers, for which the sums are kept in twice the precision.
 */
export class SlidingRegression implements SlidingFunction {
  readonly #predicts: boolean;
  readonly #x = new PrefixSums();
  readonly #y = new PrefixSums();
  readonly #xx = new PrefixSums();
  readonly #xy = new PrefixSums();
  readonly #runs = new Runs();
  #originMs = 0;
  readonly #sumX = new WideNumber();
  readonly #sumY = new WideNumber();
  readonly #covariance = new WideNumber();
  readonly #variance = new WideNumber();
  readonly #product = new WideNumber();

  constructor(of: "slope" | "prediction") {
    this.#predicts = of === "prediction";
  }

  prepare({ timestamps, values, count }: Windows): void {
    this.#runs.find(values, count);
    this.#originMs = timestamps[count >>> 1];
    const sums = [this.#x, this.#y, this.#xx, this.#xy];
    for (const sum of sums) sum.begin(count);
    for (let i = 0; i < count; i++) {
      const x = timestamps[i] - this.#originMs;
      const y = values[i] < MAX_SIZE && values[i] > -MAX_SIZE ? values[i] : NaN;
      const xx = x * x;
      const xy = x * y;
      this.#x.add(x);
      this.#y.add(y);
      this.#xx.add(xx, productError(x, x, xx));
      this.#xy.add(xy, productError(x, y, xy));
    }
    for (const sum of sums) sum.finish();
  }

  run(windows: Windows, from: number, to: number, out: Row, call: RangeCall): void {
    for (let step = from; step < to; step++) {
      const first = windows.low[step];
      const end = windows.high[step];
      if (end - first < 2) continue;
      const aheadSeconds = this.#predicts ? call.scalars[0][step] : 0;
      const carried = this.#value(windows, first, end, call.timeOf(step), aheadSeconds);
      if (carried === carried) {
        out.setFloat(step, carried);
        continue;
      }
      const atMs = this.#predicts ? call.timeOf(step) : windows.timestamps[first];
      const line = regression(windows, first, end, atMs);
      out.setFloat(step, this.#predicts ? line.slope * aheadSeconds + line.intercept : line.slope);
    }
  }

  /** NaN: can't be told from the sums. */
  #value(windows: Windows, first: number, end: number, atMs: number, aheadSeconds: number): number {
    if (this.#y.hasWild(first, end)) return NaN;
    const firstValue = windows.values[first];
    if (this.#runs.isConstant(first, end)) return this.#predicts ? firstValue : 0;
    const count = end - first;
    const sumX = load(this.#sumX, this.#x, first, end);
    const sumY = load(this.#sumY, this.#y, first, end);
    const product = this.#product;
    // n·Σxy − Σx·Σy and n·Σxx − (Σx)²: the same wherever times count from.
    const covariance = load(this.#covariance, this.#xy, first, end).multiply(count);
    covariance.addWide(product.copy(sumX).multiplyWide(sumY), -1);
    const variance = load(this.#variance, this.#xx, first, end).multiply(count);
    variance.addWide(product.copy(sumX).multiplyWide(sumX), -1);
    const doubt = count * this.#xy.uncertainty + Math.abs(sumX.value) * this.#y.uncertainty +
      2 ** -95 * (Math.abs(sumX.value * sumY.value) + count * Math.abs(covariance.value));
    if (!(Math.abs(covariance.value) * TOLERANCE > doubt)) return NaN;
    const perMs = covariance.value / variance.value;
    if (!this.#predicts) return perMs * 1000;
    const meanXMs = sumX.value / count;
    const meanY = sumY.value / count;
    const distanceMs = atMs - this.#originMs - meanXMs;
    // As upstream: the value at the step's time, and from there on the slope.
    const intercept = meanY + perMs * distanceMs;
    return perMs * 1000 * aheadSeconds + intercept;
  }
}

function load(into: WideNumber, sums: PrefixSums, first: number, end: number): WideNumber {
  return into.set(sums.highBetween(first, end), 0).add(sums.lowBetween(first, end));
}
