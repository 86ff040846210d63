import { type Labels, METRIC_NAME } from "../../../model/labels.ts";
import { compileRegex } from "../../../base/regex.ts";
import type { Call } from "../../ast.ts";
import { type EvalContext, type Evaluation, stringOf } from "../context.ts";
import { executionFailure } from "../failure.ts";
import type { Frame } from "../frame.ts";
import { isLabelName } from "../label_sets.ts";
import { mergeEqualRows } from "../merge_rows.ts";
import { expandTemplate } from "./template.ts";

/** label_replace(v, dst, replacement, src, regex). */
export function* evaluateLabelReplace(context: EvalContext, call: Call): Evaluation<Frame> {
  const [target, replacement, source, pattern] = call.args.slice(1).map(stringOf);
  const compiled = compileRegex(`^(?s:${pattern})$`);
  if (compiled.kind === "error") {
    throw executionFailure(`invalid regular expression in label_replace(): ${pattern}`);
  }
  if (!isLabelName(target)) {
    throw executionFailure(`invalid destination label name in label_replace(): ${target}`);
  }
  const { re2 } = compiled.regex;
  return yield* relabel(context, call, target, (labels) => {
    const matcher = re2.matcher(labels.get(source));
    return matcher.find() ? expandTemplate(replacement, matcher, re2.namedGroups()) : undefined;
  });
}

/** label_join(v, dst, separator, src…). */
export function* evaluateLabelJoin(context: EvalContext, call: Call): Evaluation<Frame> {
  const [target, separator, ...sources] = call.args.slice(1).map(stringOf);
  for (const source of sources) {
    if (!isLabelName(source)) {
      throw executionFailure(`invalid source label name in label_join(): ${source}`);
    }
  }
  if (!isLabelName(target)) {
    throw executionFailure(`invalid destination label name in label_join(): ${target}`);
  }
  return yield* relabel(
    context,
    call,
    target,
    (labels) => sources.map((source) => labels.get(source)).join(separator),
  );
}

/** Sets a label of each row; `undefined` leaves a row as it is. A name given this way is kept. */
function* relabel(
  context: EvalContext,
  call: Call,
  target: string,
  valueOf: (labels: Labels) => string | undefined,
): Evaluation<Frame> {
  const frame = yield* context.vector(call.args[0]);
  for (let row = 0; row < frame.rowCount; row++) {
    const value = valueOf(frame.labels[row]);
    if (value === undefined) continue;
    frame.labels[row] = frame.labels[row].with(target, value);
    if (target === METRIC_NAME) frame.dropsName[row] = false;
    if (context.env.meter.spend(16)) yield;
  }
  return mergeEqualRows(context, frame);
}
