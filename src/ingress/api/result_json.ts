import { gathered, PIECE_LENGTH } from "./in_turns.ts";
import { Labels } from "../../model/labels.ts";
import {
  formatApiFloat,
  histogramToApi,
  type MatrixSeries,
  type QueryValue,
  type VectorSample,
} from "../../query/mod.ts";

/** A query's value as the API's `result`, with its `resultType`, as members of a JSON object without its braces. */
export function resultMembers(value: QueryValue): string {
  return [...resultPieces(value)].join("");
}

/** The same in pieces: a large result as one text would take much time and many times its own room. */
export function resultPieces(value: QueryValue): Generator<string, void, void> {
  return gathered(resultParts(value));
}

/** How many samples a value has. */
export function sampleCount(value: QueryValue): number {
  if (value.kind === "vector") return value.samples.length;
  if (value.kind === "matrix") return value.series.reduce((sum, { values }) => sum + values.length, 0);
  return 1;
}

function* resultParts(value: QueryValue): Generator<string, void, void> {
  yield `"resultType":"${value.kind}","result":`;
  switch (value.kind) {
    case "scalar":
      return yield point(value.timestampMs, value.value);
    case "string":
      return yield `[${value.timestampMs / 1_000},${JSON.stringify(value.value.toWellFormed())}]`;
    case "vector": {
      let before = "[";
      for (const sample of value.samples) {
        yield before + vectorElement(sample);
        before = ",";
      }
      return yield before === "[" ? "[]" : "]";
    }
    case "matrix": {
      let before = "[";
      for (const series of value.series) {
        yield before;
        yield* matrixElement(series);
        before = ",";
      }
      return yield before === "[" ? "[]" : "]";
    }
  }
}

function vectorElement({ labels, timestampMs, value, histogram }: VectorSample): string {
  return histogram
    ? `{"metric":${metric(labels)},"histogram":[${timestampMs / 1_000},${
      JSON.stringify(histogramToApi(histogram))
    }]}`
    : `{"metric":${metric(labels)},"value":${point(timestampMs, value)}}`;
}

function* matrixElement(series: MatrixSeries): Generator<string, void, void> {
  const { labels, timestamps, values, histograms } = series;
  let text = `{"metric":${metric(labels)}`;
  let before = `,"values":[`;
  for (let row = 0; row < timestamps.length; row++) {
    if (histograms?.[row]) continue;
    text += before + point(timestamps[row], values[row]);
    before = ",";
    if (text.length < PIECE_LENGTH) continue;
    yield text;
    text = "";
  }
  if (before === ",") text += "]";
  before = `,"histograms":[`;
  for (let row = 0; histograms && row < timestamps.length; row++) {
    const histogram = histograms[row];
    if (!histogram) continue;
    text += `${before}[${timestamps[row] / 1_000},${JSON.stringify(histogramToApi(histogram))}]`;
    before = ",";
    if (text.length < PIECE_LENGTH) continue;
    yield text;
    text = "";
  }
  yield before === "," ? `${text}]}` : `${text}}`;
}

function point(timestampMs: number, value: number): string {
  return `[${timestampMs / 1_000},"${formatApiFloat(value)}"]`;
}

/** Bytes that are no UTF-8 are U+FFFD in JSON: parsers stumble over halves of characters. */
export function metric(labels: Labels): string {
  const { flat } = labels;
  return flat.every((text) => text.isWellFormed())
    ? JSON.stringify(labels.toRecord())
    : JSON.stringify(Labels.fromFlat(flat.map((text) => text.toWellFormed())).toRecord());
}
