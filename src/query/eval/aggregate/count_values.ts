import { isLabelName, METRIC_NAME } from "../../../model/labels.ts";
import type { Aggregate } from "../../ast.ts";
import { formatFloat } from "../../go_number.ts";
import { type EvalContext, type Evaluation, stringOf } from "../context.ts";
import { executionFailure } from "../failure.ts";
import { ABSENT, FLOAT, type Frame } from "../frame.ts";
import { quote } from "../../go_text.ts";
import { describeHistogram } from "../../histogram/mod.ts";

/** count_values("label", …): how often each value occurs, the value becoming a label. */
export function* countValues(context: EvalContext, node: Aggregate): Evaluation<Frame> {
  const label = stringOf(node.param!);
  if (!isLabelName(label)) throw executionFailure(`invalid label name ${quote(label)}`);
  const frame = yield* context.vector(node.expr);
  const { stepCount } = frame;
  const out = context.frame(frame.rowCount);
  const rowByLabels = new Map<string, number>();
  const kept = new Set(node.grouping).add(label);
  const dropped = new Set(node.grouping).add(METRIC_NAME);
  for (let row = 0; row < frame.rowCount; row++) {
    const rowByText = new Map<string, number>();
    const rowOf = (text: string): number => {
      const labels = frame.labels[row].with(label, text);
      const group = node.without ? labels.drop(dropped) : labels.keep(kept);
      let found = rowByLabels.get(group.key);
      if (found === undefined) {
        out.addRow(group, false);
        rowByLabels.set(group.key, found = out.rowCount - 1);
      }
      rowByText.set(text, found);
      return found;
    };
    for (let step = 0; step < stepCount; step++) {
      const cell = row * stepCount + step;
      if (frame.kinds[cell] === ABSENT) continue;
      const histogram = frame.histograms[row]?.[step];
      const text = histogram ? describeHistogram(histogram) : formatFloat(frame.values[cell]);
      const target = (rowByText.get(text) ?? rowOf(text)) * stepCount + step;
      out.kinds[target] = FLOAT;
      out.values[target]++;
    }
    if (context.env.meter.spend(16 * stepCount)) yield;
  }
  return out;
}
