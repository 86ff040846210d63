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
    else if (Math.abs(sum) >= Math.abs(value)) this.compensation += (sum - next) + value;
    else this.compensation += (value - next) + sum;
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
  let sum = 0;
  let compensation = 0;
  for (let i = low; i < high; i++) {
    const value = values[i];
    const next = sum + value;
    if (next === Infinity || next === -Infinity) compensation = 0;
    else if (Math.abs(sum) >= Math.abs(value)) compensation += (sum - next) + value;
    else compensation += (value - next) + sum;
    sum = next;
  }
  return sum === Infinity || sum === -Infinity ? sum : sum + compensation;
}

/**
 * The mean of values[low…high): of the compensated sum, and from where that would overflow on, incrementally
 * (Prometheus, promql/functions.go, avg_over_time).
 */
export function meanOf(values: ArrayLike<number>, low: number, high: number): number {
  let sum = values[low];
  let compensation = 0;
  for (let i = low + 1; i < high; i++) {
    const value = values[i];
    const next = sum + value;
    if (next === Infinity || next === -Infinity) {
      return incrementalMean(values, low, i, high, sum, compensation);
    }
    if (Math.abs(sum) >= Math.abs(value)) compensation += (sum - next) + value;
    else compensation += (value - next) + sum;
    sum = next;
  }
  const count = high - low;
  return sum / count + compensation / count;
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
