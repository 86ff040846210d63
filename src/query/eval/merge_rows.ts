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
  const rowByLabels = new Map<string, number>();
  for (let row = 0; row < frame.rowCount; row++) {
    const labels = frame.labels[row];
    let target = rowByLabels.get(labels.key);
    if (target === undefined) {
      if (frame.isEmpty(row)) continue;
      out.addRow(labels, frame.dropsName[row]);
      rowByLabels.set(labels.key, target = out.rowCount - 1);
    }
    moveCells(frame, row, out, target);
  }
  return out;
}

function hasEqualRows(frame: Frame): boolean {
  if (frame.rowCount < 2) return false;
  const seen = new Set<string>();
  for (const labels of frame.labels) seen.add(labels.key);
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
