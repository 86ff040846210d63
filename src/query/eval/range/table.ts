import type { FunctionName } from "../../signatures.ts";
import { changes, resets, SlidingNeighbours } from "./changes.ts";
import { instantRate } from "./instant_rate.ts";
import {
  avgOverTime,
  countOverTime,
  firstOverTime,
  lastOverTime,
  maxOverTime,
  minOverTime,
  presentOverTime,
  SlidingByWindow,
  stddevOverTime,
  stdvarOverTime,
  sumOverTime,
  tsOfFirstOverTime,
  tsOfLastOverTime,
  tsOfMaxOverTime,
  tsOfMinOverTime,
} from "./over_time.ts";
import { madOverTime, quantileOverTime } from "./quantile.ts";
import type { RangeFunction, RateKind, WindowFunction } from "./range_function.ts";
import { rate, SlidingRate } from "./rate.ts";
import { SlidingQuantile } from "./sliding_quantile.ts";
import { SlidingExtreme, SlidingLine, SlidingSum, SlidingVariance } from "./sliding_moments.ts";
import { deriv, doubleExponentialSmoothing, predictLinear } from "./regression.ts";

const RATE: RateKind = { isCounter: true, isPerSecond: true };
const INCREASE: RateKind = { isCounter: true, isPerSecond: false };
const DELTA: RateKind = { isCounter: false, isPerSecond: false };

/** Every function of range vectors by name; made anew for each call, as some keep room for their work. */
const RANGE_FUNCTIONS: Readonly<Partial<Record<FunctionName, () => RangeFunction>>> = {
  absent_over_time: () => edges(presentOverTime),
  avg_over_time: () => ({ window: avgOverTime, sliding: () => new SlidingSum("mean") }),
  changes: () => ({ window: changes, sliding: () => new SlidingNeighbours("changes"), anchored: true }),
  count_over_time: () => edges(countOverTime),
  delta: () => rates(DELTA),
  deriv: () => ({ window: deriv, sliding: () => new SlidingLine("slope") }),
  double_exponential_smoothing: () => ({ window: doubleExponentialSmoothing }),
  first_over_time: () => ({ ...edges(firstOverTime), keepsName: true }),
  idelta: () => edges(instantRate(false)),
  increase: () => ({ ...rates(INCREASE), usesStarts: true }),
  irate: () => ({ ...edges(instantRate(true)), usesStarts: true }),
  last_over_time: () => ({ ...edges(lastOverTime), keepsName: true }),
  mad_over_time: () => ({ window: madOverTime() }),
  max_over_time: () => ({ window: maxOverTime, sliding: () => new SlidingExtreme("max", "value") }),
  min_over_time: () => ({ window: minOverTime, sliding: () => new SlidingExtreme("min", "value") }),
  predict_linear: () => ({ window: predictLinear, sliding: () => new SlidingLine("prediction") }),
  present_over_time: () => edges(presentOverTime),
  quantile_over_time: () => ({ window: quantileOverTime(), sliding: () => new SlidingQuantile() }),
  rate: () => ({ ...rates(RATE), usesStarts: true }),
  resets: () => ({
    window: resets,
    sliding: () => new SlidingNeighbours("resets"),
    anchored: true,
    usesStarts: true,
  }),
  stddev_over_time: () => ({ window: stddevOverTime, sliding: () => new SlidingVariance("deviation") }),
  stdvar_over_time: () => ({ window: stdvarOverTime, sliding: () => new SlidingVariance("variance") }),
  sum_over_time: () => ({ window: sumOverTime, sliding: () => new SlidingSum("sum") }),
  ts_of_first_over_time: () => edges(tsOfFirstOverTime),
  ts_of_last_over_time: () => edges(tsOfLastOverTime),
  ts_of_max_over_time: () => ({ window: tsOfMaxOverTime, sliding: () => new SlidingExtreme("max", "time") }),
  ts_of_min_over_time: () => ({ window: tsOfMinOverTime, sliding: () => new SlidingExtreme("min", "time") }),
};

/** The function of range vectors with this name; undefined: it takes none. */
export function rangeFunction(name: FunctionName): RangeFunction | undefined {
  return RANGE_FUNCTIONS[name]?.();
}

/** Names of the functions that may be used on an extended selector, sorted. */
export function functionsFor(extension: "anchored" | "smoothed"): string[] {
  return Object.entries(RANGE_FUNCTIONS).filter(([, make]) => make()[extension]).map(([name]) => name).sort();
}

/** What looks only at the window's edges: as quick for many windows as for one. */
function edges(window: WindowFunction): RangeFunction {
  return { window, sliding: () => new SlidingByWindow(window) };
}

function rates(kind: RateKind): RangeFunction {
  return { window: rate(kind), sliding: () => new SlidingRate(kind), anchored: true, smoothed: true };
}
