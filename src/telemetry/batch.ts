import type { Appendable, SeriesRef } from "../model/store.ts";

/** One append's columns, used again for every commit: it allocates only when it has to grow. */
export class Batch {
  #length = 0;
  #refs = new Float64Array(16);
  #values = new Float64Array(16); // typed, for a stale marker's bits don't survive elsewhere
  /** Views on the columns' first n rows, by n: a commit has one of a few lengths, again and again. */
  #views: (View | undefined)[] = [];

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  clear(): void {
    this.#length = 0;
  }

  push(ref: SeriesRef, value: number): void {
    if (this.#length === this.#refs.length) this.#grow();
    this.#refs[this.#length] = ref;
    this.#values[this.#length++] = value;
  }

  /** Appends what was pushed (at least one row), all at one time. @returns how many samples the store left out */
  appendTo(store: Appendable, timestampMs: number): number {
    const view = this.#views[this.#length] ??= {
      refs: this.#refs.subarray(0, this.#length) as unknown as ArrayLike<SeriesRef>,
      values: this.#values.subarray(0, this.#length),
    };
    return store.append(timestampMs, view.refs, view.values);
  }

  #grow(): void {
    const refs = new Float64Array(this.#refs.length * 2);
    const values = new Float64Array(this.#refs.length * 2);
    refs.set(this.#refs);
    values.set(this.#values);
    this.#refs = refs;
    this.#values = values;
    this.#views = [];
  }
}

interface View {
  readonly refs: ArrayLike<SeriesRef>;
  readonly values: Float64Array;
}
