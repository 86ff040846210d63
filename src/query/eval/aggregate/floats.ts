import type { Aggregate, AggregateOp } from "../../ast.ts";
import type { EvalContext, Evaluation } from "../context.ts";
import { ABSENT, FLOAT, type Frame } from "../frame.ts";
import { kahanAdd, roundingError } from "../../kahan.ts";
import { quantileOf } from "../range/quantile.ts";
import type { Groups } from "./groups.ts";

/** Adds one row of floats to the cells of its group, step by step. */
type RowAdder = (frame: Frame, firstIn: number, out: Frame, firstOut: number, state: GroupState) => void;

/** What the cells of groups need to remember beside their value. */
interface GroupState {
  /** Samples seen, by cell of the result. */
  readonly counts: Float64Array;
  /** Compensation of the sum; for stdvar the mean. */
  readonly extra: Float64Array;
}

/** Aggregates a vector of floats only: row by row, in the order in which Prometheus takes them. */
export function* aggregateFloats(
  context: EvalContext,
  node: Aggregate,
  frame: Frame,
  groups: Groups,
  param: Float64Array | undefined,
): Evaluation<Frame> {
  const { meter } = context.env;
  const out = context.frame(groups.count);
  for (const labels of groups.labels) out.addRow(labels, false);
  if (node.op === "quantile") return yield* aggregateQuantile(context, frame, groups, out, param!);
  const { stepCount } = frame;
  const add = ADDERS[node.op]!;
  const cells = groups.count * stepCount;
  const state = { counts: new Float64Array(cells), extra: new Float64Array(cells) };
  for (let row = 0; row < frame.rowCount; row++) {
    const group = groups.ofRow[row];
    if (frame.dropsName[row]) out.dropsName[group] = true;
    add(frame, row * stepCount, out, group * stepCount, state);
    if (meter.spend(stepCount)) yield;
  }
  FINISHERS[node.op]?.(out, cells, state);
  return out;
}

const ADDERS: Readonly<Partial<Record<AggregateOp, RowAdder>>> = {
  sum: addToSum,
  avg: addToMean,
  count: addToCount,
  group: ({ kinds, stepCount }, firstIn, out, firstOut) => {
    for (let step = 0; step < stepCount; step++) {
      if (kinds[firstIn + step] !== ABSENT) out.setFloat(firstOut + step, 1);
    }
  },
  max: addToExtreme(1),
  min: addToExtreme(-1),
  stddev: addToVariance,
  stdvar: addToVariance,
};

function addToSum(frame: Frame, firstIn: number, out: Frame, firstOut: number, { extra }: GroupState): void {
  const { kinds, values, stepCount } = frame;
  const { kinds: outKinds, values: sums } = out;
  for (let step = 0; step < stepCount; step++) {
    if (kinds[firstIn + step] === ABSENT) continue;
    const cell = firstOut + step;
    const value = values[firstIn + step];
    if (outKinds[cell] === ABSENT) {
      outKinds[cell] = FLOAT;
      sums[cell] = value;
      continue;
    }
    kahanAdd(sums, extra, cell, value);
  }
}

/** As a sum; from where that would overflow on, as a running mean: `counts` is negative then. */
function addToMean(
  frame: Frame,
  firstIn: number,
  out: Frame,
  firstOut: number,
  { counts, extra }: GroupState,
): void {
  const { kinds, values, stepCount } = frame;
  const { kinds: outKinds, values: sums } = out;
  for (let step = 0; step < stepCount; step++) {
    if (kinds[firstIn + step] === ABSENT) continue;
    const cell = firstOut + step;
    const value = values[firstIn + step];
    if (outKinds[cell] === ABSENT) {
      outKinds[cell] = FLOAT;
      sums[cell] = value;
      counts[cell] = 1;
      continue;
    }
    if (counts[cell] > 0) {
      const sum = sums[cell];
      const next = sum + value;
      if (next !== Infinity && next !== -Infinity) {
        extra[cell] += roundingError(sum, value, next);
        sums[cell] = next;
        counts[cell]++;
        continue;
      }
      sums[cell] = sum / counts[cell];
      extra[cell] /= counts[cell];
      counts[cell] = -counts[cell];
    }
    addToRunningMean(sums, extra, counts, cell, value);
  }
}

