import type { Labels } from "../../model/labels.ts";
import {
  formatApiFloat,
  histogramToApi,
  type MatrixSeries,
  type QueryValue,
  type VectorSample,
} from "../../query/mod.ts";

/** A query's value as the API's `result`, with its `resultType`, as members of a JSON object without its braces. */
export function resultMembers(value: QueryValue): string {
  return `"resultType":"${value.kind}","result":${result(value)}`;
}

function result(value: QueryValue): string {
  switch (value.kind) {
    case "scalar":
      return point(value.timestampMs, value.value);
    case "string":
      return `[${value.timestampMs / 1_000},${JSON.stringify(value.value)}]`;
    case "vector":
      return `[${value.samples.map(vectorElement).join(",")}]`;
    case "matrix":
      return `[${value.series.map(matrixElement).join(",")}]`;
  }
}

function vectorElement({ labels, timestampMs, value, histogram }: VectorSample): string {
  return histogram
    ? `{"metric":${metric(labels)},"histogram":[${timestampMs / 1_000},${
      JSON.stringify(histogramToApi(histogram))
    }]}`
    : `{"metric":${metric(labels)},"value":${point(timestampMs, value)}}`;
}

function matrixElement({ labels, timestamps, values, histograms }: MatrixSeries): string {
  const floats: string[] = [];
  const natives: string[] = [];
  for (let row = 0; row < timestamps.length; row++) {
    const histogram = histograms?.[row];
    if (histogram) natives.push(`[${timestamps[row] / 1_000},${JSON.stringify(histogramToApi(histogram))}]`);
    else floats.push(point(timestamps[row], values[row]));
  }
  let element = `{"metric":${metric(labels)}`;
  if (floats.length > 0) element += `,"values":[${floats.join(",")}]`;
  if (natives.length > 0) element += `,"histograms":[${natives.join(",")}]`;
  return `${element}}`;
}

function point(timestampMs: number, value: number): string {
  return `[${timestampMs / 1_000},"${formatApiFloat(value)}"]`;
}

export function metric(labels: Labels): string {
  return JSON.stringify(labels.toRecord());
}
