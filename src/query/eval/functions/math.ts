import type { Call } from "../../ast.ts";
import type { EvalContext, Evaluation } from "../context.ts";
import { ABSENT, FLOAT, type Frame } from "../frame.ts";
import { dropHistograms } from "./drop_histograms.ts";

/**
 * Beyond this, e^-x adds nothing to e^x. Go halves what is left, and so is at infinity at 709.8; JavaScript's own
 * functions come a little further.
 */
const HALF_IS_ALL = 21;

/** Functions that change each float by itself. */
export const FLOAT_FUNCTIONS = {
  abs: Math.abs,
  acos: Math.acos,
  acosh: Math.acosh,
  asin: Math.asin,
  asinh: Math.asinh,
  atan: Math.atan,
  atanh: Math.atanh,
  ceil: Math.ceil,
  cos: Math.cos,
  cosh: (value: number) => Math.abs(value) > HALF_IS_ALL ? Math.exp(Math.abs(value)) / 2 : Math.cosh(value),
  deg: (value: number) => value * 180 / Math.PI,
  exp: Math.exp,
  floor: Math.floor,
  ln: Math.log,
  log10: Math.log10,
  log2: Math.log2,
  rad: (value: number) => value * Math.PI / 180,
  sgn: (value: number) => value < 0 ? -1 : value > 0 ? 1 : value,
  sin: Math.sin,
  sinh: (value: number) =>
    Math.abs(value) > HALF_IS_ALL ? Math.sign(value) * Math.exp(Math.abs(value)) / 2 : Math.sinh(value),
  sqrt: Math.sqrt,
  tan: Math.tan,
  tanh: Math.tanh,
} as const;

/** Applies a function to all floats, in place; histograms go, and so does the metric name. */
export function* mapFloats(
  context: EvalContext,
  frame: Frame,
  change: (value: number, step: number) => number,
): Evaluation<Frame> {
  dropHistograms(frame);
  const { kinds, values, stepCount } = frame;
  for (let row = 0; row < frame.rowCount; row++) {
    frame.dropsName[row] = true;
    const first = row * stepCount;
    for (let step = 0; step < stepCount; step++) {
      if (kinds[first + step] === FLOAT) values[first + step] = change(values[first + step], step);
    }
    if (context.env.meter.spend(2 * stepCount)) yield;
  }
  return frame;
}

/** round(v, to): ties go up. */
export function* evaluateRound(context: EvalContext, call: Call): Evaluation<Frame> {
  const to = call.args[1] ? yield* context.scalar(call.args[1]) : undefined;
  const frame = yield* context.vector(call.args[0]);
  return yield* mapFloats(context, frame, (value, step) => {
    // The inverse is often a whole number where the unit is not: fewer rounding errors.
    const inverse = 1 / (to ? to[step] : 1);
    return Math.floor(value * inverse + 0.5) / inverse;
  });
}

/** clamp(v, min, max), clamp_min(v, min), clamp_max(v, max); an empty interval leaves nothing. */
export function* evaluateClamp(context: EvalContext, call: Call): Evaluation<Frame> {
  const frame = yield* context.vector(call.args[0]);
  const first = yield* context.scalar(call.args[1]);
  const second = call.args[2] ? yield* context.scalar(call.args[2]) : undefined;
  const mins = call.name === "clamp_max" ? undefined : first;
  const maxes = call.name === "clamp_max" ? first : second;
  const clamped = yield* mapFloats(context, frame, (value, step) => {
    const most = maxes ? leastOf(maxes[step], value) : value;
    return mins ? mostOf(mins[step], most) : most;
  });
  if (mins && maxes) clearEmptyIntervals(clamped, mins, maxes);
  return clamped;
}

function clearEmptyIntervals(
  { kinds, stepCount, rowCount }: Frame,
  mins: Float64Array,
  maxes: Float64Array,
): void {
  for (let step = 0; step < stepCount; step++) {
    if (!(maxes[step] < mins[step])) continue;
    for (let row = 0; row < rowCount; row++) kinds[row * stepCount + step] = ABSENT;
  }
}

/** Go's math.Max: +Inf wins over NaN. */
export function mostOf(a: number, b: number): number {
  return a === Infinity || b === Infinity ? Infinity : Math.max(a, b);
}

/** Go's math.Min: -Inf wins over NaN. */
export function leastOf(a: number, b: number): number {
  return a === -Infinity || b === -Infinity ? -Infinity : Math.min(a, b);
}
