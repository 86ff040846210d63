import { firstAfter } from "../../../base/search.ts";
import type { Histogram } from "../../../model/histogram.ts";
import { detectReset, equalHistograms } from "../../histogram/mod.ts";
import type { Row } from "../row.ts";
import type { Windows } from "../windows.ts";
import { startTellsReset } from "./extrapolation.ts";
import type { RangeCall, SlidingFunction, WindowFunction } from "./range_function.ts";

/** What is compared: one sample and the one before it. */
interface Neighbours {
  floats(previous: number, current: number): boolean;
  histograms(previous: Histogram, current: Histogram): boolean;
}

const CHANGES: Neighbours = {
  floats: differs,
  histograms: (previous, current) => !equalHistograms(current, previous),
};

const RESETS: Neighbours = {
  floats: (previous, current) => current < previous,
  histograms: (previous, current) => detectReset(current, previous),
};

/** How often the value changed within the window. */
export const changes: WindowFunction = (windows, step, out, call) => {
  countNeighbours(windows, step, out, call, CHANGES);
};

/** How often the counter was reset within the window. */
export const resets: WindowFunction = (windows, step, out, call) => {
  countNeighbours(windows, step, out, call, RESETS);
};

function countNeighbours(
  windows: Windows,
  step: number,
  out: Row,
  call: RangeCall,
  neighbours: Neighbours,
): void {
  const starts = firstRows(windows, step, call);
  if (!starts) return;
  let { float, histogram } = starts;
  const floatEnd = windows.high[step];
  const histogramEnd = windows.histogramHigh[step];
  if (histogram >= histogramEnd) {
    return out.setFloat(step, countAmongFloats(windows, float, floatEnd, neighbours));
  }
  let count = 0;
  let previous: Sample | undefined;
  while (float < floatEnd || histogram < histogramEnd) {
    const takesFloat = histogram >= histogramEnd ||
      (float < floatEnd && windows.timestamps[float] < windows.histogramTimestamps[histogram]);
    const current = takesFloat ? floatAt(windows, float++) : histogramAt(windows, histogram++);
    if (previous && tells(previous, current, neighbours)) count++;
    previous = current;
  }
  out.setFloat(step, count);
}

function countAmongFloats(windows: Windows, from: number, to: number, neighbours: Neighbours): number {
  const { values, timestamps, startTimestamps: starts } = windows;
  let count = 0;
  if (neighbours === CHANGES) {
    for (let i = from + 1; i < to; i++) if (differs(values[i - 1], values[i])) count++;
    return count;
  }
  for (let i = from + 1; i < to; i++) {
    const isReset = values[i] < values[i - 1] ||
      (starts && startTellsReset(starts[i - 1], timestamps[i - 1], starts[i], timestamps[i]));
    if (isReset) count++;
  }
  return count;
}

interface Sample {
  readonly timeMs: number;
  readonly startMs: number;
  readonly value: number;
  readonly histogram: Histogram | undefined;
}

function floatAt(windows: Windows, i: number): Sample {
  const startMs = windows.startTimestamps?.[i] ?? 0;
  return { timeMs: windows.timestamps[i], startMs, value: windows.values[i], histogram: undefined };
}

function histogramAt(windows: Windows, i: number): Sample {
  const startMs = windows.histogramStarts?.[i] ?? 0;
  return { timeMs: windows.histogramTimestamps[i], startMs, value: 0, histogram: windows.histograms[i] };
}

function tells(previous: Sample, current: Sample, neighbours: Neighbours): boolean {
  if (!previous.histogram !== !current.histogram) return true;
  const saysStart = neighbours === RESETS &&
    startTellsReset(previous.startMs, previous.timeMs, current.startMs, current.timeMs);
  if (saysStart) return true;
  return previous.histogram && current.histogram
    ? neighbours.histograms(previous.histogram, current.histogram)
    : neighbours.floats(previous.value, current.value);
}

/**
 * Where to begin: at the window's first samples; if it is anchored, at the newest sample of either type at or before
 * the window's start. Undefined: an anchored window without any sample after its start.
 */
function firstRows(
  windows: Windows,
  step: number,
  call: RangeCall,
): { float: number; histogram: number } | undefined {
  const float = windows.low[step];
  const histogram = windows.histogramLow[step];
  if (call.extension !== "anchored") return { float, histogram };
  const startMs = call.startOf(step);
  const { timestamps, histogramTimestamps } = windows;
  const floatAfter = firstAfter(timestamps, float, windows.high[step], startMs);
  const histogramAfter = firstAfter(histogramTimestamps, histogram, windows.histogramHigh[step], startMs);
  if (floatAfter === windows.high[step] && histogramAfter === windows.histogramHigh[step]) return undefined;
  const anchorFloat = floatAfter > float ? timestamps[floatAfter - 1] : -Infinity;
  const anchorHistogram = histogramAfter > histogram ? histogramTimestamps[histogramAfter - 1] : -Infinity;
  if (anchorFloat === -Infinity && anchorHistogram === -Infinity) return { float, histogram };
  return anchorFloat >= anchorHistogram
    ? { float: floatAfter - 1, histogram: histogramAfter }
    : { float: floatAfter, histogram: histogramAfter - 1 };
}

function differs(previous: number, current: number): boolean {
  return current !== previous && !(current !== current && previous !== previous);
}

/** Changes or resets over overlapping windows: counted once along the series, then subtracted. */
export class SlidingNeighbours implements SlidingFunction {
  readonly #of: "changes" | "resets";
  /** How many there were up to and including sample i. */
  #counts = new Int32Array(0);

  constructor(of: "changes" | "resets") {
    this.#of = of;
  }

  pays(visits: number, count: number, steps: number): boolean {
    return visits > count + steps;
  }

  prepare({ values, count, startTimestamps, timestamps }: Windows): void {
    if (this.#counts.length < count) this.#counts = new Int32Array(count);
    const counts = this.#counts;
    const starts = this.#of === "resets" ? startTimestamps : undefined;
    let seen = 0;
    for (let i = 1; i < count; i++) {
      const told = this.#of === "resets" ? values[i] < values[i - 1] : differs(values[i - 1], values[i]);
      if (told || (starts && startTellsReset(starts[i - 1], timestamps[i - 1], starts[i], timestamps[i]))) {
        seen++;
      }
      counts[i] = seen;
    }
    if (count > 0) counts[0] = 0;
  }

  run(windows: Windows, from: number, to: number, out: Row): void {
    const { low, high } = windows;
    const counts = this.#counts;
    for (let step = from; step < to; step++) {
      if (high[step] > low[step]) out.setFloat(step, counts[high[step] - 1] - counts[low[step]]);
    }
  }
}
