import type { Binary } from "../../ast.ts";
import type { EvalContext, Evaluation } from "../context.ts";
import { ABSENT, type Frame } from "../frame.ts";
import { keyOfRow } from "../merge_rows.ts";
import { matchGroups, presence } from "./matching.ts";

/** and, or, unless: elements of one vector by whether the other has a match. Values are never looked at. */
export function* combineSets(
  context: EvalContext,
  node: Binary,
  left: Frame,
  right: Frame,
): Evaluation<Frame> {
  const { meter } = context.env;
  const groups = matchGroups(left.labels, right.labels, node.matching!);
  if (node.op === "or") return yield* union(context, left, right, groups);
  const keepsMatched = node.op === "and";
  for (const group of groups) {
    if (group.left.length === 0) continue;
    const present = presence(right, group.right);
    for (const row of group.left) mask(left, row, present, keepsMatched ? 0 : 1);
    if (meter.spend(left.stepCount * (group.left.length + group.right.length))) yield;
  }
  return left;
}

/** Clears the row's cells at the steps whose flag is `unwanted`. */
function mask(frame: Frame, row: number, flags: Uint8Array, unwanted: 0 | 1): void {
  for (let step = 0; step < frame.stepCount; step++) if (flags[step] === unwanted) frame.clear(row, step);
}

function* union(
  context: EvalContext,
  left: Frame,
  right: Frame,
  groups: ReturnType<typeof matchGroups>,
): Evaluation<Frame> {
  const { meter } = context.env;
  for (const group of groups) {
    if (group.left.length === 0) continue;
    const present = presence(left, group.left);
    for (const row of group.right) mask(right, row, present, 1);
    if (meter.spend(left.stepCount * (group.left.length + group.right.length))) yield;
  }
  const frame = context.frame(left.rowCount + right.rowCount);
  const rowByLabels = new Map<string, number>();
  for (let row = 0; row < left.rowCount; row++) {
    rowByLabels.set(keyOfRow(left, row), copyRow(left, row, frame));
    if (meter.spend(left.stepCount)) yield;
  }
  for (let row = 0; row < right.rowCount; row++) {
    // Equal labels match each other, so that such rows take turns.
    const twin = rowByLabels.get(keyOfRow(right, row));
    if (twin === undefined) copyRow(right, row, frame);
    else copyCells(right, row, frame, twin);
    if (meter.spend(right.stepCount)) yield;
  }
  return frame;
}

function copyRow(from: Frame, row: number, to: Frame): number {
  to.addRow(from.labels[row], from.dropsName[row]);
  copyCells(from, row, to, to.rowCount - 1);
  return to.rowCount - 1;
}

function copyCells(from: Frame, row: number, to: Frame, target: number): void {
  const { stepCount } = from;
  const histograms = from.histograms[row];
  for (let step = 0; step < stepCount; step++) {
    const cell = row * stepCount + step;
    if (from.kinds[cell] === ABSENT) continue;
    const histogram = histograms?.[step];
    if (histogram) to.setHistogram(target, step, histogram);
    else to.setFloat(target * stepCount + step, from.values[cell]);
  }
}
