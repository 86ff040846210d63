import type { Histogram } from "../../../model/histogram.ts";
import {
  compactHistogram,
  detectReset,
  divHistogram,
  hasCustomBuckets,
  mulHistogram,
  withHint,
} from "../../histogram/mod.ts";
import type { Row } from "../row.ts";
import type { Windows } from "../windows.ts";
import { findEdges } from "./edges.ts";
import { added, subtracted } from "./histogram_rate.ts";
import type { RangeCall, RateKind } from "./range_function.ts";

/** rate, increase and delta of native histograms over an anchored or smoothed selector. */
export function extendedHistogramRate(
  windows: Windows,
  step: number,
  out: Row,
  call: RangeCall,
  kind: RateKind,
): void {
  const { histograms, histogramTimestamps: timestamps } = windows;
  const low = windows.histogramLow[step];
  const edges = findEdges(timestamps, low, windows.histogramHigh[step], step, call);
  if (!edges || !fitTogether(windows, edges.first, edges.last, call, kind)) return;
  const { first, last } = edges;
  const [startMs, endMs] = [call.startOf(step), call.endOf(step)];
  const isSmoothed = call.extension === "smoothed";
  const { isCounter } = kind;
  const left = isSmoothed && timestamps[first] < startMs
    ? interpolateHistograms(windows, first, startMs, isCounter, call)
    : histograms[first];
  const right = isSmoothed && last > low && timestamps[last] > endMs
    ? interpolateHistograms(windows, last - 1, endMs, isCounter, call)
    : histograms[last];
  if (!left || !right) return;
  if (!isCounter && (left.counterResetHint !== "gauge" || right.counterResetHint !== "gauge")) {
    call.notes.notAGaugeHistogram(windows.metricName, call.positions[0]);
  }
  let result = subtracted(right, left, windows, call);
  if (result && isCounter) {
    const interpolated = isSmoothed && timestamps[first] < startMs;
    result = corrected(result, windows, first, last, left, right, interpolated, call);
  }
  if (!result) return;
  if (kind.isPerSecond) result = divHistogram(result, call.rangeMs / 1000);
  out.setHistogram(step, compactHistogram(withHint(result, "gauge")));
}

/** Adds what a counter held at each reset between the edges. */
function corrected(
  result: Histogram,
  windows: Windows,
  first: number,
  last: number,
  left: Histogram,
  right: Histogram,
  leftIsInterpolated: boolean,
  call: RangeCall,
): Histogram | undefined {
  const { histograms } = windows;
  let previous = left;
  let next = first + 1;
  if (leftIsInterpolated && detectReset(histograms[first + 1], histograms[first])) {
    // The value at the left edge has been worked out as if the reset had come before it.
    previous = histograms[first + 1];
    next++;
  }
  if (next > last) return result;
  let correction: Histogram | undefined;
  // The last sample is stood for by the right edge's value, which has its hint.
  for (let i = next; i <= last; i++) {
    const current = i === last ? right : histograms[i];
    if (detectReset(current, previous)) {
      correction = correction ? added(correction, previous, windows, call) : previous;
      if (!correction) return undefined;
    }
    previous = current;
  }
  return correction ? added(result, correction, windows, call) : result;
}

function fitTogether(
  windows: Windows,
  first: number,
  last: number,
  { notes, positions }: RangeCall,
  { isCounter }: RateKind,
): boolean {
  const { histograms } = windows;
  const isCustom = hasCustomBuckets(histograms[first]);
  for (let i = first; i <= last; i++) {
    if (hasCustomBuckets(histograms[i]) !== isCustom) {
      notes.mixedExponentialAndCustom(windows.metricName, positions[0]);
      return false;
    }
    if (isCounter && histograms[i].counterResetHint === "gauge") {
      notes.notACounterHistogram(windows.metricName, positions[0]);
    }
  }
  return true;
}

/**
 * The histogram on the line from sample i to the next; a counter that was reset between them began empty. Undefined:
 * the two do not fit together, and a note says so.
 */
export function interpolateHistograms(
  windows: Windows,
  i: number,
  timeMs: number,
  isCounter: boolean,
  call: RangeCall,
): Histogram | undefined {
  const { histograms, histogramTimestamps: timestamps } = windows;
  const [from, to] = [histograms[i], histograms[i + 1]];
  if (timeMs === timestamps[i]) return from;
  if (timeMs === timestamps[i + 1]) return to;
  const fraction = (timeMs - timestamps[i]) / (timestamps[i + 1] - timestamps[i]);
  if (isCounter && detectReset(to, from)) return mulHistogram(to, fraction);
  const difference = subtracted(to, from, windows, call);
  return difference && added(mulHistogram(difference, fraction), from, windows, call);
}
