import { kahanAdd } from "../kahan.ts";
import { BucketColumns } from "./columns.ts";

/**
 * Buckets with custom bounds, added up for a coarser set of bounds: each goes to the first of `bounds` that is not
 * below its own, or to the last, +Inf, bucket. With compensation throughout; keep or drop `errors`.
 */
export class CustomRollUp {
  readonly counts: Float64Array;
  readonly errors: Float64Array;
  readonly #bounds: Float64Array;

  constructor(bounds: Float64Array) {
    this.#bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
    this.errors = new Float64Array(bounds.length + 1);
  }

  add(columns: BucketColumns, columnBounds: Float64Array, sign: 1 | -1): void {
    const bounds = this.#bounds;
    let target = 0;
    for (let row = 0; row < columns.length; row++) {
      const index = columns.indices[row];
      const bound = index < columnBounds.length ? columnBounds[index] : Infinity;
      while (target < bounds.length && bounds[target] < bound) target++;
      kahanAdd(this.counts, this.errors, target, sign * columns.counts[row]);
      if (columns.errors) kahanAdd(this.counts, this.errors, target, sign * columns.errors[row]);
    }
  }

  /** The populated buckets. */
  toColumns(keepErrors: boolean): BucketColumns {
    const { counts, errors } = this;
    const columns = new BucketColumns(counts.length);
    const kept = new Float64Array(counts.length);
    for (let i = 0; i < counts.length; i++) {
      if (counts[i] === 0 && errors[i] === 0) continue;
      const row = columns.length++;
      columns.indices[row] = i;
      columns.counts[row] = counts[i];
      kept[row] = errors[i];
    }
    if (keepErrors) columns.errors = kept;
    return columns;
  }
}
