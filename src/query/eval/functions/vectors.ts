import { Labels } from "../../../model/labels.ts";
import type { Call } from "../../ast.ts";
import type { EvalContext, Evaluation } from "../context.ts";
import { ABSENT, FLOAT, type Frame } from "../frame.ts";
import { labelsOfMatchers } from "../range_call.ts";
import { selectVector } from "../selectors.ts";

/** scalar(v): the one float of a vector, NaN unless there is exactly one. */
export function* evaluateScalar(context: EvalContext, call: Call): Evaluation<Float64Array> {
  const { kinds, values, stepCount, rowCount } = yield* context.vector(call.args[0]);
  const result = new Float64Array(stepCount).fill(NaN);
  const counts = new Int32Array(stepCount);
  for (let row = 0; row < rowCount; row++) {
    for (let step = 0; step < stepCount; step++) {
      if (kinds[row * stepCount + step] !== FLOAT) continue;
      result[step] = counts[step]++ === 0 ? values[row * stepCount + step] : NaN;
    }
    if (context.env.meter.spend(stepCount)) yield;
  }
  return result;
}

/** vector(s): one element without labels. */
export function* evaluateVector(context: EvalContext, call: Call): Evaluation<Frame> {
  const values = yield* context.scalar(call.args[0]);
  const frame = context.frame(1);
  const cell = frame.addRow(Labels.EMPTY, false);
  for (let step = 0; step < values.length; step++) frame.setFloat(cell + step, values[step]);
  return frame;
}

/** absent(v): 1, labelled as the selector demands, at the steps at which the vector is empty. */
export function* evaluateAbsent(context: EvalContext, call: Call): Evaluation<Frame> {
  const arg = call.args[0];
  const { kinds, stepCount, rowCount } = yield* context.vector(arg);
  const present = new Uint8Array(stepCount);
  for (let row = 0; row < rowCount; row++) {
    for (let step = 0; step < stepCount; step++) present[step] |= kinds[row * stepCount + step];
    if (context.env.meter.spend(stepCount)) yield;
  }
  const selector = arg.kind === "step_invariant" ? arg.expr : arg;
  const labels = selector.kind === "vector_selector" ? labelsOfMatchers(selector.matchers) : Labels.EMPTY;
  const frame = context.frame(1);
  const cell = frame.addRow(labels, false);
  for (let step = 0; step < stepCount; step++) if (present[step] === ABSENT) frame.setFloat(cell + step, 1);
  return frame;
}

/** timestamp(v): when the samples of a selector were taken; for any other vector, the step's own time. */
export function* evaluateTimestamp(context: EvalContext, call: Call): Evaluation<Frame> {
  const arg = call.args[0];
  if (arg.kind === "vector_selector") {
    return dropNames(yield* selectVector(context, arg, "timestamp"));
  }
  const frame = yield* context.vector(arg);
  const { kinds, stepCount } = frame;
  frame.histograms.fill(undefined);
  for (let row = 0; row < frame.rowCount; row++) {
    for (let step = 0; step < stepCount; step++) {
      const cell = row * stepCount + step;
      if (kinds[cell] !== ABSENT) frame.setFloat(cell, context.timeOf(step) / 1000);
    }
  }
  return dropNames(frame);
}

/** start_timestamp(v): when the series of a selector began to count; nothing for any other vector. */
export function* evaluateStartTimestamp(context: EvalContext, call: Call): Evaluation<Frame> {
  const arg = call.args[0];
  if (arg.kind === "vector_selector") {
    return dropNames(yield* selectVector(context, arg, "start_timestamp"));
  }
  yield* context.vector(arg);
  return context.frame(0);
}

function dropNames(frame: Frame): Frame {
  frame.dropsName.fill(true);
  return frame;
}
