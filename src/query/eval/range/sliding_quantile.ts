import { firstFrom } from "../../../base/search.ts";
import type { Row } from "../row.ts";
import type { Windows } from "../windows.ts";
import type { RangeCall, SlidingFunction } from "./range_function.ts";

/** What ranking a sample and moving it through the tree costs, in samples that a fresh selection would look at. */
const RANKING_COST = 100;

/**
 * quantile_over_time over overlapping windows. All values of the series are ranked once; a Fenwick tree (P. Fenwick,
 * "A new data structure for cumulative frequency tables", 1994) counts how many samples of the window have each rank.
 * A sample comes and goes in O(log ranks), and the k-th smallest is found in as many steps. NaN ranks lowest.
 */
export class SlidingQuantile implements SlidingFunction {
  /** Distinct values, ascending, NaN first where there is one. */
  #ranked = new Float64Array(0);
  #rankCount = 0;
  /** Rank of each sample, from 1. */
  #ranks = new Int32Array(0);
  #tree = new Int32Array(0);
  /** The largest power of two that is at most the number of ranks. */
  #topBit = 0;
  /** Samples [#first, #end) are in the tree. */
  #first = 0;
  #end = 0;

  pays(visits: number, count: number): boolean {
    return visits > RANKING_COST * count;
  }

  prepare({ values, count }: Windows): void {
    if (this.#ranks.length < count) {
      this.#ranked = new Float64Array(count);
      this.#ranks = new Int32Array(count);
    }
    this.#rank(values, count);
    if (this.#tree.length <= this.#rankCount) this.#tree = new Int32Array(2 * this.#rankCount + 1);
    else this.#tree.fill(0, 0, this.#rankCount + 1);
    this.#topBit = this.#rankCount === 0 ? 0 : 1 << (31 - Math.clz32(this.#rankCount));
    this.#first = this.#end = 0;
  }

  run({ low, high }: Windows, from: number, to: number, out: Row, call: RangeCall): void {
    const quantiles = call.scalars[0];
    for (let step = from; step < to; step++) {
      const first = low[step];
      const end = high[step];
      if (first === end) continue;
      const q = quantiles[step];
      if (!(q >= 0 && q <= 1)) {
        call.notes.invalidQuantile(q, call.positions[0]);
        out.setFloat(step, q < 0 ? -Infinity : q > 1 ? Infinity : NaN);
        continue;
      }
      this.#moveTo(first, end);
      out.setFloat(step, this.#quantile(q, end - first));
    }
  }

  #quantile(q: number, count: number): number {
    const rank = q * (count - 1);
    const lower = Math.max(0, Math.floor(rank));
    const upper = Math.min(count - 1, lower + 1);
    const weight = rank - Math.floor(rank);
    const low = this.#ranked[this.#rankOf(lower)];
    const high = upper === lower ? low : this.#ranked[this.#rankOf(upper)];
    return low * (1 - weight) + high * weight;
  }

  /** Index into the ranked values of the window's k-th smallest, k from 0. */
  #rankOf(k: number): number {
    const tree = this.#tree;
    let rank = 0;
    let rest = k;
    for (let bit = this.#topBit; bit > 0; bit >>= 1) {
      const next = rank + bit;
      if (next <= this.#rankCount && tree[next] <= rest) {
        rank = next;
        rest -= tree[next];
      }
    }
    return rank;
  }

  #moveTo(first: number, end: number): void {
    if (first >= this.#end) {
      // Nothing in common: begin anew, taking out what is in.
      for (let i = this.#first; i < this.#end; i++) this.#count(this.#ranks[i], -1);
      this.#first = this.#end = first;
    }
    for (; this.#first < first; this.#first++) this.#count(this.#ranks[this.#first], -1);
    for (; this.#end < end; this.#end++) this.#count(this.#ranks[this.#end], 1);
  }

  #count(rank: number, change: 1 | -1): void {
    const tree = this.#tree;
    const rankCount = this.#rankCount;
    for (let i = rank; i <= rankCount; i += i & -i) tree[i] += change;
  }

  #rank(values: Float64Array, count: number): void {
    const ranked = this.#ranked;
    ranked.set(values.subarray(0, count));
    ranked.subarray(0, count).sort(); // NaN last, -0 before 0
    const hasNaN = count > 0 && ranked[count - 1] !== ranked[count - 1];
    let distinct = 0;
    for (let i = 0; i < count; i++) {
      const value = ranked[i];
      if (value !== value) break;
      if (distinct === 0 || value !== ranked[distinct - 1]) ranked[distinct++] = value;
    }
    if (hasNaN) {
      ranked.copyWithin(1, 0, distinct);
      ranked[0] = NaN;
      distinct++;
    }
    this.#rankCount = distinct;
    const from = hasNaN ? 1 : 0;
    let previous = NaN;
    let rank = 0;
    for (let i = 0; i < count; i++) {
      // Neighbours are often equal.
      if (values[i] !== previous) {
        previous = values[i];
        rank = previous !== previous ? 1 : 1 + firstFrom(ranked, from, distinct, previous);
      }
      this.#ranks[i] = rank;
    }
  }
}
