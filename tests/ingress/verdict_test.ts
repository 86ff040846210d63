import assert from "node:assert/strict";
import { findingOf } from "../../src/ingress/verdict.ts";
import type { Histogram } from "../../src/model/histogram.ts";
import { Labels } from "../../src/model/labels.ts";
import type { QueryResult, QueryValue } from "../../src/query/mod.ts";

const stats = { samplesTotal: 0, samplesPeak: 0, evaluationMs: 0 };
const ok = (value: QueryValue): QueryResult => ({ kind: "ok", value, annotations: [], stats });
const histogram = { count: 1, sum: 1 } as Histogram;

const sample = (value: number, probe = "a", native?: Histogram) => ({
  labels: Labels.from({ probe }),
  timestampMs: 0,
  value,
  histogram: native,
});
const row = (values: number[], natives?: (Histogram | undefined)[]) => ({
  labels: Labels.from({ probe: "a" }),
  timestamps: Float64Array.from(values, (_, i) => i * 1_000),
  values: Float64Array.from(values),
  histograms: natives,
});

const cases: { name: string; result: QueryResult; want: string; reason: string }[] = [
  {
    name: "scalar 1",
    result: ok({ kind: "scalar", timestampMs: 0, value: 1 }),
    want: "healthy",
    reason: "the query is 1",
  },
  {
    name: "scalar near 1",
    result: ok({ kind: "scalar", timestampMs: 0, value: 0.999 }),
    want: "unhealthy",
    reason: "the query is 0.999",
  },
  {
    name: "scalar NaN",
    result: ok({ kind: "scalar", timestampMs: 0, value: NaN }),
    want: "unhealthy",
    reason: "the query is NaN",
  },
  {
    name: "scalar without bound",
    result: ok({ kind: "scalar", timestampMs: 0, value: Infinity }),
    want: "unhealthy",
    reason: "the query is +Inf",
  },
  {
    name: "string 1",
    result: ok({ kind: "string", timestampMs: 0, value: "1" }),
    want: "healthy",
    reason: 'the query is "1"',
  },
  {
    name: "string 1.0",
    result: ok({ kind: "string", timestampMs: 0, value: "1.0" }),
    want: "healthy",
    reason: 'the query is "1.0"',
  },
  {
    name: "string 1.00",
    result: ok({ kind: "string", timestampMs: 0, value: "1.00" }),
    want: "unhealthy",
    reason: 'the query is "1.00"',
  },
  {
    name: "empty vector",
    result: ok({ kind: "vector", samples: [] }),
    want: "no_data",
    reason: "the query found no fresh data",
  },
  {
    name: "vector of ones",
    result: ok({ kind: "vector", samples: [sample(1), sample(1, "b")] }),
    want: "healthy",
    reason: "all 2 series are 1",
  },
  {
    name: "vector with one zero",
    result: ok({ kind: "vector", samples: [sample(1), sample(0, "b")] }),
    want: "unhealthy",
    reason: '1 of 2 series are not 1, such as {probe="b"} is 0',
  },
  {
    name: "vector with a histogram whose value reads 1",
    result: ok({ kind: "vector", samples: [sample(1, "a", histogram)] }),
    want: "unhealthy",
    reason: '{probe="a"} is a native histogram',
  },
  {
    name: "empty matrix",
    result: ok({ kind: "matrix", series: [] }),
    want: "no_data",
    reason: "the query found no fresh data",
  },
  {
    name: "matrix of ones",
    result: ok({ kind: "matrix", series: [row([1, 1, 1])] }),
    want: "healthy",
    reason: "the query is 1",
  },
  {
    name: "matrix with one bad value",
    result: ok({ kind: "matrix", series: [row([1, 1]), row([1, 0.5, 1])] }),
    want: "unhealthy",
    reason: '1 of 2 series are not 1, such as {probe="a"} is 0.5 at 1970-01-01T00:00:01.000Z',
  },
  {
    name: "matrix with a histogram",
    result: ok({ kind: "matrix", series: [row([1, 1], [undefined, histogram])] }),
    want: "unhealthy",
    reason: '{probe="a"} is a native histogram',
  },
  {
    name: "error",
    result: { kind: "error", error: { kind: "timeout", message: "query timed out" } },
    want: "error",
    reason: "the query failed: query timed out",
  },
];

for (const { name, result, want, reason } of cases) {
  Deno.test(`verdict of ${name} is ${want}`, () => {
    assert.deepEqual(findingOf(result), { kind: want, reason });
  });
}
