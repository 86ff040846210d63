import { isLabelName, type Labels, METRIC_NAME } from "../../../model/labels.ts";
import { compileRegex, patternWeight } from "../../../base/regex.ts";
import type { Call } from "../../ast.ts";
import { isTooLarge, TOO_LARGE } from "../../pattern_bounds.ts";
import { type EvalContext, type Evaluation, stringOf } from "../context.ts";
import { type EvaluationFailure, executionFailure } from "../failure.ts";
import type { Frame } from "../frame.ts";
import { mergeEqualRows } from "../merge_rows.ts";
import { expandTemplate } from "./template.ts";

/** Longest label value that a query may make: joining a label with itself doubles it each time. */
const MAX_VALUE_LENGTH = 16_384;

/**
 * States of a pattern that may be alive at once, times length of a text: what one match may cost. It is a millisecond or
 * two at worst, in which nothing else happens.
 */
const MAX_MATCH_WORK = 20_000;

/** States that are alive at once in a pattern without counted repetitions: a guess on the safe side. */
const USUAL_STATES = 4;

/** label_replace(v, dst, replacement, src, regex). */
export function* evaluateLabelReplace(context: EvalContext, call: Call): Evaluation<Frame> {
  const [target, replacement, source, pattern] = call.args.slice(1).map(stringOf);
  if (isTooLarge(pattern)) {
    throw executionFailure(`invalid regular expression in label_replace(): ${TOO_LARGE}`);
  }
  const compiled = compileRegex(`^(?s:${pattern})$`);
  if (compiled.kind === "error") {
    throw executionFailure(`invalid regular expression in label_replace(): ${pattern}`);
  }
  if (!isLabelName(target)) {
    throw executionFailure(`invalid destination label name in label_replace(): ${target}`);
  }
  const { re2 } = compiled.regex;
  const states = Math.max(0, patternWeight(pattern) - pattern.length) + USUAL_STATES;
  return yield* relabel(context, call, target, (labels) => {
    const value = labels.get(source);
    if (value.length * states > MAX_MATCH_WORK) {
      throw executionFailure("label value too long for the regular expression in label_replace()");
    }
    const matcher = re2.matcher(value);
    return matcher.find()
      ? expandTemplate(replacement, matcher, re2.namedGroups(), MAX_VALUE_LENGTH)
      : undefined;
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
    (labels) => joined(sources.map((source) => labels.get(source)), separator),
  );
}

/** Values with a separator in between. Not made when it would be too long: that is told by its length alone. */
function joined(values: readonly string[], separator: string): string {
  const length = values.reduce((sum, value) => sum + value.length + separator.length, -separator.length);
  if (length > MAX_VALUE_LENGTH) throw valueTooLong();
  return values.join(separator);
}

function valueTooLong(): EvaluationFailure {
  return executionFailure(`label value longer than ${MAX_VALUE_LENGTH} characters`);
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
    if (value.length > MAX_VALUE_LENGTH) throw valueTooLong();
    context.env.meter.write(value.length);
    frame.labels[row] = frame.labels[row].with(target, value);
    if (target === METRIC_NAME) frame.dropsName[row] = false;
    if (context.env.meter.spend(16 + value.length)) yield;
  }
  return mergeEqualRows(context, frame);
}
