import assert from "node:assert/strict";
import { describe, engineWith, loaded, valueOf } from "./engine_support.ts";

const STORE = loaded(`
load 10s
  requests_total{path="/a"} 0+10x60
  requests_total{path="/b"} 0+20x60
  up{job="x"} 1 1 0 _ 1 stale 1
`);

const INSTANT_CASES = [
  { name: "a scalar", query: "1 + 2", atMs: 5_000, want: ["scalar 3"] },
  { name: "a string", query: `"text"`, atMs: 0, want: ["string text"] },
  { name: "no series", query: "nothing_there", atMs: 0, want: [] },
  {
    name: "a vector in the order of its operation",
    query: "sort_desc(requests_total)",
    atMs: 100_000,
    want: [
      `{__name__="requests_total", path="/b"} 200`,
      `{__name__="requests_total", path="/a"} 100`,
    ],
  },
  {
    name: "a range vector, with the samples' own times, sorted by labels",
    query: "requests_total[15s] offset 5s",
    atMs: 26_000,
    want: [
      `{__name__="requests_total", path="/a"} 10@10 20@20`,
      `{__name__="requests_total", path="/b"} 20@10 40@20`,
    ],
  },
  {
    name: "a subquery, on multiples of its step",
    query: "sum(requests_total)[20s:10s]",
    atMs: 47_000,
    want: ["{} 90@30 120@40"],
  },
  {
    name: "a replacement's groups, by number and by name; a number with a leading zero is a name",
    query: `label_replace(up, "x", "$1|$01|\${01}|\${0}|$02", "job", "(?P<02>x)")`,
    atMs: 0,
    want: [`{__name__="up", job="x", x="x|||x|x"} 1`],
  },
  {
    name: "a name given up by an operation, gone at the end",
    query: "-up",
    atMs: 0,
    want: [`{job="x"} -1`],
  },
  { name: "nothing where a stale marker is the newest sample", query: "up", atMs: 52_000, want: [] },
] as const;

for (const { name, query, atMs, want } of INSTANT_CASES) {
  Deno.test(`Engine.instant answers with ${name}`, async () => {
    const result = await engineWith().instant(STORE, query, atMs);
    assert.deepEqual(describe(valueOf(result)), want);
  });
}

const RANGE_CASES = [
  {
    name: "a scalar as one series without labels",
    query: "time()",
    want: ["{} 0@0 10@10 20@20 30@30 40@40 50@50"],
  },
  {
    name: "gaps where there is no sample, and none invented after the last step",
    query: "up",
    lookbackMs: 9_999,
    want: [`{__name__="up", job="x"} 1@0 1@10 0@20 1@40`],
  },
  {
    name: "series in order of labels, whatever the operation",
    query: "sort_desc(requests_total) * 1",
    want: [
      `{path="/a"} 0@0 100@10 200@20 300@30 400@40 500@50`.replaceAll(/(\d)00@/g, "$10@"),
      `{path="/b"} 0@0 20@10 40@20 60@30 80@40 100@50`,
    ],
  },
  {
    name: "an invariant part at every step",
    query: "vector(1) + sum(requests_total @ 20)",
    want: ["{} 61@0 61@10 61@20 61@30 61@40 61@50"],
  },
] as const;

for (const { name, query, want, ...limits } of RANGE_CASES) {
  Deno.test(`Engine.range answers with ${name}`, async () => {
    const result = await engineWith().range(STORE, query, 0, 55_000, 10_000, limits);
    assert.deepEqual(describe(valueOf(result)), want);
  });
}

Deno.test("Engine.range gives an empty matrix for an end before the start", async () => {
  const result = await engineWith().range(STORE, "up", 10_000, 0, 1_000);
  assert.deepEqual(valueOf(result), { kind: "matrix", series: [] });
});

