import { roundingError } from "../../kahan.ts";
import type { Windows } from "../windows.ts";

/**
 * What is remembered of a run of samples so that a function of it can be told, and so that it can be put together
 * with the run that follows it. Many such memories lie side by side in columns; a row is one of them.
 */
export interface Moments {
  /** Makes room for so many rows. What they held is forgotten. */
  reserve(rows: number): void;
  /** Fills a row from the samples [from, to), of which there is at least one. */
  measure(row: number, windows: Windows, from: number, to: number): void;
  /** Makes row `into`, which may be one of the others, stand for `left` and the run after it, `right`. */
  merge(into: number, left: number, right: number): void;
  copy(into: number, from: number): void;
}

/** Columns of a number each. */
class Columns {
  readonly columns: Float64Array[];
  #rows = 0;

  constructor(count: number) {
    this.columns = Array.from({ length: count }, () => new Float64Array(0));
  }

  reserve(rows: number): void {
    if (rows <= this.#rows) return;
    this.#rows = 2 * rows;
    for (let i = 0; i < this.columns.length; i++) this.columns[i] = new Float64Array(this.#rows);
  }

  copy(into: number, from: number): void {
    for (const column of this.columns) column[into] = column[from];
  }
}

/** Sums with Neumaier's compensation. */
export class SumMoments extends Columns implements Moments {
  constructor() {
    super(2);
  }

  measure(row: number, { values }: Windows, from: number, to: number): void {
    let sum = values[from];
    let compensation = 0;
    for (let i = from + 1; i < to; i++) {
      const value = values[i];
      const next = sum + value;
      compensation += roundingError(sum, value, next);
      sum = next;
    }
    this.columns[0][row] = sum;
    this.columns[1][row] = compensation;
  }

  merge(into: number, left: number, right: number): void {
    const [sums, compensations] = this.columns;
    const a = sums[left];
    const b = sums[right];
    const next = a + b;
    compensations[into] = compensations[left] + compensations[right] + roundingError(a, b, next);
    sums[into] = next;
  }

  sum(row: number): number {
    return this.columns[0][row] + this.columns[1][row];
  }
}

/** Where the largest (smallest) value is; the newest of equal ones. NaN is passed over unless there is nothing else. */
export class ExtremeMoments extends Columns implements Moments {
  readonly #largest: boolean;

  constructor(largest: boolean) {
    super(2);
    this.#largest = largest;
  }

  measure(row: number, { values }: Windows, from: number, to: number): void {
    let best = values[from];
    let at = from;
    if (this.#largest) {
      for (let i = from + 1; i < to; i++) {
        if (values[i] >= best || best !== best) best = values[at = i];
      }
    } else {
      for (let i = from + 1; i < to; i++) {
        if (values[i] <= best || best !== best) best = values[at = i];
      }
    }
    this.columns[0][row] = best;
    this.columns[1][row] = at;
  }

  merge(into: number, left: number, right: number): void {
    const [bests, places] = this.columns;
    const a = bests[left];
    const b = bests[right];
    const takesRight = a !== a || (this.#largest ? b >= a : b <= a);
    const from = takesRight ? right : left;
    bests[into] = bests[from];
    places[into] = places[from];
  }

  value(row: number): number {
    return this.columns[0][row];
  }

  index(row: number): number {
    return this.columns[1][row];
  }
}

/**
 * Count, mean, and the sum of squared distances from the mean (T. Chan, G. Golub, R. LeVeque, "Updating formulae and a
 * pairwise algorithm for computing sample variances", 1979).
 */
export class VarianceMoments extends Columns implements Moments {
  constructor() {
    super(3);
  }

  measure(row: number, { values }: Windows, from: number, to: number): void {
    const count = to - from;
    const mean = meanAround(values, from, to);
    let squares = 0;
    for (let i = from; i < to; i++) {
      const distance = values[i] - mean;
      squares += distance * distance;
    }
    this.columns[0][row] = count;
    this.columns[1][row] = mean;
    this.columns[2][row] = squares;
  }

  merge(into: number, left: number, right: number): void {
    const [counts, means, squares] = this.columns;
    const count = counts[left] + counts[right];
    const share = counts[right] / count;
    const distance = means[right] - means[left];
    squares[into] = squares[left] + squares[right] + distance * distance * counts[left] * share;
    means[into] = means[left] + distance * share;
    counts[into] = count;
  }

  variance(row: number): number {
    return this.columns[2][row] / this.columns[0][row];
  }
}

/** What a least-squares line needs: count, mean time (s) and value, and the sums of products of distances from them. */
export class LineMoments extends Columns implements Moments {
  /** Times count from here, ms. */
  #originMs = 0;

  constructor() {
    super(5);
  }

  startAt(originMs: number): void {
    this.#originMs = originMs;
  }

  measure(row: number, { timestamps, values }: Windows, from: number, to: number): void {
    // Times stay small, as the digits after the point matter: see `merge`.
    const origin = this.#originMs;
    const first = timestamps[from] - origin;
    let sum = 0;
    for (let i = from; i < to; i++) sum += timestamps[i] - origin - first;
    const meanMs = first + sum / (to - from);
    const mean = meanAround(values, from, to);
    let products = 0;
    let squares = 0;
    for (let i = from; i < to; i++) {
      const seconds = (timestamps[i] - origin - meanMs) / 1000;
      products += seconds * (values[i] - mean);
      squares += seconds * seconds;
    }
    this.columns[0][row] = to - from;
    this.columns[1][row] = meanMs / 1000;
    this.columns[2][row] = mean;
    this.columns[3][row] = products;
    this.columns[4][row] = squares;
  }

  merge(into: number, left: number, right: number): void {
    const [counts, times, means, products, squares] = this.columns;
    const count = counts[left] + counts[right];
    const share = counts[right] / count;
    const seconds = times[right] - times[left];
    const distance = means[right] - means[left];
    const weight = counts[left] * share;
    products[into] = products[left] + products[right] + seconds * distance * weight;
    squares[into] = squares[left] + squares[right] + seconds * seconds * weight;
    times[into] = times[left] + seconds * share;
    means[into] = means[left] + distance * share;
    counts[into] = count;
  }

  /** Rise per second. */
  slope(row: number): number {
    return this.columns[3][row] / this.columns[4][row];
  }

  /** The line's value at a time. */
  valueAt(row: number, timeMs: number): number {
    const seconds = (timeMs - this.#originMs) / 1000 - this.columns[1][row];
    return this.columns[2][row] + this.slope(row) * seconds;
  }
}

/** The mean, worked out from distances to the first value: exact where all are the same. */
function meanAround(values: Float64Array, from: number, to: number): number {
  const first = values[from];
  let sum = 0;
  for (let i = from + 1; i < to; i++) sum += values[i] - first;
  return first + sum / (to - from);
}
