import type { RangeCall } from "./range_function.ts";

/** Windows without samples near an edge are extended by this many average gaps at most. */
const NEAR_EDGE_GAPS = 1.1;

/**
 * By what the increase between a window's first and last sample is multiplied, so that it stands for the whole
 * window (Prometheus, promql/functions.go, extrapolatedRate): to the very edge where the samples come close to it, by
 * half a gap otherwise, and for counters never to where they would have been below zero.
 *
 * @param gaps how many gaps lie between the samples, at least one
 * @param first the first sample's value, or its count if it is a histogram
 */
export function extrapolationFactor(
  call: RangeCall,
  step: number,
  firstMs: number,
  lastMs: number,
  gaps: number,
  increase: number,
  first: number,
  isCounter: boolean,
): number {
  const sampledSeconds = (lastMs - firstMs) / 1000;
  const averageGap = sampledSeconds / gaps;
  const threshold = averageGap * NEAR_EDGE_GAPS;
  let toStart = (firstMs - call.startOf(step)) / 1000;
  if (toStart >= threshold) toStart = averageGap / 2;
  if (isCounter && increase > 0 && first >= 0) {
    const toZero = sampledSeconds * (first / increase);
    if (toZero < toStart) toStart = toZero;
  }
  let toEnd = (call.endOf(step) - lastMs) / 1000;
  if (toEnd >= threshold) toEnd = averageGap / 2;
  return sampledSeconds === 0 ? 1 : (sampledSeconds + toStart + toEnd) / sampledSeconds;
}

/**
 * The same where the series is known to have begun at zero inside the window: nothing is guessed towards the left.
 * @param gaps may be zero: then there is no average gap, and nothing is guessed towards the right either
 */
export function factorFromStart(
  call: RangeCall,
  step: number,
  startedMs: number,
  firstMs: number,
  lastMs: number,
  gaps: number,
): number {
  const averageGap = gaps > 0 ? (lastMs - firstMs) / 1000 / gaps : 0;
  const sampledSeconds = (lastMs - startedMs) / 1000;
  let toEnd = (call.endOf(step) - lastMs) / 1000;
  if (toEnd >= averageGap * NEAR_EDGE_GAPS) toEnd = averageGap / 2;
  return sampledSeconds === 0 ? 1 : (sampledSeconds + toEnd) / sampledSeconds;
}

/** Whether a series, as its first sample in the window says, began inside the window and before that sample. */
export function beganInside(startedMs: number, windowStartMs: number, firstMs: number): boolean {
  return startedMs !== 0 && startedMs > windowStartMs && startedMs < firstMs;
}

/**
 * Whether start timestamps tell of a counter reset between two samples. A start at the very time of the sample before
 * is one only if that sample's own start was known: otherwise it is how some sources say "unknown".
 */
export function startTellsReset(
  previousStartMs: number,
  previousMs: number,
  startMs: number,
  currentMs: number,
): boolean {
  if (startMs === 0 || startMs >= currentMs || startMs < previousMs) return false;
  if (startMs > previousMs) return true;
  return previousStartMs <= previousMs && previousStartMs !== 0 && previousStartMs !== previousMs;
}

/** Whether a sample claims to have started while the series still went on with another start. */
export function startsOverlap(previousStartMs: number, previousMs: number, startMs: number): boolean {
  return startMs !== 0 && startMs < previousMs && startMs !== previousStartMs;
}
