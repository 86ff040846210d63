import { type Binary, type Expr, isSetOp, type StepInvariant, type Unary } from "../ast.ts";
import { negateHistogram } from "../histogram/mod.ts";
import { evaluateAggregate } from "./aggregate/aggregate.ts";
import { combineSets } from "./binary/set_ops.ts";
import { combineVectors } from "./binary/vectors.ts";
import { combineScalars, combineWithScalar } from "./binary/with_scalar.ts";
import type { EvalContext, Evaluated, Evaluation } from "./context.ts";
import { FLOAT, type Frame } from "./frame.ts";
import { evaluateFunction } from "./functions/table.ts";
import { evaluateRangeCall } from "./range_call.ts";
import { rangeFunction } from "./range/table.ts";
import { selectVector } from "./selectors.ts";
import { selectSmoothed } from "./smoothed_selector.ts";

/**
 * Evaluates any expression but a bare range vector, at all steps of the context's grid. While it does, the samples of
 * what it is made from are held; when it is done, only those of the result, and the memory of others is given back.
 */
export function* evaluate(context: EvalContext, expr: Expr): Evaluation<Evaluated> {
  const { meter, frames } = context.env;
  if (meter.look()) yield;
  const heldBefore = meter.held;
  const framesBefore = frames.count;
  const evaluated = yield* evaluateNode(context, expr);
  const samples = samplesOf(evaluated);
  if (!HOLDS_AS_IT_GOES.has(expr.kind)) meter.expectRoomFor(samples);
  meter.release(meter.held - heldBefore);
  meter.hold(samples);
  frames.releaseSince(framesBefore, evaluated.kind === "vector" ? evaluated.frame : undefined);
  return evaluated;
}

/** Kinds of expressions whose result is held already when they are done. */
const HOLDS_AS_IT_GOES: ReadonlySet<Expr["kind"]> = new Set(
  ["vector_selector", "call", "paren", "step_invariant", "unary"] as const,
);

function samplesOf(evaluated: Evaluated): number {
  if (evaluated.kind === "vector") return evaluated.frame.sampleCount();
  return evaluated.kind === "scalar" ? evaluated.values.length : 0;
}

function* evaluateNode(context: EvalContext, expr: Expr): Evaluation<Evaluated> {
  switch (expr.kind) {
    case "number":
      return { kind: "scalar", values: new Float64Array(context.stepCount).fill(expr.value) };
    case "string":
      return { kind: "string", value: expr.value };
    case "paren":
      return yield* context.evaluate(expr.expr);
    case "step_invariant":
      return yield* evaluateInvariant(context, expr);
    case "vector_selector":
      return {
        kind: "vector",
        frame: yield* (expr.smoothed ? selectSmoothed(context, expr) : selectVector(context, expr, "value")),
      };
    case "call": {
      const fn = rangeFunction(expr.name);
      return fn
        ? { kind: "vector", frame: yield* evaluateRangeCall(context, expr, fn) }
        : yield* evaluateFunction(context, expr);
    }
    case "aggregate":
      return { kind: "vector", frame: yield* evaluateAggregate(context, expr) };
    case "binary":
      return yield* evaluateBinary(context, expr);
    case "unary":
      return yield* evaluateUnary(context, expr);
    case "matrix_selector":
    case "subquery":
      throw new Error(`a ${expr.kind} has no value at a step`);
  }
}

function* evaluateBinary(context: EvalContext, node: Binary): Evaluation<Evaluated> {
  const left = yield* context.evaluate(node.left);
  const right = yield* context.evaluate(node.right);
  if (left.kind === "scalar" && right.kind === "scalar") {
    return { kind: "scalar", values: combineScalars(node.op, left.values, right.values) };
  }
  if (left.kind === "vector" && right.kind === "vector") {
    const frame = isSetOp(node.op)
      ? yield* combineSets(context, node, left.frame, right.frame)
      : yield* combineVectors(context, node, left.frame, right.frame);
    return { kind: "vector", frame };
  }
  if (left.kind === "vector" && right.kind === "scalar") {
    return {
      kind: "vector",
      frame: yield* combineWithScalar(context, node, left.frame, right.values, false),
    };
  }
  if (left.kind === "scalar" && right.kind === "vector") {
    return { kind: "vector", frame: yield* combineWithScalar(context, node, right.frame, left.values, true) };
  }
  throw new Error(`operator ${node.op} between ${left.kind} and ${right.kind}`);
}

function* evaluateUnary(context: EvalContext, node: Unary): Evaluation<Evaluated> {
  const operand = yield* context.evaluate(node.expr);
  if (node.op === "+") return operand;
  if (operand.kind === "scalar") return { kind: "scalar", values: operand.values.map((value) => -value) };
  if (operand.kind === "vector") yield* negate(context, operand.frame);
  return operand;
}

function* negate(context: EvalContext, frame: Frame): Evaluation<void> {
  const { kinds, values, stepCount, rowCount } = frame;
  for (let row = 0; row < rowCount; row++) {
    for (let cell = row * stepCount; cell < (row + 1) * stepCount; cell++) {
      if (kinds[cell] === FLOAT) values[cell] = -values[cell];
    }
    if (context.env.meter.spend(stepCount)) yield;
  }
  for (const row of frame.histograms) {
    if (!row) continue;
    for (const [step, histogram] of row.entries()) if (histogram) row[step] = negateHistogram(histogram);
  }
  frame.dropsName.fill(true);
}

/** Evaluates at the first step and repeats that; each step counts as having looked at its samples. */
function* evaluateInvariant(context: EvalContext, node: StepInvariant): Evaluation<Evaluated> {
  if (context.stepCount <= 1) return yield* context.evaluate(node.expr);
  const { meter } = context.env;
  const once = context.on(context.startMs, context.startMs, context.stepMs);
  const before = meter.total;
  const evaluated = yield* once.evaluate(node.expr);
  meter.total += (context.stepCount - 1) * (meter.total - before);
  if (evaluated.kind === "string") return evaluated;
  if (evaluated.kind === "scalar") {
    return { kind: "scalar", values: new Float64Array(context.stepCount).fill(evaluated.values[0]) };
  }
  return { kind: "vector", frame: repeated(context, evaluated.frame) };
}

function repeated(context: EvalContext, once: Frame): Frame {
  const frame = context.frame(once.rowCount);
  const { stepCount } = frame;
  const before = once.sampleCount();
  for (let row = 0; row < once.rowCount; row++) {
    if (once.isEmpty(row)) continue;
    const first = frame.addRow(once.labels[row], once.dropsName[row]);
    const histogram = once.histograms[row]?.[0];
    if (histogram) {
      for (let step = 0; step < stepCount; step++) frame.setHistogram(frame.rowCount - 1, step, histogram);
      continue;
    }
    frame.kinds.fill(FLOAT, first, first + stepCount);
    frame.values.fill(once.values[row], first, first + stepCount);
  }
  context.env.meter.hold(before * (stepCount - 1));
  return frame;
}