function addToRunningMean(
  means: Float64Array,
  extra: Float64Array,
  counts: Float64Array,
  cell: number,
  value: number,
): void {
  const count = 1 - counts[cell];
  counts[cell] = -count;
  const kept = (count - 1) / count;
  const mean = means[cell] * kept;
  const share = value / count;
  means[cell] = mean;
  extra[cell] *= kept;
  kahanAdd(means, extra, cell, share);
}

function addToCount({ kinds, stepCount }: Frame, firstIn: number, out: Frame, firstOut: number): void {
  for (let step = 0; step < stepCount; step++) {
    if (kinds[firstIn + step] === ABSENT) continue;
    out.kinds[firstOut + step] = FLOAT;
    out.values[firstOut + step]++;
  }
}

/** `sign`: 1 for the greatest value, -1 for the least. Any number is better than NaN. */
function addToExtreme(sign: 1 | -1): RowAdder {
  return ({ kinds, values, stepCount }, firstIn, out, firstOut) => {
    for (let step = 0; step < stepCount; step++) {
      if (kinds[firstIn + step] === ABSENT) continue;
      const value = values[firstIn + step];
      const best = out.values[firstOut + step];
      const isFirst = out.kinds[firstOut + step] === ABSENT;
      if (isFirst || sign * best < sign * value || best !== best) out.setFloat(firstOut + step, value);
    }
  };
}

/** Welford's method; the result's value is the sum of squared distances, `extra` the mean. */
function addToVariance(
  frame: Frame,
  firstIn: number,
  out: Frame,
  firstOut: number,
  { counts, extra }: GroupState,
): void {
  const { kinds, values, stepCount } = frame;
  for (let step = 0; step < stepCount; step++) {
    if (kinds[firstIn + step] === ABSENT) continue;
    const cell = firstOut + step;
    const value = values[firstIn + step];
    if (out.kinds[cell] === ABSENT) {
      out.kinds[cell] = FLOAT;
      out.values[cell] = Number.isFinite(value) ? 0 : NaN;
      extra[cell] = value;
      counts[cell] = 1;
      continue;
    }
    counts[cell]++;
    const delta = value - extra[cell];
    extra[cell] += delta / counts[cell];
    out.values[cell] += delta * (value - extra[cell]);
  }
}

/** Makes of what was added up the results, in place. */
const FINISHERS: Readonly<
  Partial<Record<AggregateOp, (out: Frame, cells: number, state: GroupState) => void>>
> = {
  sum: ({ values }, cells, { extra }) => {
    for (let cell = 0; cell < cells; cell++) values[cell] += extra[cell];
  },
  avg: ({ values }, cells, { counts, extra }) => {
    for (let cell = 0; cell < cells; cell++) {
      const count = counts[cell];
      values[cell] = count < 0 ? values[cell] + extra[cell] : values[cell] / count + extra[cell] / count;
    }
  },
  stdvar: ({ values }, cells, { counts }) => {
    for (let cell = 0; cell < cells; cell++) values[cell] /= counts[cell];
  },
  stddev: ({ values }, cells, { counts }) => {
    for (let cell = 0; cell < cells; cell++) values[cell] = Math.sqrt(values[cell] / counts[cell]);
  },
};

function* aggregateQuantile(
  context: EvalContext,
  frame: Frame,
  groups: Groups,
  out: Frame,
  quantiles: Float64Array,
): Evaluation<Frame> {
  const { kinds, values, stepCount, rowCount } = frame;
  const rowsOf: number[][] = Array.from({ length: groups.count }, () => []);
  for (let row = 0; row < rowCount; row++) {
    rowsOf[groups.ofRow[row]].push(row);
    if (frame.dropsName[row]) out.dropsName[groups.ofRow[row]] = true;
  }
  const scratch = new Float64Array(rowCount);
  for (const [group, rows] of rowsOf.entries()) {
    for (let step = 0; step < stepCount; step++) {
      let count = 0;
      for (const row of rows) {
        const cell = row * stepCount + step;
        if (kinds[cell] === FLOAT) scratch[count++] = values[cell];
      }
      if (count === 0) continue;
      out.setFloat(group * stepCount + step, quantileOf(quantiles[step], scratch, count));
      if (context.env.meter.spend(count)) yield;
    }
  }
  return out;
}
