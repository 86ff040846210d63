import type { Windows } from "../windows.ts";
import type { Row } from "../row.ts";
import { ofFloats, remarkIgnoredHistograms } from "./over_time.ts";
import type { RangeCall, WindowFunction } from "./range_function.ts";

/** Room for a window's values while they are put into order. */
class Scratch {
  #values = new Float64Array(256);

  /** At least `size` values of undefined content. */
  take(size: number): Float64Array {
    if (this.#values.length < size) this.#values = new Float64Array(size * 2);
    return this.#values;
  }
}

/**
 * The q-quantile of the first `count` values, which are put out of order. NaN counts as lower than all else; between
 * two values it is interpolated; -Inf and +Inf for a q outside [0, 1] (Prometheus, promql/quantile.go).
 */
export function quantileOf(q: number, values: Float64Array, count: number): number {
  if (count === 0 || q !== q) return NaN;
  if (q < 0) return -Infinity;
  if (q > 1) return Infinity;
  const nans = moveNaNsToFront(values, count);
  const rank = q * (count - 1);
  const lower = Math.max(0, Math.floor(rank));
  const upper = Math.min(count - 1, lower + 1);
  const weight = rank - Math.floor(rank);
  const low = lower < nans ? NaN : select(values, nans, count, lower);
  if (upper === lower) return low * (1 - weight) + low * weight;
  const high = upper < nans ? NaN : leastOf(values, upper, count);
  return low * (1 - weight) + high * weight;
}

/** After a selection, the next larger value is the least of what lies behind it. */
function leastOf(values: Float64Array, from: number, count: number): number {
  let least = values[from];
  for (let i = from + 1; i < count; i++) if (values[i] < least) least = values[i];
  return least;
}

function moveNaNsToFront(values: Float64Array, count: number): number {
  let nans = 0;
  for (let i = 0; i < count; i++) {
    const value = values[i];
    if (value === value) continue;
    values[i] = values[nans];
    values[nans++] = value;
  }
  return nans;
}

/** Stretches longer than this are first narrowed down by a sample of theirs. */
const WORTH_SAMPLING = 600;

/**
 * The value that would stand at `index` if values[low…high) were sorted (R. Floyd, R. Rivest, "Algorithm 489: the
 * algorithm SELECT", 1975). Afterwards nothing before `index` is larger, and nothing behind it smaller.
 */
function select(values: Float64Array, low: number, high: number, index: number): number {
  let left = low;
  let right = high - 1;
  while (left < right) {
    if (right - left > WORTH_SAMPLING) {
      const [from, to] = likelyStretch(left, right, index);
      select(values, from, to + 1, index);
    }
    const pivot = values[index];
    let i = left;
    let j = right;
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (values[j] > pivot) j--;
      if (i > j) break;
      const swapped = values[i];
      values[i++] = values[j];
      values[j--] = swapped;
    }
    if (index <= j) right = j;
    else if (index >= i) left = i;
    else break;
  }
  return values[index];
}

/** A short stretch around `index` that, put into order, most likely brings the right value or one close to it there. */
function likelyStretch(left: number, right: number, index: number): [from: number, to: number] {
  const count = right - left + 1;
  const place = index - left + 1;
  const logarithm = Math.log(count);
  const size = 0.5 * Math.exp(2 * logarithm / 3);
  const margin = 0.5 * Math.sqrt(logarithm * size * (count - size) / count) * Math.sign(place - count / 2);
  const from = Math.max(left, Math.floor(index - place * size / count + margin));
  const to = Math.min(right, Math.floor(index + (count - place) * size / count + margin));
  return [Math.min(from, index), Math.max(to, index)];
}

/** quantile_over_time(q, window). */
export function quantileOverTime(): WindowFunction {
  const scratch = new Scratch();
  return (windows: Windows, step: number, out: Row, call: RangeCall) => {
    const low = windows.low[step];
    const count = windows.high[step] - low;
    if (count === 0) return;
    const q = call.scalars[0][step];
    if (!(q >= 0 && q <= 1)) call.notes.invalidQuantile(q, call.positions[0]);
    remarkIgnoredHistograms(windows, step, call);
    const values = scratch.take(count);
    for (let i = 0; i < count; i++) values[i] = windows.values[low + i];
    out.setFloat(step, quantileOf(q, values, count));
  };
}

/** mad_over_time: the median of the distances from the median. */
export function madOverTime(): WindowFunction {
  const scratch = new Scratch();
  return ofFloats((windows, low, high) => {
    const count = high - low;
    const values = scratch.take(count);
    for (let i = 0; i < count; i++) {
      values[i] = windows.values[low + i];
      if (values[i] !== values[i]) return NaN;
    }
    const median = quantileOf(0.5, values, count);
    for (let i = 0; i < count; i++) values[i] = Math.abs(values[i] - median);
    return quantileOf(0.5, values, count);
  });
}
