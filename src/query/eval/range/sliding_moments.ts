import type { Row } from "../row.ts";
import type { Windows } from "../windows.ts";
import { meanOf, sumOf, varianceOf } from "./sums.ts";
import { ExtremeMoments, LineMoments, type Moments, SumMoments, VarianceMoments } from "./moments.ts";
import type { RangeCall, SlidingFunction } from "./range_function.ts";
import { regression } from "./regression.ts";

/**
 * Overlapping windows without looking at a sample twice, and without ever taking anything away again, so that no
 * rounding error, infinity or NaN outlives the window that it was in.
 *
 * The edges of all windows cut the series into segments, each measured once; a window is a run of whole segments. Two
 * stacks make a queue: of the segments before `middle` the sums from each to `middle` are known, those after it are
 * summed up as they come. A window is then one of the former plus the latter. When its start passes `middle`, that moves
 * to the window's end: each segment is merged twice in all.
 *
 *      first        middle       end
 *        ├──┬──┬──┬──┤──┬──┬──┬──┤
 *        └─ suffix ──┘└── back ──┘
 */
abstract class SlidingMoments<M extends Moments> implements SlidingFunction {
  protected readonly moments: M;
  /** Sample at which each segment begins, and one past the last. */
  #cuts = new Int32Array(0);
  #segments = 0;
  #middle = 0;
  /** One past the last segment in `back`. */
  #end = 0;
  /** Segments of the current window: found by going on from the ones before. */
  #firstSegment = 0;

  constructor(moments: M) {
    this.moments = moments;
  }

  pays(visits: number, count: number, steps: number): boolean {
    return visits > count + 16 * Math.min(count, 2 * steps);
  }

  prepare(windows: Windows, from: number, to: number): void {
    this.#cut(windows, from, to);
    this.moments.reserve(2 * this.#segments + 2);
    for (let segment = 0; segment < this.#segments; segment++) {
      this.moments.measure(segment, windows, this.#cuts[segment], this.#cuts[segment + 1]);
    }
    this.#middle = this.#end = this.#firstSegment = 0;
  }

  run(windows: Windows, from: number, to: number, out: Row, call: RangeCall): void {
    const { low, high } = windows;
    for (let step = from; step < to; step++) {
      if (high[step] - low[step] < this.minSamples) continue;
      out.setFloat(step, this.value(this.#gather(low[step], high[step]), windows, step, call));
    }
  }

  /** Windows with fewer samples have no result. */
  protected get minSamples(): number {
    return 1;
  }

  /** The function's value, from what row `row` of the moments knows of the step's window. */
  protected abstract value(row: number, windows: Windows, step: number, call: RangeCall): number;

  /** Puts together the window [low, high). @returns the row */
  #gather(low: number, high: number): number {
    const cuts = this.#cuts;
    const { moments } = this;
    const suffixes = this.#segments;
    const back = 2 * this.#segments;
    while (cuts[this.#firstSegment] < low) this.#firstSegment++;
    const first = this.#firstSegment;
    if (first >= this.#middle) {
      let end = Math.max(first, this.#end);
      while (cuts[end] < high) end++;
      moments.copy(suffixes + end - 1, end - 1);
      for (let segment = end - 2; segment >= first; segment--) {
        moments.merge(suffixes + segment, segment, suffixes + segment + 1);
      }
      this.#middle = this.#end = end;
      return suffixes + first;
    }
    for (; cuts[this.#end] < high; this.#end++) {
      if (this.#end === this.#middle) moments.copy(back, this.#end);
      else moments.merge(back, back, this.#end);
    }
    if (this.#end === this.#middle) return suffixes + first;
    moments.merge(back + 1, suffixes + first, back);
    return back + 1;
  }

  /** Finds all edges of the windows, in ascending order: both ends of windows only move forward. */
  #cut({ low, high }: Windows, from: number, to: number): void {
    const most = 2 * (to - from) + 1;
    if (this.#cuts.length < most) this.#cuts = new Int32Array(most);
    const cuts = this.#cuts;
    let count = 0;
    let lows = from;
    let highs = from;
    while (highs < to) {
      const edge = lows < to && low[lows] <= high[highs] ? low[lows++] : high[highs++];
      if (count === 0 || cuts[count - 1] !== edge) cuts[count++] = edge;
    }
    this.#segments = Math.max(0, count - 1);
  }
}

/** Beyond this a sum may overflow in one order of additions and not in another, so it is added up as always. */
const SAFE_SUM = 1e300;
/** The same for what comes of sums of squares. */
const SAFE_SQUARE = 1e280;

/** sum_over_time and avg_over_time. */
export class SlidingSum extends SlidingMoments<SumMoments> {
  readonly #isMean: boolean;

  constructor(of: "sum" | "mean") {
    super(new SumMoments());
    this.#isMean = of === "mean";
  }

  protected override value(row: number, { values, low, high }: Windows, step: number): number {
    const sum = this.moments.sum(row);
    const first = low[step];
    const end = high[step];
    if (Math.abs(sum) < SAFE_SUM) return this.#isMean ? sum / (end - first) : sum;
    return this.#isMean ? meanOf(values, first, end) : sumOf(values, first, end);
  }
}

/** min_over_time, max_over_time, and the times of those. */
export class SlidingExtreme extends SlidingMoments<ExtremeMoments> {
  readonly #wantsTime: boolean;

  constructor(of: "min" | "max", wanted: "value" | "time") {
    super(new ExtremeMoments(of === "max"));
    this.#wantsTime = wanted === "time";
  }

  protected override value(row: number, { timestamps }: Windows): number {
    return this.#wantsTime ? timestamps[this.moments.index(row)] / 1000 : this.moments.value(row);
  }
}

/** stdvar_over_time and stddev_over_time. */
export class SlidingVariance extends SlidingMoments<VarianceMoments> {
  readonly #isDeviation: boolean;

  constructor(of: "variance" | "deviation") {
    super(new VarianceMoments());
    this.#isDeviation = of === "deviation";
  }

  protected override value(row: number, { values, low, high }: Windows, step: number): number {
    let variance = this.moments.variance(row);
    if (!(variance < SAFE_SQUARE)) variance = varianceOf(values, low[step], high[step]);
    return this.#isDeviation ? Math.sqrt(variance) : variance;
  }
}

/** deriv and predict_linear. */
export class SlidingLine extends SlidingMoments<LineMoments> {
  readonly #predicts: boolean;

  constructor(of: "slope" | "prediction") {
    super(new LineMoments());
    this.#predicts = of === "prediction";
  }

  override prepare(windows: Windows, from: number, to: number): void {
    this.moments.startAt(windows.timestamps[0]);
    super.prepare(windows, from, to);
  }

  protected override get minSamples(): number {
    return 2;
  }

  protected override value(row: number, windows: Windows, step: number, call: RangeCall): number {
    const aheadSeconds = this.#predicts ? call.scalars[0][step] : 0;
    const slope = this.moments.slope(row);
    if (Math.abs(slope) < SAFE_SQUARE) {
      return this.#predicts ? slope * aheadSeconds + this.moments.valueAt(row, call.timeOf(step)) : slope;
    }
    const low = windows.low[step];
    const atMs = this.#predicts ? call.timeOf(step) : windows.timestamps[low];
    const line = regression(windows, low, windows.high[step], atMs);
    return this.#predicts ? line.slope * aheadSeconds + line.intercept : line.slope;
  }
}
