import type { Labels } from "../../model/labels.ts";
import { isStaleNaN, type SampleColumns } from "../../model/sample.ts";
import type { Series } from "../../model/store.ts";
import { detectReset, withHint } from "../histogram/mod.ts";

/**
 * A series whose native histograms say whether the counter was reset since the one before, where the store does not
 * say it (Prometheus, promql/histogram_stats_iterator.go). Only the first one read of a run stays "unknown".
 */
export class ResetAwareSeries implements Series {
  readonly #series: Series;

  constructor(series: Series) {
    this.#series = series;
  }

  get labels(): Labels {
    return this.#series.labels;
  }

  read(minTimeMs: number, maxTimeMs: number, into: SampleColumns): void {
    const from = into.length;
    this.#series.read(minTimeMs, maxTimeMs, into);
    const { histograms, values } = into;
    if (!histograms) return;
    let previous = histograms.findLast((histogram, row) =>
      histogram && row < from && !isStaleNaN(values[row])
    );
    for (let row = from; row < into.length; row++) {
      const histogram = histograms[row];
      if (!histogram || isStaleNaN(values[row])) continue;
      if (histogram.counterResetHint === "unknown" && previous) {
        histograms[row] = withHint(histogram, detectReset(histogram, previous) ? "reset" : "not_reset");
      }
      previous = histograms[row];
    }
  }

  readLast(minTimeMs: number, maxTimeMs: number, into: SampleColumns): boolean {
    const from = into.length;
    if (!this.#series.readLast(minTimeMs, maxTimeMs, into)) return false;
    const histogram = into.histograms?.[from];
    if (histogram?.counterResetHint !== "unknown") return true;
    // What comes before it in the lookback tells.
    into.length = from;
    this.read(minTimeMs, maxTimeMs, into);
    const last = into.length - 1;
    into.length = from;
    into.pushHistogram(into.timestamps[last], into.histograms![last]!, into.startTimestamps?.[last] ?? 0);
    return true;
  }
}
