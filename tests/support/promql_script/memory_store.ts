import type { Histogram } from "../../../src/model/histogram.ts";
import type { Labels } from "../../../src/model/labels.ts";
import type { Matcher } from "../../../src/model/matcher.ts";
import { isStaleNaN, SampleColumns } from "../../../src/model/sample.ts";
import type { Appendable, Queryable, Selection, Series, SeriesRef } from "../../../src/model/store.ts";
import { continuesRun } from "./histogram_run.ts";

/**
 * A store for scripts and try-outs: all samples in plain columns, no limits, nothing on disk. What it answers
 * matches a Prometheus TSDB, counter reset hints included: there the first histogram of a chunk comes back
 * "unknown" and the ones after it "not_reset", whatever was appended; only gauges keep their hint.
 */
export class MemoryStore implements Appendable, Queryable {
  readonly #series: MemorySeries[] = [];
  readonly #byKey = new Map<string, SeriesRef>();

  acquire(labels: Labels): SeriesRef {
    const known = this.#byKey.get(labels.key);
    if (known !== undefined) return known;
    const ref = this.#series.length as SeriesRef;
    this.#series.push(new MemorySeries(labels));
    this.#byKey.set(labels.key, ref);
    return ref;
  }

  release(_ref: SeriesRef): void {
    // nothing here is ever forgotten
  }

  append(
    timestampMs: number,
    refs: ArrayLike<SeriesRef>,
    values: ArrayLike<number>,
    startTimestampMs = 0,
  ): number {
    let refused = 0;
    for (let i = 0; i < refs.length; i++) {
      if (!this.#series[refs[i]].append(timestampMs, values[i], startTimestampMs)) refused++;
    }
    return refused;
  }

  appendHistogram(timestampMs: number, ref: SeriesRef, histogram: Histogram, startTimestampMs = 0): boolean {
    return this.#series[ref].appendHistogram(timestampMs, histogram, startTimestampMs);
  }

  select({ matchers, minTimeMs, maxTimeMs }: Selection): Series[] {
    return this.#series.filter((series) => series.overlaps(minTimeMs, maxTimeMs) && series.fits(matchers));
  }

  labelNames(selection: Selection): string[] {
    const names = new Set<string>();
    for (const { labels } of this.select(selection)) for (const [name] of labels) names.add(name);
    return [...names].sort();
  }

  labelValues(name: string, selection: Selection): string[] {
    const values = new Set(this.select(selection).map(({ labels }) => labels.get(name)));
    values.delete("");
    return [...values].sort();
  }
}

class MemorySeries implements Series {
  readonly labels: Labels;
  readonly #columns = new SampleColumns(16);
  /** The histogram before the next one, where it may continue that one's run. */
  #lastHistogram: Histogram | undefined;

  constructor(labels: Labels) {
    this.labels = labels;
  }

  append(timestampMs: number, value: number, startTimestampMs: number): boolean {
    const { length, timestamps, values, histograms } = this.#columns;
    if (length > 0 && timestampMs <= timestamps[length - 1]) {
      const last = values[length - 1];
      return timestampMs === timestamps[length - 1] && !histograms?.[length - 1] && Object.is(last, value);
    }
    this.#columns.push(timestampMs, value, startTimestampMs);
    this.#lastHistogram = undefined;
    return true;
  }

  appendHistogram(timestampMs: number, histogram: Histogram, startTimestampMs: number): boolean {
    const { length, timestamps } = this.#columns;
    if (length > 0 && timestampMs <= timestamps[length - 1]) return false;
    if (isStaleNaN(histogram.sum)) return this.append(timestampMs, histogram.sum, startTimestampMs);
    const continues = this.#lastHistogram !== undefined && continuesRun(this.#lastHistogram, histogram);
    const gauge = histogram.counterResetHint === "gauge";
    const counterResetHint = gauge ? "gauge" : continues ? "not_reset" : "unknown";
    this.#columns.pushHistogram(timestampMs, { ...histogram, counterResetHint }, startTimestampMs);
    this.#lastHistogram = histogram;
    return true;
  }

  overlaps(minTimeMs: number, maxTimeMs: number): boolean {
    const { length, timestamps } = this.#columns;
    return length > 0 && timestamps[0] <= maxTimeMs && timestamps[length - 1] >= minTimeMs;
  }

  fits(matchers: readonly Matcher[]): boolean {
    return matchers.every((matcher) => matcher.matches(this.labels.get(matcher.name)));
  }

  read(minTimeMs: number, maxTimeMs: number, into: SampleColumns): void {
    const end = this.#rowsUpTo(maxTimeMs);
    for (let row = this.#firstRowFrom(minTimeMs); row < end; row++) this.#copy(row, into);
  }

  readLast(minTimeMs: number, maxTimeMs: number, into: SampleColumns): boolean {
    const row = this.#rowsUpTo(maxTimeMs) - 1;
    if (row < 0 || this.#columns.timestamps[row] < minTimeMs) return false;
    this.#copy(row, into);
    return true;
  }

  #copy(row: number, into: SampleColumns): void {
    const { timestamps, values, histograms, startTimestamps } = this.#columns;
    const histogram = histograms?.[row];
    const startTimestampMs = startTimestamps?.[row] ?? 0;
    if (histogram) into.pushHistogram(timestamps[row], histogram, startTimestampMs);
    else into.push(timestamps[row], values[row], startTimestampMs);
  }

  #rowsUpTo(timestampMs: number): number {
    return this.#firstRowFrom(timestampMs + 1); // timestamps are whole
  }

  /** The first row at or after a time, found by halving. */
  #firstRowFrom(timestampMs: number): number {
    const { timestamps } = this.#columns;
    let low = 0;
    let high = this.#columns.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (timestamps[middle] < timestampMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
