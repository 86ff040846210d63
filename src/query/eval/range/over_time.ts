import type { Row } from "../row.ts";
import type { Windows } from "../windows.ts";
import { meanOf, sumOf, varianceOf } from "./sums.ts";
import { averageOfHistograms, sumOfHistograms } from "./histogram_over_time.ts";
import type { RangeCall, WindowFunction } from "./range_function.ts";

/** Functions of the floats in a window; histograms beside them are left out, with a remark. */
export function ofFloats(compute: (windows: Windows, low: number, high: number) => number): WindowFunction {
  return (windows, step, out, call) => {
    const low = windows.low[step];
    const high = windows.high[step];
    if (low === high) return;
    remarkIgnoredHistograms(windows, step, call);
    out.setFloat(step, compute(windows, low, high));
  };
}

export function remarkIgnoredHistograms(windows: Windows, step: number, call: RangeCall): void {
  if (windows.histogramHigh[step] > windows.histogramLow[step]) {
    call.notes.histogramsIgnoredInRange(windows.metricName, call.positions[0]);
  }
}

/** Floats or histograms, but not both. */
function ofEither(
  ofWindow: (windows: Windows, low: number, high: number) => number,
  ofHistograms: WindowFunction,
): WindowFunction {
  return (windows, step, out, call) => {
    const low = windows.low[step];
    const high = windows.high[step];
    if (windows.histogramLow[step] === windows.histogramHigh[step]) {
      out.setFloat(step, ofWindow(windows, low, high));
    } else if (low === high) ofHistograms(windows, step, out, call);
    else call.notes.mixedFloatsAndHistograms(windows.metricName, call.positions[0]);
  };
}

export const sumOverTime = ofEither(
  (windows, low, high) => sumOf(windows.values, low, high),
  sumOfHistograms,
);

export const avgOverTime = ofEither(
  (windows, low, high) => meanOf(windows.values, low, high),
  averageOfHistograms,
);

export const countOverTime: WindowFunction = (windows, step, out) => {
  const histograms = windows.histogramHigh[step] - windows.histogramLow[step];
  out.setFloat(step, windows.high[step] - windows.low[step] + histograms);
};

export const presentOverTime: WindowFunction = (_windows, step, out) => out.setFloat(step, 1);

export const stdvarOverTime = ofFloats((windows, low, high) => varianceOf(windows.values, low, high));

export const stddevOverTime = ofFloats((windows, low, high) =>
  Math.sqrt(varianceOf(windows.values, low, high))
);

export const minOverTime = ofFloats(({ values }, low, high) => {
  let min = values[low];
  for (let i = low + 1; i < high; i++) if (values[i] < min || min !== min) min = values[i];
  return min;
});

export const maxOverTime = ofFloats(({ values }, low, high) => {
  let max = values[low];
  for (let i = low + 1; i < high; i++) if (values[i] > max || max !== max) max = values[i];
  return max;
});

/** When the newest of the lowest values was taken. */
export const tsOfMinOverTime = ofFloats(({ values, timestamps }, low, high) => {
  let at = low;
  for (let i = low + 1; i < high; i++) if (values[i] <= values[at] || values[at] !== values[at]) at = i;
  return timestamps[at] / 1000;
});

/** When the newest of the highest values was taken. */
export const tsOfMaxOverTime = ofFloats(({ values, timestamps }, low, high) => {
  let at = low;
  for (let i = low + 1; i < high; i++) if (values[i] >= values[at] || values[at] !== values[at]) at = i;
  return timestamps[at] / 1000;
});

export const firstOverTime: WindowFunction = (windows, step, out) => {
  const float = windows.low[step];
  const histogram = windows.histogramLow[step];
  const hasHistogram = histogram < windows.histogramHigh[step];
  const takesFloat = float < windows.high[step] &&
    (!hasHistogram || windows.timestamps[float] < windows.histogramTimestamps[histogram]);
  if (takesFloat) out.setFloat(step, windows.values[float]);
  else out.setHistogram(step, windows.histograms[histogram]);
};

export const lastOverTime: WindowFunction = (windows, step, out) => {
  const float = windows.high[step] - 1;
  const histogram = windows.histogramHigh[step] - 1;
  const hasHistogram = histogram >= windows.histogramLow[step];
  const takesFloat = float >= windows.low[step] &&
    (!hasHistogram || windows.histogramTimestamps[histogram] < windows.timestamps[float]);
  if (takesFloat) out.setFloat(step, windows.values[float]);
  else out.setHistogram(step, windows.histograms[histogram]);
};

export const tsOfFirstOverTime: WindowFunction = (windows, step, out) => {
  const float = windows.low[step];
  const histogram = windows.histogramLow[step];
  const floatMs = float < windows.high[step] ? windows.timestamps[float] : Infinity;
  const hasHistogram = histogram < windows.histogramHigh[step];
  const histogramMs = hasHistogram ? windows.histogramTimestamps[histogram] : Infinity;
  out.setFloat(step, Math.min(floatMs, histogramMs) / 1000);
};

export const tsOfLastOverTime: WindowFunction = (windows, step, out) => {
  const float = windows.high[step] - 1;
  const histogram = windows.histogramHigh[step] - 1;
  const floatMs = float >= windows.low[step] ? windows.timestamps[float] : 0;
  const hasHistogram = histogram >= windows.histogramLow[step];
  const histogramMs = hasHistogram ? windows.histogramTimestamps[histogram] : 0;
  out.setFloat(step, Math.max(floatMs, histogramMs) / 1000);
};

/** Makes functions out of what only needs the window's edges quick for any overlap. */
export class SlidingByWindow {
  readonly #window: WindowFunction;

  constructor(window: WindowFunction) {
    this.#window = window;
  }

  pays(): boolean {
    return false;
  }

  prepare(): void {}

  run(windows: Windows, from: number, to: number, out: Row, call: RangeCall): void {
    for (let step = from; step < to; step++) {
      if (windows.high[step] > windows.low[step]) this.#window(windows, step, out, call);
    }
  }
}
