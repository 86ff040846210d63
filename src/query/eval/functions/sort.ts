import { compareLabels, type Labels } from "../../../model/labels.ts";
import type { Call } from "../../ast.ts";
import { type EvalContext, type Evaluation, stringOf } from "../context.ts";
import { FLOAT, type Frame } from "../frame.ts";
import { compareNaturally } from "./natural_order.ts";
import { dropHistograms } from "./drop_histograms.ts";

/** sort(v), sort_desc(v): by value, NaN last. Only an instant query has an order to speak of. */
export function* evaluateSort(context: EvalContext, call: Call): Evaluation<Frame> {
  const frame = yield* context.vector(call.args[0]);
  dropHistograms(frame);
  if (!remarkRange(context, call)) return frame;
  const { values } = frame;
  const ascends = call.name === "sort";
  return ordered(context, frame, (a, b) => {
    const [left, right] = [values[a], values[b]];
    if (left !== left || right !== right) return Number(left !== left) - Number(right !== right);
    return ascends ? left - right || 0 : right - left || 0;
  });
}

/** sort_by_label(v, label…), sort_by_label_desc: by labels in natural order, then by all labels. */
export function* evaluateSortByLabel(context: EvalContext, call: Call): Evaluation<Frame> {
  const names = call.args.slice(1).map(stringOf);
  const frame = yield* context.vector(call.args[0]);
  if (!remarkRange(context, call)) return frame;
  const sign = call.name === "sort_by_label" ? 1 : -1;
  const compare = (a: Labels, b: Labels) => {
    for (const name of names) {
      const order = compareNaturally(a.get(name), b.get(name));
      if (order !== 0) return order;
    }
    return compareLabels(a, b);
  };
  return ordered(context, frame, (a, b) => sign * compare(frame.labels[a], frame.labels[b]));
}

function remarkRange(context: EvalContext, call: Call): boolean {
  if (!context.isInstant) context.env.notes.sortInRange(call.position);
  return context.isInstant;
}

function ordered(context: EvalContext, frame: Frame, compare: (a: number, b: number) => number): Frame {
  const rows = frame.labels.map((_, row) => row).filter((row) => !frame.isEmpty(row)).sort(compare);
  const out = context.frame(rows.length);
  for (const row of rows) {
    const cell = out.addRow(frame.labels[row], frame.dropsName[row]);
    if (frame.kinds[row] === FLOAT) out.setFloat(cell, frame.values[row]);
    else out.setHistogram(out.rowCount - 1, 0, frame.histograms[row]![0]!);
  }
  return out;
}
