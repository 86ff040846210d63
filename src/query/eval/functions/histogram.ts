import type { Histogram } from "../../../model/histogram.ts";
import type { Call } from "../../ast.ts";
import { histogramAvg, histogramVariance } from "../../histogram/mod.ts";
import type { EvalContext, Evaluation } from "../context.ts";
import { ABSENT, type Frame } from "../frame.ts";

/** What functions read off one native histogram. */
export const HISTOGRAM_FUNCTIONS = {
  histogram_avg: histogramAvg,
  histogram_count: (histogram: Histogram) => histogram.count,
  histogram_stddev: (histogram: Histogram) => Math.sqrt(histogramVariance(histogram)),
  histogram_stdvar: histogramVariance,
  histogram_sum: (histogram: Histogram) => histogram.sum,
} as const;

/** histogram_count(v) and the like: a float for each native histogram; floats go. */
export function* evaluateHistogramRead(
  context: EvalContext,
  call: Call,
  read: (histogram: Histogram) => number,
): Evaluation<Frame> {
  const frame = yield* context.vector(call.args[0]);
  const { stepCount } = frame;
  for (let row = 0; row < frame.rowCount; row++) {
    const histograms = frame.histograms[row];
    frame.histograms[row] = undefined;
    frame.dropsName[row] = true;
    for (let step = 0; step < stepCount; step++) {
      const cell = row * stepCount + step;
      const histogram = histograms?.[step];
      if (histogram) frame.setFloat(cell, read(histogram));
      else frame.kinds[cell] = ABSENT;
    }
    if (context.env.meter.spend(8 * stepCount)) yield;
  }
  return frame;
}
