import { CUSTOM_BUCKETS_SCHEMA, type Histogram } from "../../model/histogram.ts";

export type NativeResult =
  | { readonly kind: "ok"; readonly histogram: Histogram }
  | { readonly kind: "error"; readonly message: string };

/**
 * A classic histogram at one moment, put together from its series, to become a native one with custom buckets
 * (Prometheus, util/convertnhcb). Parts come in any order.
 */
export class ClassicHistogram {
  /** Cumulative counts by upper bound. */
  readonly #buckets = new Map<number, number>();
  #count: number | undefined;
  #sum = 0;
  #problem: string | undefined;

  /** `count`: observations at or below `bound`; may be Infinity. The first of two for one bound stands. */
  setBucket(bound: number, count: number): void {
    if (count < 0) this.#problem ??= `bucket count must not be negative: le=${bound}, count=${count}`;
    if (!this.#buckets.has(bound)) this.#buckets.set(bound, count);
  }

  setCount(count: number): void {
    if (count < 0) this.#problem ??= `count must not be negative: ${count}`;
    this.#count = count;
  }

  setSum(sum: number): void {
    this.#sum = sum;
  }

  /** Fails where counts are negative, fall towards higher bounds, or do not add up to the whole. */
  toNative(): NativeResult {
    if (this.#problem) return { kind: "error", message: this.#problem };
    const bounds = [...this.#buckets.keys()].sort((a, b) => a - b);
    const cumulative = bounds.map((bound) => this.#buckets.get(bound)!);
    const count = this.#count ?? cumulative.at(-1) ?? 0;
    if (bounds.at(-1) !== Infinity) {
      bounds.push(Infinity);
      cumulative.push(count);
    }
    const fallen = cumulative.findIndex((value, i) => i > 0 && value < cumulative[i - 1]);
    if (fallen > 0) return { kind: "error", message: `count is not cumulative at le=${bounds[fallen]}` };
    if (cumulative.at(-1) !== count) {
      return { kind: "error", message: `count is ${count}, but the +Inf bucket has ${cumulative.at(-1)}` };
    }
    return { kind: "ok", histogram: this.#build(bounds, cumulative, count) };
  }

  #build(bounds: readonly number[], cumulative: readonly number[], count: number): Histogram {
    return {
      schema: CUSTOM_BUCKETS_SCHEMA,
      counterResetHint: "unknown",
      zeroThreshold: 0,
      zeroCount: 0,
      count,
      sum: this.#sum,
      positiveSpans: [{ offset: 0, length: bounds.length }],
      negativeSpans: [],
      positiveBuckets: Float64Array.from(cumulative, (value, i) => value - (i > 0 ? cumulative[i - 1] : 0)),
      negativeBuckets: new Float64Array(0),
      customValues: Float64Array.from(bounds.slice(0, -1)),
    };
  }
}
