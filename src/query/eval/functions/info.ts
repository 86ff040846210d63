import type { Call } from "../../ast.ts";
import type { EvalContext, Evaluation } from "../context.ts";
import type { Frame } from "../frame.ts";

export function* evaluateInfo(context: EvalContext, call: Call): Evaluation<Frame> {
  return yield* context.vector(call.args[0]);
}
