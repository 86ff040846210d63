import type { Aggregate } from "../../ast.ts";
import type { EvalContext, Evaluation } from "../context.ts";
import type { Frame } from "../frame.ts";
import { aggregateFloats } from "./floats.ts";
import { groupRows } from "./groups.ts";
import { aggregateMixed } from "./mixed.ts";
import { countValues } from "./count_values.ts";
import { pickElements } from "./pick.ts";

/** sum by (job) (…), topk(5, …) and the rest. */
export function* evaluateAggregate(context: EvalContext, node: Aggregate): Evaluation<Frame> {
  if (node.op === "count_values") return yield* countValues(context, node);
  const param = node.param ? yield* context.scalar(node.param) : undefined;
  const frame = yield* context.vector(node.expr);
  const groups = groupRows(frame, node);
  switch (node.op) {
    case "topk":
    case "bottomk":
    case "limitk":
    case "limit_ratio":
      return yield* pickElements(context, node, frame, groups, param!);
    case "quantile":
      remarkQuantile(context, node, param!);
  }
  const aggregation = frame.hasHistograms ? aggregateMixed : aggregateFloats;
  return yield* aggregation(context, node, frame, groups, param);
}

/** Remarks on the lowest and the highest quantile asked for over all steps, where they are none. */
function remarkQuantile(context: EvalContext, node: Aggregate, quantiles: Float64Array): void {
  const { notes } = context.env;
  const { position } = node.param!;
  if (quantiles.some(Number.isNaN)) notes.invalidQuantile(NaN, position);
  let min = Infinity;
  let max = -Infinity;
  for (const quantile of quantiles) {
    if (quantile < min) min = quantile;
    if (quantile > max) max = quantile;
  }
  if (max > 1) notes.invalidQuantile(max, position);
  if (min < 0) notes.invalidQuantile(min, position);
}
