import type { Call } from "../../ast.ts";
import type { EvalContext, Evaluation } from "../context.ts";
import { leastOf, mostOf } from "./math.ts";

/** time(): each step's time in Unix seconds. */
export function timeValues(context: EvalContext): Float64Array {
  const values = new Float64Array(context.stepCount);
  for (let step = 0; step < values.length; step++) values[step] = context.timeOf(step) / 1000;
  return values;
}

/** min_of(a, b) and max_of(a, b). */
export function* evaluateExtreme(context: EvalContext, call: Call): Evaluation<Float64Array> {
  const left = yield* context.scalar(call.args[0]);
  const right = yield* context.scalar(call.args[1]);
  const choose = call.name === "min_of" ? leastOf : mostOf;
  return left.map((value, step) => choose(value, right[step]));
}
