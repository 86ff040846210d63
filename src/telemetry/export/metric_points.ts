import { type Attributes, type HrTime, ValueType } from "@opentelemetry/api";
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type ExponentialHistogram as SdkExponential,
  type Histogram as SdkExplicit,
  type MetricData,
} from "@opentelemetry/sdk-metrics";
import type { Instrument } from "../../model/instruments.ts";
import { BUCKET_BOUNDS_SECONDS, type Cell, type DistributionCell, type NumberCell } from "../cell.ts";
import type { ExponentialHistogram } from "../exponential.ts";

/** What was said of a series before, for temporality delta. */
export type Baseline =
  | { readonly shape: "number"; readonly value: number }
  | {
    readonly shape: "distribution";
    readonly count: number;
    readonly sum: number;
    readonly buckets: Float64Array;
    readonly exponential: ExponentialHistogram;
  };

/** A cell's state now, as a baseline for later. */
export function baselineOf(cell: Cell): Baseline {
  if (cell.shape === "number") return { shape: "number", value: cell.value };
  const { count, sum, buckets, exponential } = cell;
  return { shape: "distribution", count, sum, buckets: buckets.slice(), exponential: exponential.copy() };
}

/** Of which stretch of time a point tells. */
export interface PointTime {
  readonly startMs: number;
  readonly endMs: number;
}

/** How points are made. */
export interface PointOptions {
  readonly isDelta: boolean;
  readonly histograms: "exponential" | "explicit";
  /** What to subtract from a cell. */
  before(cell: Cell): Baseline | undefined;
  timeOf(cell: Cell): PointTime;
}

/** One family as the SDK's metric data. */
export function metricDataOf(
  instrument: Instrument,
  cells: readonly Cell[],
  { isDelta, histograms, before, timeOf }: PointOptions,
): MetricData {
  const temporality = isDelta ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE;
  const descriptor = (valueType: ValueType) => ({
    name: instrument.otelName,
    description: instrument.help,
    unit: instrument.otelUnit,
    valueType,
  });
  if (instrument.kind === "histogram") {
    const common = { descriptor: descriptor(ValueType.DOUBLE), aggregationTemporality: temporality };
    const points = <Value>(valueOf: (cell: DistributionCell, before: Baseline | undefined) => Value) =>
      (cells as readonly DistributionCell[]).map((cell) =>
        pointOf(cell, timeOf(cell), valueOf(cell, before(cell)))
      );
    return histograms === "explicit"
      ? { ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints: points(explicitOf) }
      : { ...common, dataPointType: DataPointType.EXPONENTIAL_HISTOGRAM, dataPoints: points(exponentialOf) };
  }
  const numbers = cells as readonly NumberCell[];
  if (instrument.kind === "gauge") {
    return {
      descriptor: descriptor(ValueType.DOUBLE),
      aggregationTemporality: AggregationTemporality.CUMULATIVE, // has no meaning for a gauge
      dataPointType: DataPointType.GAUGE,
      dataPoints: numbers.map((cell) => pointOf(cell, timeOf(cell), cell.value)),
    };
  }
  const dataPoints = numbers.map((cell) => {
    const earlier = before(cell);
    return pointOf(cell, timeOf(cell), cell.value - (earlier?.shape === "number" ? earlier.value : 0));
  });
  const isWhole = dataPoints.every(({ value }) => Number.isSafeInteger(value));
  return {
    descriptor: descriptor(isWhole ? ValueType.INT : ValueType.DOUBLE),
    aggregationTemporality: temporality,
    dataPointType: DataPointType.SUM,
    isMonotonic: true,
    dataPoints,
  };
}

function pointOf<Value>(cell: Cell, { startMs, endMs }: PointTime, value: Value): DataPoint<Value> {
  const attributes: Attributes = cell.labels.toRecord();
  return { attributes, startTime: hrTimeOf(startMs), endTime: hrTimeOf(endMs), value };
}

/** What both kinds of histogram say. Of a stretch of time alone, least and greatest aren't known. */
function totalsOf({ count, sum, min, max }: DistributionCell, before: Baseline | undefined) {
  if (before?.shape === "distribution") return { count: count - before.count, sum: sum - before.sum };
  return count > 0 ? { count, sum, min, max } : { count, sum };
}

function explicitOf(cell: DistributionCell, before: Baseline | undefined): SdkExplicit {
  const counts = [...cell.buckets];
  if (before?.shape === "distribution") before.buckets.forEach((count, i) => counts[i] -= count);
  return { ...totalsOf(cell, before), buckets: { boundaries: [...BUCKET_BOUNDS_SECONDS], counts } };
}

function exponentialOf(cell: DistributionCell, before: Baseline | undefined): SdkExponential {
  const { scale, zeroCount, offset, counts, used } = cell.exponential;
  const bucketCounts = [...counts.subarray(0, used)];
  let zeros = zeroCount;
  if (before?.shape === "distribution") {
    const earlier = before.exponential.copy();
    earlier.downscale(earlier.scale - scale); // resolution only ever falls
    const shift = earlier.offset - offset;
    for (let i = 0; i < earlier.used; i++) bucketCounts[i + shift] -= earlier.counts[i];
    zeros -= earlier.zeroCount;
  }
  return {
    ...totalsOf(cell, before),
    scale,
    zeroCount: zeros,
    positive: { offset, bucketCounts },
    negative: { offset: 0, bucketCounts: [] },
  };
}

/** Milliseconds since the epoch, with a fraction, as seconds and nanoseconds. */
export function hrTimeOf(timeMs: number): HrTime {
  const seconds = Math.floor(timeMs / 1_000);
  return [seconds, Math.round((timeMs - seconds * 1_000) * 1e6)];
}
