import { compareLabels } from "../../../src/model/labels.ts";
import type { Histogram } from "../../../src/model/histogram.ts";
import { formatHistogram } from "../../../src/query/histogram/format.ts";
import type { MatrixSeries, QueryValue, VectorSample } from "../../../src/query/value.ts";
import { almostEqual } from "../../../src/query/histogram/almost_equal.ts";
import { similarHistograms } from "./compare_histograms.ts";
import type {
  Expectation,
  ExpectedResult,
  ExpectedSeries,
  TimeRange,
} from "../../../src/query/script/script.ts";
import { floatOf, type SequenceValue } from "../../../src/query/script/series_notation.ts";

/** Compares a query's value with what a script expects. `range`: where the expected values of a matrix lie. @returns what is wrong, if anything */
export function compareValue(expect: Expectation, value: QueryValue, range: TimeRange): string | undefined {
  const { result } = expect;
  switch (value.kind) {
    case "scalar":
      return compareScalar(result, value.value);
    case "string":
      if (result.kind === "string" && result.value === value.value) return undefined;
      return `expected ${describe(result)}, got the string ${JSON.stringify(value.value)}`;
    case "vector":
      if (result.kind !== "series") {
        return `expected ${describe(result)}, got a vector of ${value.samples.length}`;
      }
      return compareVector(result.series, value.samples, expect.ordered);
    case "matrix":
      if (expect.ordered) return "expected an ordered result, got a matrix";
      if (result.kind !== "series") {
        return `expected ${describe(result)}, got a matrix of ${value.series.length}`;
      }
      return checkSorted(value.series) ?? compareMatrix(result.series, value.series, result.range ?? range);
  }
}

function compareScalar(expected: ExpectedResult, value: number): string | undefined {
  if (expected.kind === "scalar" && almostEqual(expected.value, value)) return undefined;
  return `expected ${describe(expected)}, got the scalar ${value}`;
}

function compareVector(
  expected: ReadonlyMap<string, ExpectedSeries>,
  samples: readonly VectorSample[],
  ordered: boolean,
): string | undefined {
  const seen = new Set<string>();
  for (const [i, sample] of samples.entries()) {
    const series = expected.get(sample.labels.key);
    if (!series) return `unexpected ${sample.labels} ${describeSample(sample)} in the result`;
    if (seen.has(sample.labels.key)) return `${sample.labels} is in the result twice`;
    if (ordered && series.place !== i + 1) {
      return `expected ${sample.labels} at place ${series.place}, got it at ${i + 1}`;
    }
    if (!fits(series.values[0], sample)) {
      return `expected ${describeItem(series.values[0])} for ${sample.labels}, got ${describeSample(sample)}`;
    }
    seen.add(sample.labels.key);
  }
  return checkAllSeen(expected, seen);
}

function fits(
  expected: SequenceValue | undefined,
  sample: { value: number; histogram: Histogram | undefined },
): boolean {
  if (!expected || expected.kind === "omitted") return false;
  if (expected.kind !== "histogram") return !sample.histogram && almostEqual(floatOf(expected), sample.value);
  return sample.histogram !== undefined &&
    similarHistograms(expected.histogram, sample.histogram, expected.hintGiven);
}

function compareMatrix(
  expected: ReadonlyMap<string, ExpectedSeries>,
  found: readonly MatrixSeries[],
  range: TimeRange,
): string | undefined {
  const seen = new Set<string>();
  for (const series of found) {
    const wanted = expected.get(series.labels.key);
    if (!wanted) return `unexpected ${series.labels} in the result, with ${describeSeries(series)}`;
    if (seen.has(series.labels.key)) return `${series.labels} is in the result twice`;
    const problem = compareSeries(wanted, series, range);
    if (problem) return problem;
    seen.add(series.labels.key);
  }
  return checkAllSeen(expected, seen);
}

/** Row by row: floats and histograms may alternate, but each row has its own time. */
function compareSeries(wanted: ExpectedSeries, found: MatrixSeries, range: TimeRange): string | undefined {
  let row = 0;
  for (const [i, item] of wanted.values.entries()) {
    const atMs = range.startMs + i * range.stepMs;
    if (atMs > range.endMs) {
      return `${wanted.values.length} values were expected for ${wanted.labels}: more than the range has steps`;
    }
    if (item.kind === "omitted") continue;
    if (row >= found.timestamps.length || found.timestamps[row] !== atMs) {
      return `expected ${describeItem(item)} for ${wanted.labels} at ${atMs} ms, got none there but ${
        describeSeries(found)
      }`;
    }
    const sample = { value: found.values[row], histogram: found.histograms?.[row] };
    if (!fits(item, sample)) {
      return `expected ${describeItem(item)} for ${wanted.labels} at ${atMs} ms, got ${
        describeSample(sample)
      } in ${describeSeries(found)}`;
    }
    row++;
  }
  if (row === found.timestamps.length) return undefined;
  return `expected ${row} values for ${wanted.labels}, got ${describeSeries(found)}`;
}

/** Matrices come sorted by labels. */
export function checkSorted(series: readonly MatrixSeries[]): string | undefined {
  for (let i = 1; i < series.length; i++) {
    if (compareLabels(series[i - 1].labels, series[i].labels) > 0) {
      return `matrix is not sorted: ${series[i - 1].labels} stands before ${series[i].labels}`;
    }
  }
}

function checkAllSeen(
  expected: ReadonlyMap<string, ExpectedSeries>,
  seen: ReadonlySet<string>,
): string | undefined {
  for (const [key, { labels, values }] of expected) {
    if (!seen.has(key)) return `expected ${labels} with ${values.map(describeItem).join(" ")}, got none`;
  }
}

function describe(expected: ExpectedResult): string {
  switch (expected.kind) {
    case "scalar":
      return `the scalar ${expected.value}`;
    case "string":
      return `the string ${JSON.stringify(expected.value)}`;
    case "series":
      return `${expected.series.size} series`;
  }
}

function describeItem(item: SequenceValue | undefined): string {
  if (!item || item.kind === "omitted") return "_";
  return item.kind === "histogram"
    ? formatHistogram(item.histogram)
    : item.kind === "stale"
    ? "stale"
    : String(item.value);
}

function describeSample({ value, histogram }: { value: number; histogram: Histogram | undefined }): string {
  return histogram ? formatHistogram(histogram) : String(value);
}

function describeSeries(series: MatrixSeries): string {
  const rows = Array.from(series.timestamps, (timestampMs, row) => {
    const sample = { value: series.values[row], histogram: series.histograms?.[row] };
    return `${describeSample(sample)} @${timestampMs}`;
  });
  return `[${rows.join(", ")}]`;
}
