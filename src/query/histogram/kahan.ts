/**
 * Adds a value to row `row` of `sums`, with the rounding error that the sum had so far in `errors` (Kahan's summation,
 * Neumaier's variant): sum plus error is nearly what exact arithmetic would give. An infinite sum has no error.
 */
export function kahanAdd(sums: Float64Array, errors: Float64Array, row: number, value: number): void {
  const sum = sums[row];
  const total = sum + value;
  if (total === Infinity || total === -Infinity) errors[row] = 0;
  else if (Math.abs(sum) >= Math.abs(value)) errors[row] += (sum - total) + value;
  else errors[row] += (value - total) + sum;
  sums[row] = total;
}
