import { type Binary, isComparison } from "../../ast.ts";
import type { EvalContext, Evaluation } from "../context.ts";
import { ABSENT, FLOAT, type Frame } from "../frame.ts";
import { combineElements } from "./elements.ts";
import { ARITHMETIC, COMPARISON, isArithmetic } from "./float_ops.ts";

/** scalar op scalar. */
export function combineScalars(op: Binary["op"], left: Float64Array, right: Float64Array): Float64Array {
  const result = new Float64Array(left.length);
  if (isArithmetic(op)) {
    const compute = ARITHMETIC[op];
    for (let step = 0; step < result.length; step++) result[step] = compute(left[step], right[step]);
  } else if (isComparison(op)) {
    const holds = COMPARISON[op];
    for (let step = 0; step < result.length; step++) result[step] = holds(left[step], right[step]) ? 1 : 0;
  } else throw new Error(`operator ${op} is not for scalars`);
  return result;
}

/**
 * vector op scalar, in place. `swapped`: the scalar stood on the left. A comparison without `bool` keeps the vector's
 * own value, whichever side that is on.
 */
export function* combineWithScalar(
  context: EvalContext,
  node: Binary,
  frame: Frame,
  scalar: Float64Array,
  swapped: boolean,
): Evaluation<Frame> {
  const { op, returnBool } = node;
  const { meter } = context.env;
  const { stepCount } = frame;
  for (let row = 0; row < frame.rowCount; row++) {
    const first = row * stepCount;
    if (frame.histograms[row]) combineHistograms(context, node, frame, row, scalar, swapped);
    if (isArithmetic(op)) compute(frame, first, ARITHMETIC[op], scalar, swapped);
    else if (isComparison(op)) compare(frame, first, COMPARISON[op], scalar, swapped, returnBool);
    else remarkTrimmedFloats(context, node, frame, first);
    if (isArithmetic(op) || returnBool) frame.dropsName[row] = true;
    if (meter.spend(stepCount)) yield;
  }
  return frame;
}

function compute(
  { kinds, values, stepCount }: Frame,
  first: number,
  operation: (left: number, right: number) => number,
  scalar: Float64Array,
  swapped: boolean,
): void {
  for (let step = 0, cell = first; step < stepCount; step++, cell++) {
    if (kinds[cell] !== FLOAT) continue;
    values[cell] = swapped ? operation(scalar[step], values[cell]) : operation(values[cell], scalar[step]);
  }
}

function compare(
  { kinds, values, stepCount }: Frame,
  first: number,
  holds: (left: number, right: number) => boolean,
  scalar: Float64Array,
  swapped: boolean,
  returnBool: boolean,
): void {
  for (let step = 0, cell = first; step < stepCount; step++, cell++) {
    if (kinds[cell] !== FLOAT) continue;
    const keeps = swapped ? holds(scalar[step], values[cell]) : holds(values[cell], scalar[step]);
    if (returnBool) values[cell] = keeps ? 1 : 0;
    else if (!keeps) kinds[cell] = ABSENT;
  }
}

function combineHistograms(
  context: EvalContext,
  node: Binary,
  frame: Frame,
  row: number,
  scalar: Float64Array,
  swapped: boolean,
): void {
  const histograms = frame.histograms[row]!;
  frame.histograms[row] = undefined;
  for (let step = 0; step < frame.stepCount; step++) {
    const histogram = histograms[step];
    if (!histogram) continue;
    const cell = row * frame.stepCount + step;
    frame.kinds[cell] = ABSENT;
    const element = { value: 0, histogram };
    const other = { value: scalar[step], histogram: undefined };
    const { notes } = context.env;
    const result = swapped
      ? combineElements(node.op, other, element, notes, node.position)
      : combineElements(node.op, element, other, notes, node.position);
    if (result.kind === "histogram") frame.setHistogram(row, step, result.histogram);
  }
}

/** Trimming is for histograms: floats go, with a remark. */
function remarkTrimmedFloats(context: EvalContext, node: Binary, frame: Frame, first: number): void {
  for (let cell = first; cell < first + frame.stepCount; cell++) {
    if (frame.kinds[cell] !== FLOAT) continue;
    frame.kinds[cell] = ABSENT;
    context.env.notes.incompatibleTypes("float", node.op, "float", node.position);
  }
}
