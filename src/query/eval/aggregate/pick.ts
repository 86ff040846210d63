import type { Aggregate } from "../../ast.ts";
import { formatFloatShort } from "../../go_number.ts";
import type { EvalContext, Evaluation } from "../context.ts";
import { executionFailure } from "../failure.ts";
import { ABSENT, FLOAT, type Frame } from "../frame.ts";
import { hashOf } from "../label_hash.ts";
import type { Groups } from "./groups.ts";

const MIN_INT64 = -(2 ** 63);
/** The largest double below 2^63. */
const MAX_INT64 = 9223372036854774784;

/** topk, bottomk, limitk and limit_ratio: some of each group's elements, as they are. */
export function* pickElements(
  context: EvalContext,
  node: Aggregate,
  frame: Frame,
  groups: Groups,
  params: Float64Array,
): Evaluation<Frame> {
  const rowsOf: number[][] = Array.from({ length: groups.count }, () => []);
  for (let row = 0; row < frame.rowCount; row++) rowsOf[groups.ofRow[row]].push(row);
  if (node.op === "limit_ratio") return yield* pickRatio(context, node, frame, params);
  if (max(params) < 1) return context.frame(0);
  checkCounts(params);
  if (node.op !== "limitk") remarkHistograms(context, node, frame);
  const picks = new Uint8Array(frame.rowCount * frame.stepCount);
  const ordered: number[] = [];
  for (const rows of rowsOf) {
    for (let step = 0; step < frame.stepCount; step++) {
      const k = Math.min(Math.trunc(params[step]), frame.rowCount);
      if (k < 1) continue;
      const picked = node.op === "limitk"
        ? firstPresent(frame, rows, step, k)
        : extremes(frame, rows, step, k, node.op === "topk");
      for (const row of picked) picks[row * frame.stepCount + step] = 1;
      if (context.isInstant) { for (const row of picked) ordered.push(row); }
      if (context.env.meter.spend(rows.length)) yield;
    }
  }
  if (context.isInstant) return reordered(context, frame, ordered);
  for (let row = 0; row < frame.rowCount; row++) {
    for (let step = 0; step < frame.stepCount; step++) {
      if (picks[row * frame.stepCount + step] === 0) frame.clear(row, step);
    }
    if (context.env.meter.spend(frame.stepCount)) yield;
  }
  return frame;
}

function max(values: Float64Array): number {
  let most = -Infinity;
  for (const value of values) if (value > most) most = value;
  return values.some(Number.isNaN) ? NaN : most;
}

function checkCounts(params: Float64Array): void {
  for (const value of params) if (value !== value) throw executionFailure("Parameter value is NaN");
  for (const value of params) {
    if (value <= MIN_INT64) {
      throw executionFailure(`Scalar value ${formatFloatShort(value)} underflows int64`);
    }
  }
  for (const value of params) {
    if (value >= MAX_INT64) throw executionFailure(`Scalar value ${formatFloatShort(value)} overflows int64`);
  }
}

function remarkHistograms(context: EvalContext, node: Aggregate, frame: Frame): void {
  if (frame.histograms.some((row) => row?.some((histogram) => histogram !== undefined))) {
    context.env.notes.histogramsIgnoredInAggregation(node.op, node.position);
  }
}

function firstPresent(
  { kinds, stepCount }: Frame,
  rows: readonly number[],
  step: number,
  k: number,
): number[] {
  const picked: number[] = [];
  for (const row of rows) {
    if (kinds[row * stepCount + step] !== ABSENT) picked.push(row);
    if (picked.length === k) break;
  }
  return picked;
}

/**
 * The k rows with the largest (smallest) floats at a step, best first; NaN comes last, earlier rows win ties.
 */
function extremes(
  { kinds, values, stepCount }: Frame,
  rows: readonly number[],
  step: number,
  k: number,
  largest: boolean,
): number[] {
  const present = rows.filter((row) => kinds[row * stepCount + step] === FLOAT);
  if (k === 1) return best(values, stepCount, present, step, largest);
  present.sort((a, b) => {
    const [left, right] = [values[a * stepCount + step], values[b * stepCount + step]];
    if (left === right) return 0;
    if (left !== left || right !== right) return Number(left !== left) - Number(right !== right);
    return largest === left > right ? -1 : 1;
  });
  return present.slice(0, k);
}

function best(
  values: Float64Array,
  stepCount: number,
  rows: readonly number[],
  step: number,
  largest: boolean,
): number[] {
  let bestRow = -1;
  let bestValue = NaN;
  for (const row of rows) {
    const value = values[row * stepCount + step];
    const isBetter = bestRow < 0 || (bestValue !== bestValue && value === value) ||
      (largest ? value > bestValue : value < bestValue);
    if (!isBetter) continue;
    bestRow = row;
    bestValue = value;
  }
  return bestRow < 0 ? [] : [bestRow];
}

/** A frame of one step with these rows in this order. */
function reordered(context: EvalContext, frame: Frame, rows: readonly number[]): Frame {
  const out = context.frame(rows.length);
  for (const row of rows) {
    const cell = out.addRow(frame.labels[row], frame.dropsName[row]);
    const histogram = frame.histograms[row]?.[0];
    if (histogram) out.setHistogram(out.rowCount - 1, 0, histogram);
    else out.setFloat(cell, frame.values[row]);
  }
  return out;
}

/** limit_ratio: rows whose hash falls into the share asked for; a negative one asks for the complement. */
function* pickRatio(
  context: EvalContext,
  node: Aggregate,
  frame: Frame,
  params: Float64Array,
): Evaluation<Frame> {
  const { notes } = context.env;
  const { position } = node.param!;
  const values = [...params];
  if (values.every((value) => value === 0)) return context.frame(0);
  if (values.some(Number.isNaN)) throw executionFailure("Ratio value is NaN");
  const [least, most] = [values.reduce((a, b) => Math.min(a, b)), max(params)];
  if (most > 1) notes.invalidRatio(most, 1, position);
  if (least < -1) notes.invalidRatio(least, -1, position);
  for (let row = 0; row < frame.rowCount; row++) {
    const offset = Number(hashOf(frame.labels[row])) / 2 ** 64;
    for (let step = 0; step < frame.stepCount; step++) {
      const ratio = Math.max(-1, Math.min(1, params[step]));
      const keeps = ratio > 0 ? offset < ratio : ratio < 0 && offset >= 1 + ratio;
      if (!keeps) frame.clear(row, step);
    }
    if (context.env.meter.spend(frame.stepCount)) yield;
  }
  return frame;
}
