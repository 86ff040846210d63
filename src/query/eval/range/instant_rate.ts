import type { Row } from "../row.ts";
import type { Windows } from "../windows.ts";
import { startTellsReset } from "./extrapolation.ts";
import { histogramInstantRate } from "./histogram_rate.ts";
import type { RangeCall, WindowFunction } from "./range_function.ts";

/** irate (per second, resets seen to) and idelta: from the last two samples. */
export function instantRate(isRate: boolean): WindowFunction {
  return (windows, step, out, call) => {
    const floats = windows.high[step] - windows.low[step];
    const histograms = windows.histogramHigh[step] - windows.histogramLow[step];
    if (histograms === 0) {
      if (floats >= 2) ofFloats(windows, step, out, isRate);
    } else if (floats + histograms >= 2) mixed(windows, step, out, call, isRate);
  };
}

function ofFloats(
  { values, timestamps, startTimestamps, high }: Windows,
  step: number,
  out: Row,
  isRate: boolean,
) {
  const last = high[step] - 1;
  const gapMs = timestamps[last] - timestamps[last - 1];
  if (gapMs === 0) return;
  const isReset = isRate && (values[last] < values[last - 1] ||
    (startTimestamps !== undefined &&
      startTellsReset(
        startTimestamps[last - 1],
        timestamps[last - 1],
        startTimestamps[last],
        timestamps[last],
      )));
  const change = isReset ? values[last] : values[last] - values[last - 1];
  out.setFloat(step, isRate ? change / (gapMs / 1000) : change);
}

/** The last two samples, where at least one in the window is a histogram. */
function mixed(windows: Windows, step: number, out: Row, call: RangeCall, isRate: boolean): void {
  const { timestamps, histogramTimestamps } = windows;
  let float = windows.high[step] - 1;
  let histogram = windows.histogramHigh[step] - 1;
  let floats = 0;
  for (let taken = 0; taken < 2; taken++) {
    const floatMs = float >= windows.low[step] ? timestamps[float] : -Infinity;
    const histogramMs = histogram >= windows.histogramLow[step] ? histogramTimestamps[histogram] : -Infinity;
    if (floatMs > histogramMs) {
      float--;
      floats++;
    } else histogram--;
  }
  if (floats === 2) ofFloats(windows, step, out, isRate);
  else if (floats === 1) call.notes.mixedFloatsAndHistograms(windows.metricName, call.positions[0]);
  else histogramInstantRate(windows, step, out, call, isRate);
}
