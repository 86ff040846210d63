import type { EvalContext } from "./context.ts";
import { duplicateLabels } from "./failure.ts";
import { ABSENT, FLOAT, type Frame, HISTOGRAM } from "./frame.ts";

/**
 * Puts rows with equal labels together, as happens when names go away. They may take turns; two samples at one step
 * are an error.
 */
export function mergeEqualRows(context: EvalContext, frame: Frame): Frame {
  if (!hasEqualRows(frame)) return frame;
  const out = context.frame(frame.rowCount);
  const rowByKey = new Map<string, number>();
  for (let row = 0; row < frame.rowCount; row++) {
    const key = keyOfRow(frame, row);
    let target = rowByKey.get(key);
    if (target === undefined) {
      if (frame.isEmpty(row)) continue;
      out.addRow(frame.labels[row], frame.dropsName[row]);
      rowByKey.set(key, target = out.rowCount - 1);
    }
    moveCells(frame, row, out, target);
  }
  return out;
}

/** Identity of a row: one that is to lose its name is another than one that keeps it. */
export function keyOfRow({ labels, dropsName }: Frame, row: number): string {
  return dropsName[row] ? `${labels[row].key}\xff` : labels[row].key;
}

function hasEqualRows(frame: Frame): boolean {
  if (frame.rowCount < 2) return false;
  const seen = new Set<string>();
  for (let row = 0; row < frame.rowCount; row++) seen.add(keyOfRow(frame, row));
  return seen.size < frame.rowCount;
}

function moveCells(from: Frame, row: number, to: Frame, target: number): void {
  const { kinds, values, stepCount } = from;
  for (let step = 0; step < stepCount; step++) {
    const kind = kinds[row * stepCount + step];
    if (kind === ABSENT) continue;
    const cell = target * stepCount + step;
    // Samples of two types at one time pass upstream, where each type has its own list. That can't be shown here.
    if (to.kinds[cell] !== ABSENT) throw duplicateLabels();
    if (kind === FLOAT) to.setFloat(cell, values[row * stepCount + step]);
    else if (kind === HISTOGRAM) to.setHistogram(target, step, from.histograms[row]![step]!);
  }
}
