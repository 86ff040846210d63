import type { Instrument } from "../model/instruments.ts";
import type { Labels } from "../model/labels.ts";
import { ExponentialHistogram } from "./exponential.ts";

/** Upper bounds of the scrape page's buckets, seconds, without +Inf. */
export const BUCKET_BOUNDS_SECONDS: readonly number[] = [
  0.0005,
  0.001,
  0.0025,
  0.005,
  0.01,
  0.025,
  0.05,
  0.1,
  0.25,
  0.5,
  1,
  2.5,
  5,
  10,
];

/** The state of one series, held by every group that asked for it. */
interface CellBase {
  readonly instrument: Instrument;
  readonly labels: Labels;
  /** Wall clock at which it began to count, ms. */
  readonly startedAtMs: number;
  /** How many open groups hold it. */
  holders: number;
  /** Its labels as a scrape page writes them, kept from the first page on. */
  labelText: string | undefined;
}

/** A gauge's or a counter's value. */
export class NumberCell implements CellBase {
  readonly shape = "number";
  holders = 0;
  labelText: string | undefined = undefined;
  value = 0;
  /** Whether there is a value: always for a counter. */
  present: boolean;
  /** Whether the newest sample in the store is a value, not a stale marker. */
  live = false;
  /** Whether its series has a sample from before its first increment. */
  hasStart = false;

  constructor(readonly instrument: Instrument, readonly labels: Labels, readonly startedAtMs: number) {
    this.present = instrument.kind === "counter";
  }
}

/**
 * A distribution: classic buckets for the scrape page, an exponential histogram for OTLP. Each bucket keeps its
 * newest exemplar, as columns so that recording allocates nothing.
 */
export class DistributionCell implements CellBase {
  readonly shape = "distribution";
  holders = 0;
  labelText: string | undefined = undefined;
  count = 0;
  sum = 0;
  min = Infinity;
  max = -Infinity;
  /** Per bucket, not cumulative; the last one is +Inf's. */
  readonly buckets = new Float64Array(BUCKET_BOUNDS_SECONDS.length + 1);
  readonly exponential = new ExponentialHistogram();
  /** "" where the bucket has no exemplar; index-aligned with `buckets`, as the next three. */
  readonly exemplarTraceIds: string[] = new Array(BUCKET_BOUNDS_SECONDS.length + 1).fill("");
  readonly exemplarSpanIds: string[] = new Array(BUCKET_BOUNDS_SECONDS.length + 1).fill("");
  readonly exemplarValues = new Float64Array(BUCKET_BOUNDS_SECONDS.length + 1);
  readonly exemplarTimesMs = new Float64Array(BUCKET_BOUNDS_SECONDS.length + 1);

  constructor(readonly instrument: Instrument, readonly labels: Labels, readonly startedAtMs: number) {}

  record(value: number, nowMs: number, traceId: string, spanId: string): void {
    if (!Number.isFinite(value)) return;
    const bucket = bucketOf(value);
    this.buckets[bucket]++;
    this.count++;
    this.sum += value;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    this.exponential.record(value);
    if (traceId === "") return;
    this.exemplarTraceIds[bucket] = traceId;
    this.exemplarSpanIds[bucket] = spanId;
    this.exemplarValues[bucket] = value;
    this.exemplarTimesMs[bucket] = nowMs;
  }
}

export type Cell = NumberCell | DistributionCell;

function bucketOf(value: number): number {
  for (let i = 0; i < BUCKET_BOUNDS_SECONDS.length; i++) if (value <= BUCKET_BOUNDS_SECONDS[i]) return i;
  return BUCKET_BOUNDS_SECONDS.length;
}
