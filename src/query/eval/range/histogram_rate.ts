import type { Histogram } from "../../../model/histogram.ts";
import {
  addHistograms,
  compactHistogram,
  copyToSchema,
  detectReset,
  divHistogram,
  hasCustomBuckets,
  mulHistogram,
  statsOnly,
  subHistograms,
  withHint,
} from "../../histogram/mod.ts";
import type { Row } from "../row.ts";
import type { Windows } from "../windows.ts";
import {
  beganInside,
  extrapolationFactor,
  factorFromStart,
  startsOverlap,
  startTellsReset,
} from "./extrapolation.ts";
import type { RangeCall, RateKind } from "./range_function.ts";

/** rate, increase and delta of native histograms. */
export function histogramRate(
  windows: Windows,
  step: number,
  out: Row,
  call: RangeCall,
  kind: RateKind,
): void {
  const { histograms, histogramTimestamps, histogramStarts } = windows;
  const first = windows.histogramLow[step];
  const last = windows.histogramHigh[step] - 1;
  let increase: Histogram | undefined;
  if (last > first) {
    increase = increaseOf(windows, first, last, call, kind);
    if (!increase) return;
  }
  const [firstMs, lastMs] = [histogramTimestamps[first], histogramTimestamps[last]];
  const startMs = kind.isCounter ? histogramStarts?.[first] ?? 0 : 0;
  let factor: number;
  if (beganInside(startMs, call.startOf(step), firstMs)) {
    factor = factorFromStart(call, step, startMs, firstMs, lastMs, last - first);
    increase = increase ? added(increase, histograms[first], windows, call) : histograms[first];
  } else if (increase) {
    const { isCounter } = kind;
    const firstCount = histograms[first].count;
    factor = extrapolationFactor(
      call,
      step,
      firstMs,
      lastMs,
      last - first,
      increase.count,
      firstCount,
      isCounter,
    );
  } else return;
  if (!increase) return;
  if (kind.isPerSecond) factor /= call.rangeMs / 1000;
  out.setHistogram(step, mulHistogram(increase, factor));
}

/**
 * From the window's first histogram to its last, with what counters lost in resets; at the lowest resolution among
 * them. Undefined: they do not fit together, and a note says so.
 */
function increaseOf(
  windows: Windows,
  first: number,
  last: number,
  call: RangeCall,
  { isCounter }: RateKind,
): Histogram | undefined {
  const { histograms, histogramTimestamps: timestamps, histogramStarts: starts } = windows;
  const { notes, positions } = call;
  const isReset = (i: number, previous: Histogram) =>
    (starts !== undefined && startTellsReset(starts[i - 1], timestamps[i - 1], starts[i], timestamps[i])) ||
    detectReset(histograms[i], previous);
  remarkKinds(windows, first, last, call, isCounter);
  let base = histograms[first];
  // What was before a reset need not even look like what came after.
  if (isCounter && isReset(first + 1, base)) base = emptyLike(histograms[first + 1]);
  const between = isCounter ? histograms.slice(first + 1, last + 1) : [histograms[last]];
  if (between.some((histogram) => hasCustomBuckets(histogram) !== hasCustomBuckets(base))) {
    notes.mixedExponentialAndCustom(windows.metricName, positions[0]);
    return undefined;
  }
  const schema = between.reduce((least, histogram) => Math.min(least, histogram.schema), base.schema);
  const difference = subHistograms(copyToSchema(histograms[last], schema), base);
  if (difference.kind === "incompatible") {
    notes.mixedExponentialAndCustom(windows.metricName, positions[0]);
    return undefined;
  }
  if (difference.boundsReconciled) notes.bucketsReconciled("subtraction", positions[0]);
  let increase: Histogram | undefined = difference.histogram;
  if (isCounter) {
    let overlaps = false;
    let previous = base;
    for (let i = first + 1; i <= last && increase; i++) {
      overlaps ||= starts !== undefined && startsOverlap(starts[i - 1], timestamps[i - 1], starts[i]);
      if (isReset(i, previous)) increase = added(increase, previous, windows, call);
      previous = histograms[i];
    }
    if (overlaps) notes.startTimeOverlap(windows.metricName, positions[0]);
  }
  return increase && compactHistogram(withHint(increase, "gauge"));
}

/** Remarks on gauges where counters are meant, and the other way round. */
function remarkKinds(
  windows: Windows,
  first: number,
  last: number,
  call: RangeCall,
  isCounter: boolean,
): void {
  const { histograms } = windows;
  const isGauge = (i: number) => histograms[i].counterResetHint === "gauge";
  if (!isCounter) {
    if (!isGauge(first) || !isGauge(last)) {
      call.notes.notAGaugeHistogram(windows.metricName, call.positions[0]);
    }
    return;
  }
  for (let i = first; i <= last; i++) {
    if (isGauge(i)) return call.notes.notACounterHistogram(windows.metricName, call.positions[0]);
  }
}

function emptyLike(histogram: Histogram): Histogram {
  const { schema, customValues } = histogram;
  return { ...statsOnly(histogram, "unknown"), schema, customValues, count: 0, sum: 0 };
}

/** The sum, or undefined with a note. */
export function added(
  left: Histogram,
  right: Histogram,
  windows: Windows,
  { notes, positions }: RangeCall,
): Histogram | undefined {
  const sum = addHistograms(left, right);
  if (sum.kind === "incompatible") {
    notes.mixedExponentialAndCustom(windows.metricName, positions[0]);
    return undefined;
  }
  if (sum.boundsReconciled) notes.bucketsReconciled("addition", positions[0]);
  return sum.histogram;
}

/** The difference, or undefined with a note. */
export function subtracted(
  left: Histogram,
  right: Histogram,
  windows: Windows,
  { notes, positions }: RangeCall,
): Histogram | undefined {
  const difference = subHistograms(left, right);
  if (difference.kind === "incompatible") {
    notes.mixedExponentialAndCustom(windows.metricName, positions[0]);
    return undefined;
  }
  if (difference.boundsReconciled) notes.bucketsReconciled("subtraction", positions[0]);
  return difference.histogram;
}

/** irate and idelta of the window's last two histograms. */
export function histogramInstantRate(
  windows: Windows,
  step: number,
  out: Row,
  call: RangeCall,
  isRate: boolean,
): void {
  const { histograms, histogramTimestamps: timestamps, histogramStarts: starts } = windows;
  const i = windows.histogramHigh[step] - 1;
  const [previous, current] = [histograms[i - 1], histograms[i]];
  const gapMs = timestamps[i] - timestamps[i - 1];
  if (gapMs === 0) return;
  const gauges = [previous, current].filter((histogram) => histogram.counterResetHint === "gauge").length;
  if (isRate && gauges > 0) call.notes.notACounterHistogram(windows.metricName, call.positions[0]);
  if (!isRate && gauges < 2) call.notes.notAGaugeHistogram(windows.metricName, call.positions[0]);
  const isReset = isRate &&
    ((starts !== undefined && startTellsReset(starts[i - 1], timestamps[i - 1], starts[i], timestamps[i])) ||
      detectReset(current, previous));
  const change = isReset ? current : subtracted(current, previous, windows, call);
  if (!change) return;
  const gauge = compactHistogram(withHint(change, "gauge"));
  out.setHistogram(step, isRate ? divHistogram(gauge, gapMs / 1000) : gauge);
}
