import { isLabelName, type Labels, METRIC_NAME } from "../../../model/labels.ts";
import type { Aggregate } from "../../ast.ts";
import { formatFloat } from "../../go_number.ts";
import { type EvalContext, type Evaluation, stringOf } from "../context.ts";
import { executionFailure, tooManySamples } from "../failure.ts";
import { ABSENT, FLOAT, Frame } from "../frame.ts";
import { quote } from "../../go_text.ts";
import { describeHistogram } from "../../histogram/mod.ts";

/** count_values("label", …): how often each value occurs, the value becoming a label. */
export function* countValues(context: EvalContext, node: Aggregate): Evaluation<Frame> {
  const label = stringOf(node.param!);
  if (!isLabelName(label)) throw executionFailure(`invalid label name ${quote(label)}`);
  const frame = yield* context.vector(node.expr);
  const { stepCount } = frame;
  const { meter, maxCells, frames } = context.env;
  const kept = new Set(node.grouping).add(label);
  const dropped = new Set(node.grouping).add(METRIC_NAME);
  // The rows first, so that the result is made once and in its size: values that are all different make it large.
  const rows: Labels[] = [];
  const rowByKey = new Map<string, number>();
  const rowByText: Map<string, number>[] = [];
  for (let row = 0; row < frame.rowCount; row++) {
    const byText = rowByText[row] = new Map<string, number>();
    for (let step = 0; step < stepCount; step++) {
      const text = textOf(frame, row, step);
      if (text === undefined || byText.has(text)) continue;
      const labels = frame.labels[row].with(label, text);
      const group = node.without ? labels.drop(dropped) : labels.keep(kept);
      let found = rowByKey.get(group.key);
      if (found === undefined) {
        rowByKey.set(group.key, found = rows.length);
        rows.push(group);
        if (rows.length * stepCount > maxCells) throw tooManySamples();
      }
      byText.set(text, found);
      if (meter.spend(32)) yield;
    }
    if (meter.spend(8 * stepCount)) yield;
  }
  const out = frames.add(new Frame(stepCount, rows.length, maxCells));
  for (const labels of rows) out.addRow(labels, false);
  for (let row = 0; row < frame.rowCount; row++) {
    for (let step = 0; step < stepCount; step++) {
      const text = textOf(frame, row, step);
      if (text === undefined) continue;
      const cell = rowByText[row].get(text)! * stepCount + step;
      out.kinds[cell] = FLOAT;
      out.values[cell]++;
    }
    if (meter.spend(8 * stepCount)) yield;
  }
  return out;
}

/** A cell's value as text; undefined: there is none. */
function textOf(frame: Frame, row: number, step: number): string | undefined {
  const cell = row * frame.stepCount + step;
  if (frame.kinds[cell] === ABSENT) return undefined;
  const histogram = frame.histograms[row]?.[step];
  return histogram ? describeHistogram(histogram) : formatFloat(frame.values[cell]);
}
