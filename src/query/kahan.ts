/** Kahan's summation, Neumaier's variant: a sum plus its compensation is nearly what exact arithmetic would give. */

/** What rounding took from `sum`, which is a + b. */
export function roundingError(a: number, b: number, sum: number): number {
  return Math.abs(a) >= Math.abs(b) ? (a - sum) + b : (b - sum) + a;
}

/** Adds a value to row `row` of `sums`, whose compensation so far is in `errors`. An infinite sum has none. */
export function kahanAdd(sums: Float64Array, errors: Float64Array, row: number, value: number): void {
  const sum = sums[row];
  const total = sum + value;
  if (total === Infinity || total === -Infinity) errors[row] = 0;
  else errors[row] += roundingError(sum, value, total);
  sums[row] = total;
}
