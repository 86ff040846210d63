import { roundingError } from "../../kahan.ts";

/**
 * Sums with Neumaier's compensation, as Prometheus makes them (util/kahansum). JavaScript has no cheap way to hand
 * back two numbers, so the accumulator is an object; V8 keeps its fields in registers where it inlines `add`.
 */
export class KahanSum {
  sum = 0;
  compensation = 0;

  add(value: number): void {
    const { sum } = this;
    const next = sum + value;
    if (next === Infinity || next === -Infinity) this.compensation = 0;
    else this.compensation += roundingError(sum, value, next);
    this.sum = next;
  }

  /** The total, as sum_over_time has it: an overflow stays one. */
  get total(): number {
    const { sum } = this;
    return sum === Infinity || sum === -Infinity ? sum : sum + this.compensation;
  }
}

/** The compensated sum of values[low…high). */
export function sumOf(values: ArrayLike<number>, low: number, high: number): number {
  const total = twoLaneSum(values, low, high);
  return total - total === 0 ? total : sumInOrder(values, low, high);
}

/**
 * The mean of values[low…high): of the compensated sum, and from where that would overflow on, incrementally
 * (Prometheus, promql/functions.go, avg_over_time).
 */
export function meanOf(values: ArrayLike<number>, low: number, high: number): number {
  const total = twoLaneSum(values, low, high);
  return total - total === 0 ? total / (high - low) : meanInOrder(values, low, high);
}

/**
 * Adds up in two lanes, every other value each, so that a processor need not wait for one addition to begin the next.
 * As exact as one lane, unless something is not finite: then the order matters, and the result is not finite either.
 */
function twoLaneSum(values: ArrayLike<number>, low: number, high: number): number {
  let sumA = 0;
  let sumB = 0;
  let errorA = 0;
  let errorB = 0;
  let i = low;
  for (; i + 1 < high; i += 2) {
    const a = values[i];
    const b = values[i + 1];
    const nextA = sumA + a;
    const nextB = sumB + b;
    errorA += roundingError(sumA, a, nextA);
    errorB += roundingError(sumB, b, nextB);
    sumA = nextA;
    sumB = nextB;
  }
  if (i < high) {
    const a = values[i];
    const next = sumA + a;
    errorA += roundingError(sumA, a, next);
    sumA = next;
  }
  const sum = sumA + sumB;
  return sum + (errorA + errorB + roundingError(sumA, sumB, sum));
}

function sumInOrder(values: ArrayLike<number>, low: number, high: number): number {
  const sum = new KahanSum();
  for (let i = low; i < high; i++) sum.add(values[i]);
  return sum.total;
}

function meanInOrder(values: ArrayLike<number>, low: number, high: number): number {
  const sum = new KahanSum();
  for (let i = low; i < high; i++) {
    const next = sum.sum + values[i];
    if (i > low && (next === Infinity || next === -Infinity)) {
      return incrementalMean(values, low, i, high, sum.sum, sum.compensation);
    }
    sum.add(values[i]);
  }
  const count = high - low;
  return sum.sum / count + sum.compensation / count;
}

function incrementalMean(
  values: ArrayLike<number>,
  low: number,
  from: number,
  high: number,
  sum: number,
  compensation: number,
): number {
  let count = from - low;
  const mean = new KahanSum();
  mean.sum = sum / count;
  mean.compensation = compensation / count;
  for (let i = from; i < high; i++) {
    count = i - low + 1;
    const share = (count - 1) / count;
    mean.sum *= share;
    mean.compensation *= share;
    mean.add(values[i] / count);
  }
  return mean.sum + mean.compensation;
}

/** The population variance of values[low…high), by Welford's method with compensation. */
export function varianceOf(values: ArrayLike<number>, low: number, high: number): number {
  const mean = new KahanSum();
  const squares = new KahanSum();
  for (let i = low; i < high; i++) {
    const delta = values[i] - (mean.sum + mean.compensation);
    mean.add(delta / (i - low + 1));
    squares.add(delta * (values[i] - (mean.sum + mean.compensation)));
  }
  return (squares.sum + squares.compensation) / (high - low);
}
