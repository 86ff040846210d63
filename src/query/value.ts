import type { Histogram } from "../model/histogram.ts";
import type { Labels } from "../model/labels.ts";
import type { PositionRange } from "./position.ts";

/** What a query can come to. Timestamps are ms since the epoch. */
export type QueryValue =
  | { readonly kind: "scalar"; readonly timestampMs: number; readonly value: number }
  | { readonly kind: "string"; readonly timestampMs: number; readonly value: string }
  | { readonly kind: "vector"; readonly samples: readonly VectorSample[] }
  | { readonly kind: "matrix"; readonly series: readonly MatrixSeries[] };

/** One element of an instant vector: a float, or a native histogram (then `value` is not to be read). */
export interface VectorSample {
  readonly labels: Labels;
  readonly timestampMs: number;
  readonly value: number;
  readonly histogram: Histogram | undefined;
}

/** One series of a matrix; rows ascend in time. */
export interface MatrixSeries {
  readonly labels: Labels;
  readonly timestamps: Float64Array;
  /** Row i is a float unless `histograms?.[i]` is set. */
  readonly values: Float64Array;
  readonly histograms: readonly (Histogram | undefined)[] | undefined;
}

/** A remark on a query that did not fail: `PromQL warning: …` or `PromQL info: …`, as in Prometheus. */
export interface Annotation {
  readonly level: "warning" | "info";
  /** The text without its position. */
  readonly message: string;
  readonly position: PositionRange | undefined;
}

/** Why a query gave no answer. `kind` is Prometheus' HTTP API errorType where it has one. */
export interface QueryError {
  readonly kind:
    | "bad_data"
    | "execution"
    | "timeout"
    | "canceled"
    | "too_many_samples"
    | "too_many_queries"
    | "too_little_memory"
    | "internal";
  readonly message: string;
  readonly position?: PositionRange;
}

export interface QueryStats {
  /** Samples that the evaluation looked at, as `stats=all` reports them. */
  readonly samplesTotal: number;
  readonly samplesPeak: number;
  readonly evaluationMs: number;
}

export type QueryResult =
  | {
    readonly kind: "ok";
    readonly value: QueryValue;
    readonly annotations: readonly Annotation[];
    readonly stats: QueryStats;
  }
  | { readonly kind: "error"; readonly error: QueryError };

/** Limits of one evaluation; what is absent comes from the engine's options. */
export interface QueryLimits {
  readonly timeoutMs?: number;
  readonly lookbackMs?: number;
  readonly signal?: AbortSignal;
  /** For verdicts: needs no place among the running, and its turns come before those of other queries. */
  readonly urgent?: boolean;
}
