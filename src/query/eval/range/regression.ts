import { formatFixed } from "../../go_number.ts";
import { executionFailure } from "../failure.ts";
import type { Windows } from "../windows.ts";
import { KahanSum } from "./sums.ts";
import { remarkIgnoredHistograms } from "./over_time.ts";
import type { RangeCall, WindowFunction } from "./range_function.ts";

/** A line through samples: its rise per second, and its value at the time that was asked for. */
export interface Line {
  readonly slope: number;
  readonly intercept: number;
}

/** The least-squares line through the floats of a window. */
export function regression({ timestamps, values }: Windows, low: number, high: number, atMs: number): Line {
  const x = new KahanSum();
  const y = new KahanSum();
  const xy = new KahanSum();
  const xx = new KahanSum();
  const first = values[low];
  let isConstant = true;
  for (let i = low; i < high; i++) {
    const value = values[i];
    if (value !== first && i > low) isConstant = false;
    const seconds = (timestamps[i] - atMs) / 1000;
    x.add(seconds);
    y.add(value);
    xy.add(seconds * value);
    xx.add(seconds * seconds);
  }
  if (isConstant) {
    return Math.abs(first) === Infinity ? { slope: NaN, intercept: NaN } : { slope: 0, intercept: first };
  }
  const count = high - low;
  const sumX = x.sum + x.compensation;
  const sumY = y.sum + y.compensation;
  const covariance = xy.sum + xy.compensation - sumX * sumY / count;
  const variance = xx.sum + xx.compensation - sumX * sumX / count;
  const slope = covariance / variance;
  return { slope, intercept: sumY / count - slope * sumX / count };
}

/** Whether the window has floats enough for a line; remarks on histograms that come between them. */
function hasTwoFloats(windows: Windows, step: number, call: RangeCall): boolean {
  const floats = windows.high[step] - windows.low[step];
  if (floats > 0) remarkIgnoredHistograms(windows, step, call);
  return floats >= 2;
}

export const deriv: WindowFunction = (windows, step, out, call) => {
  if (!hasTwoFloats(windows, step, call)) return;
  const low = windows.low[step];
  // Times are taken from the window's first sample, as numbers near zero are the most exact.
  out.setFloat(step, regression(windows, low, windows.high[step], windows.timestamps[low]).slope);
};

export const predictLinear: WindowFunction = (windows, step, out, call) => {
  if (!hasTwoFloats(windows, step, call)) return;
  const line = regression(windows, windows.low[step], windows.high[step], call.timeOf(step));
  out.setFloat(step, line.slope * call.scalars[0][step] + line.intercept);
};

export const doubleExponentialSmoothing: WindowFunction = (windows, step, out, call) => {
  const smoothing = factor("smoothing", "sf", call.scalars[0][step]);
  const trend = factor("trend", "tf", call.scalars[1][step]);
  if (!hasTwoFloats(windows, step, call)) return;
  const { values } = windows;
  const low = windows.low[step];
  let level = values[low];
  let previousLevel = 0;
  let slope = values[low + 1] - values[low];
  for (let i = low + 1; i < windows.high[step]; i++) {
    if (i > low + 1) slope = trend * (level - previousLevel) + (1 - trend) * slope;
    const next = smoothing * values[i] + (1 - smoothing) * (level + slope);
    previousLevel = level;
    level = next;
  }
  out.setFloat(step, level);
};

function factor(what: string, name: string, value: number): number {
  if (value > 0 && value < 1) return value;
  // NaN passes, as upstream: it compares false with both limits.
  if (value !== value) return value;
  throw executionFailure(`invalid ${what} factor. Expected: 0 < ${name} < 1, got: ${formatFixed(value)}`);
}
