/** A run of consecutive buckets: `offset` buckets are skipped (the first span's offset may be negative), then `length` follow. */
export interface Span {
  readonly offset: number;
  readonly length: number;
}

/** What is known of a counter reset between a histogram and the one before it. */
export type CounterResetHint = "unknown" | "reset" | "not_reset" | "gauge";

/** The schema that marks custom bucket boundaries (NHCB). */
export const CUSTOM_BUCKETS_SCHEMA = -53;

/**
 * A native histogram with absolute float counts (Prometheus, model/histogram, FloatHistogram). Treat as immutable
 * once it is in a store or a query result.
 *
 * Exponential schema s (-4…8): bucket i of the positive side covers (base^(i-1), base^i], base = 2^(2^-s).
 * Custom buckets: `customValues` are the upper bounds, only positive spans are used, the last bucket is +Inf.
 */
export interface Histogram {
  readonly schema: number;
  readonly counterResetHint: CounterResetHint;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly count: number;
  readonly sum: number;
  readonly positiveSpans: readonly Span[];
  readonly negativeSpans: readonly Span[];
  /** Absolute counts of the buckets that the spans name, in order. */
  readonly positiveBuckets: Float64Array;
  readonly negativeBuckets: Float64Array;
  /** Upper bounds, ascending, without +Inf; only with CUSTOM_BUCKETS_SCHEMA. */
  readonly customValues: Float64Array | undefined;
}
