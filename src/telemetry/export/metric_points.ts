import type { HrTime } from "@opentelemetry/api";
import { type Attributes, ValueType } from "@opentelemetry/api";
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type ExponentialHistogram as SdkHistogram,
  type MetricData,
} from "@opentelemetry/sdk-metrics";
import type { Instrument } from "../../model/instruments.ts";
import type { Cell, DistributionCell, NumberCell } from "../cell.ts";
import type { ExponentialHistogram } from "../exponential.ts";

/** What was said of a series before, for temporality delta. */
export type Baseline =
  | { readonly shape: "number"; readonly value: number }
  | {
    readonly shape: "distribution";
    readonly count: number;
    readonly sum: number;
    readonly exponential: ExponentialHistogram;
  };

/** A cell's state now, as a baseline for later. */
export function baselineOf(cell: Cell): Baseline {
  if (cell.shape === "number") return { shape: "number", value: cell.value };
  return { shape: "distribution", count: cell.count, sum: cell.sum, exponential: cell.exponential.copy() };
}

/** Of which stretch of time a point tells. */
export interface PointTime {
  readonly startMs: number;
  readonly endMs: number;
}

/** One family as the SDK's metric data. `before`: what to subtract from a cell. */
export function metricDataOf(
  instrument: Instrument,
  cells: readonly Cell[],
  isDelta: boolean,
  before: (cell: Cell) => Baseline | undefined,
  timeOf: (cell: Cell) => PointTime,
): MetricData {
  const temporality = isDelta ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE;
  const descriptor = (valueType: ValueType) => ({
    name: instrument.otelName,
    description: instrument.help,
    unit: instrument.otelUnit,
    valueType,
  });
  if (instrument.kind === "histogram") {
    return {
      descriptor: descriptor(ValueType.DOUBLE),
      aggregationTemporality: temporality,
      dataPointType: DataPointType.EXPONENTIAL_HISTOGRAM,
      dataPoints: cells.map((cell) =>
        pointOf(cell, timeOf(cell), histogramOf(cell as DistributionCell, before(cell)))
      ),
    };
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

function histogramOf(cell: DistributionCell, before: Baseline | undefined): SdkHistogram {
  const { exponential, count, sum, min, max } = cell;
  const none = { offset: 0, bucketCounts: [] };
  if (before?.shape !== "distribution") {
    return {
      count,
      sum,
      ...(count > 0 ? { min, max } : {}),
      scale: exponential.scale,
      zeroCount: exponential.zeroCount,
      positive: {
        offset: exponential.offset,
        bucketCounts: [...exponential.counts.subarray(0, exponential.used)],
      },
      negative: none,
    };
  }
  const earlier = before.exponential.copy();
  earlier.downscale(earlier.scale - exponential.scale); // resolution only ever falls
  const shift = earlier.offset - exponential.offset;
  const bucketCounts = [...exponential.counts.subarray(0, exponential.used)];
  for (let i = 0; i < earlier.used; i++) bucketCounts[i + shift] -= earlier.counts[i];
  return {
    count: count - before.count,
    sum: sum - before.sum, // least and greatest of the stretch alone aren't known
    scale: exponential.scale,
    zeroCount: exponential.zeroCount - earlier.zeroCount,
    positive: { offset: exponential.offset, bucketCounts },
    negative: none,
  };
}

/** Milliseconds since the epoch, with a fraction, as seconds and nanoseconds. */
export function hrTimeOf(timeMs: number): HrTime {
  const seconds = Math.floor(timeMs / 1_000);
  return [seconds, Math.round((timeMs - seconds * 1_000) * 1e6)];
}
