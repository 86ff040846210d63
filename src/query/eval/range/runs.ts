/** Knows of any stretch of a series whether all its values are the same. */
export class Runs {
  /** Where the run of equal values that sample i belongs to began. */
  #begins = new Int32Array(0);

  find(values: Float64Array, count: number): void {
    if (this.#begins.length < count) this.#begins = new Int32Array(count);
    const begins = this.#begins;
    let begin = 0;
    for (let i = 0; i < count; i++) {
      if (i > 0 && values[i] !== values[i - 1]) begin = i;
      begins[i] = begin;
    }
  }

  /** Whether values[from…to) are all equal; NaN equals nothing. */
  isConstant(from: number, to: number): boolean {
    return this.#begins[to - 1] <= from;
  }
}
