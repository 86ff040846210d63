import { firstAfter } from "../../base/search.ts";
import type { Histogram } from "../../model/histogram.ts";
import type { Labels } from "../../model/labels.ts";
import { isStaleNaN, type SampleColumns } from "../../model/sample.ts";
import { histogramWeight } from "./frame.ts";

/** What finding a time by halving costs, in samples that one could look through instead. */
const SEARCH_COST = 16;

/**
 * The samples of one series, and the window of each step on them: what a range function looks at.
 *
 * Stale markers are left out. Floats and histograms lie apart, each with its own index ranges; step s sees
 * `[low[s], high[s])` of the floats and `[histogramLow[s], histogramHigh[s])` of the histograms. Windows are open
 * on the left and closed on the right. Arrays are reused from series to series.
 */
export class Windows {
  labels!: Labels;
  /** Floats. Rows from `count` on mean nothing. */
  count = 0;
  timestamps: Float64Array = new Float64Array(0);
  values: Float64Array = new Float64Array(0);
  /** Start timestamps of the floats; undefined: none is known. */
  startTimestamps: Float64Array | undefined;
  histogramTimestamps: number[] = [];
  histograms: Histogram[] = [];
  histogramStarts: number[] | undefined;
  /** Weight of the first i histograms together. */
  #weights: number[] = [0];
  readonly low: Int32Array;
  readonly high: Int32Array;
  histogramLow: Int32Array;
  histogramHigh: Int32Array;

  constructor(stepCount: number) {
    this.low = new Int32Array(stepCount);
    this.high = new Int32Array(stepCount);
    // Where low and high are the same there is no histogram; they part when the first one comes.
    this.histogramLow = this.histogramHigh = new Int32Array(stepCount);
  }

  get hasHistograms(): boolean {
    return this.histograms.length > 0;
  }

  get metricName(): string {
    return this.labels.metricName;
  }

  /** Takes a series' samples over, for as long as the columns are not used for anything else. */
  take(labels: Labels, columns: SampleColumns, wantsStarts: boolean): void {
    this.labels = labels;
    this.histogramTimestamps = [];
    this.histograms = [];
    this.histogramStarts = undefined;
    this.#weights = [0];
    this.startTimestamps = wantsStarts ? columns.startTimestamps : undefined;
    if (columns.histograms) this.#separate(columns, wantsStarts);
    else dropStaleFloats(columns);
    this.count = columns.length;
    this.timestamps = columns.timestamps;
    this.values = columns.values;
  }

  /** Points steps `from` to `to` (exclusive) at their windows; step s's is (startMs + s·stepMs, endMs + s·stepMs]. */
  slide(from: number, to: number, startMs: number, endMs: number, stepMs: number): void {
    const { timestamps, count, low, high } = this;
    const isSparse = (to - from) * SEARCH_COST < count;
    let first = 0;
    let next = 0;
    for (let step = from; step < to; step++) {
      const fromMs = startMs + step * stepMs;
      const toMs = endMs + step * stepMs;
      if (isSparse) {
        next = firstAfter(timestamps, next, count, toMs);
        first = firstAfter(timestamps, first, next, fromMs);
      } else {
        while (next < count && timestamps[next] <= toMs) next++;
        while (first < next && timestamps[first] <= fromMs) first++;
      }
      low[step] = first;
      high[step] = next;
    }
    if (this.histograms.length > 0) this.#slideHistograms(from, to, startMs, endMs, stepMs);
    else if (this.histogramLow !== this.histogramHigh) {
      this.histogramLow.fill(0, from, to);
      this.histogramHigh.fill(0, from, to);
    }
  }

  /** Samples in the windows of these steps, each as often as it is seen, histograms weighted by size. */
  visits(from: number, to: number): number {
    let visits = 0;
    for (let step = from; step < to; step++) visits += this.weightOf(step);
    return visits;
  }

  /** The most samples, histograms weighted by size, that one of these windows has. */
  widest(from: number, to: number): number {
    let widest = 0;
    for (let step = from; step < to; step++) {
      const weight = this.weightOf(step);
      if (weight > widest) widest = weight;
    }
    return widest;
  }

  /** Samples in a step's window, histograms weighted by size. */
  weightOf(step: number): number {
    const histograms = this.#weights[this.histogramHigh[step]] - this.#weights[this.histogramLow[step]];
    return this.high[step] - this.low[step] + histograms;
  }

  isEmpty(step: number): boolean {
    return this.low[step] === this.high[step] && this.histogramLow[step] === this.histogramHigh[step];
  }

  #slideHistograms(from: number, to: number, startMs: number, endMs: number, stepMs: number): void {
    if (this.histogramLow === this.histogramHigh) this.histogramHigh = this.histogramHigh.slice();
    const { histogramTimestamps: timestamps, histogramLow, histogramHigh } = this;
    let first = 0;
    let next = 0;
    for (let step = from; step < to; step++) {
      while (next < timestamps.length && timestamps[next] <= endMs + step * stepMs) next++;
      while (first < next && timestamps[first] <= startMs + step * stepMs) first++;
      histogramLow[step] = first;
      histogramHigh[step] = next;
    }
  }

  /** Moves the histograms out of the columns and closes the gaps. */
  #separate(columns: SampleColumns, wantsStarts: boolean): void {
    const { timestamps, values, startTimestamps } = columns;
    if (wantsStarts && startTimestamps) this.histogramStarts = [];
    let kept = 0;
    for (let row = 0; row < columns.length; row++) {
      const value = values[row];
      if (value !== value && isStaleNaN(value)) continue;
      const histogram = columns.histograms![row];
      if (histogram) {
        this.histogramTimestamps.push(timestamps[row]);
        this.histograms.push(histogram);
        this.#weights.push(this.#weights[this.#weights.length - 1] + histogramWeight(histogram));
        this.histogramStarts?.push(startTimestamps![row]);
        continue;
      }
      timestamps[kept] = timestamps[row];
      values[kept] = value;
      if (startTimestamps) startTimestamps[kept] = startTimestamps[row];
      kept++;
    }
    columns.length = kept;
  }
}

function dropStaleFloats(columns: SampleColumns): void {
  const { timestamps, values, startTimestamps, length } = columns;
  let kept = 0;
  while (kept < length && !(values[kept] !== values[kept] && isStaleNaN(values[kept]))) kept++;
  if (kept === length) return;
  for (let row = kept; row < length; row++) {
    const value = values[row];
    if (value !== value && isStaleNaN(value)) continue;
    timestamps[kept] = timestamps[row];
    values[kept] = value;
    if (startTimestamps) startTimestamps[kept] = startTimestamps[row];
    kept++;
  }
  columns.length = kept;
}