/** What a real Prometheus counts (totalQueryableSamples). */
const LOOKED_AT = [
  { query: "requests_total", instant: 2, range: 10 },
  { query: "rate(requests_total[1m])", instant: 12, range: 60 },
  { query: "sum_over_time(requests_total[1m:20s])", instant: 6, range: 30 },
  { query: "max_over_time(rate(requests_total[1m])[2m:30s])", instant: 8, range: 40 },
  { query: "requests_total @ end()", instant: 2, range: 10 },
  { query: "rate(requests_total[1m] @ 300)", instant: 12, range: 60 },
  { query: "7", instant: 0, range: 0 },
];
for (const { query, instant, range } of LOOKED_AT) {
  Deno.test(`Engine counts the samples that ${query} looked at`, async () => {
    const engine = engineWith();
    const atOnce = await engine.instant(STORE, query, 300_000);
    const inSteps = await engine.range(STORE, query, 300_000, 420_000, 30_000);
    const totals = [atOnce, inSteps].map((result) => result.kind === "ok" && result.stats.samplesTotal);
    assert.deepEqual(totals, [instant, range]);
  });
}

Deno.test("Engine counts the samples that a query looked at and held", async () => {
  const result = await engineWith().instant(STORE, "avg_over_time(requests_total[1m])", 300_000);
  assert.equal(result.kind, "ok");
  if (result.kind !== "ok") return;
  assert.equal(result.stats.samplesTotal, 12);
  assert.equal(result.stats.samplesPeak, 8); // a window of six, and two results
});

const ERROR_CASES = [
  { name: "a query that does not parse", query: "sum(", kind: "bad_data", message: /^1:5: parse error: / },
  {
    name: "a bad duration",
    query: "up[5m - 5m]",
    kind: "bad_data",
    message: /duration must be greater than 0/,
  },
  {
    name: "two series that become one",
    query: `label_replace(requests_total, "path", "", "", "")`,
    kind: "execution",
    message: /^vector cannot contain metrics with the same labelset$/,
  },
  {
    name: "duplicates in a matching",
    query: "up + ignoring(path, job) requests_total",
    kind: "execution",
    message: /^found duplicate series for the match group \{\} on the right hand-side/,
  },
] as const;

for (const { name, query, kind, message } of ERROR_CASES) {
  Deno.test(`Engine gives ${name} as an error value`, async () => {
    const result = await engineWith().instant(STORE, query, 20_000);
    assert.equal(result.kind, "error");
    if (result.kind !== "error") return;
    assert.equal(result.error.kind, kind);
    assert.match(result.error.message, message);
  });
}

Deno.test("Engine.range refuses what has no value at a step", async () => {
  const result = await engineWith().range(STORE, "up[1m]", 0, 10_000, 1_000);
  assert.deepEqual(result, {
    kind: "error",
    error: {
      kind: "bad_data",
      message: `invalid expression type "range vector" for range query, must be Scalar or instant Vector`,
    },
  });
});

const STEP_CASES = [
  {
    name: "a fraction of a millisecond is cut off",
    stepMs: 333.3,
    want: ["{} 0@0 0.333@0.333 0.666@0.666 0.999@0.999"],
  },
  {
    name: "floating noise above one loses no step",
    stepMs: 0.25 * 1_000 + 1e-13,
    want: ["{} 0@0 0.25@0.25 0.5@0.5 0.75@0.75 1@1"],
  },
];
for (const { name, stepMs, want } of STEP_CASES) {
  Deno.test(`Engine.range has steps of whole milliseconds: ${name}`, async () => {
    assert.deepEqual(describe(valueOf(await engineWith().range(STORE, "time()", 0, 1_000, stepMs))), want);
  });
}

Deno.test("Engine.range refuses a step shorter than a millisecond", async () => {
  const result = await engineWith().range(STORE, "time()", 0, 10, 0.5);
  assert.deepEqual(result, {
    kind: "error",
    error: { kind: "execution", message: "the step is shorter than a millisecond" },
  });
});

Deno.test("Engine turns a fault of the store into an internal error, not a rejection", async () => {
  const broken = {
    select: () => {
      throw new TypeError("cannot read chunk");
    },
    labelNames: () => [],
    labelValues: () => [],
  };
  const result = await engineWith().instant(broken, "up", 0);
  assert.deepEqual(result, {
    kind: "error",
    error: { kind: "internal", message: "unexpected error: cannot read chunk" },
  });
});

Deno.test("a fault of an observer is none of the query's", async () => {
  const engine = engineWith({
    onQuery: () => {
      throw new Error("observer");
    },
  });
  assert.deepEqual(describe(valueOf(await engine.instant(STORE, "7", 0))), ["scalar 7"]);
});
