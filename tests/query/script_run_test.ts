import assert from "node:assert/strict";
import { Labels } from "../../src/model/labels.ts";
import { parseExpr } from "../../src/query/parser.ts";
import { print } from "../../src/query/printer.ts";
import { MemoryStore, parseScript, runScript, type ScriptReport } from "../support/promql_script/mod.ts";
import type {
  Annotation,
  MatrixSeries,
  QueryResult,
  QueryValue,
  VectorSample,
} from "../../src/query/value.ts";
import { h } from "./histogram_notation.ts";

const STATS = { samplesTotal: 0, samplesPeak: 0, evaluationMs: 0 };

function ok(value: QueryValue, annotations: Annotation[] = []): QueryResult {
  return { kind: "ok", value, annotations, stats: STATS };
}

function failed(message: string): QueryResult {
  return { kind: "error", error: { kind: "execution", message } };
}

/** What the scripted engine says is there: the name, and a number or a histogram. */
type Found = [name: string, value: number | string];

function vector(atMs: number, found: readonly Found[]): QueryValue {
  const samples = found.map(([name, value]): VectorSample => ({
    labels: Labels.from({ __name__: name }),
    timestampMs: atMs,
    value: typeof value === "number" ? value : 0,
    histogram: typeof value === "string" ? h(value) : undefined,
  }));
  return { kind: "vector", samples };
}

function matrix(times: number[], found: readonly Found[]): QueryValue {
  const series = found.map(([name, value]): MatrixSeries => ({
    labels: Labels.from({ __name__: name }),
    timestamps: Float64Array.from(times),
    values: Float64Array.from(times, () => typeof value === "number" ? value : 0),
    histograms: typeof value === "string" ? times.map(() => h(value)) : undefined,
  }));
  return { kind: "matrix", series };
}

interface Answers {
  instant?: (query: string, timeMs: number) => QueryResult;
  range?: (query: string, times: number[]) => QueryResult;
}

/** Runs a script against an engine that answers as told, and counts how often it was asked. */
async function run(text: string, answers: Answers): Promise<ScriptReport & { asked: string[] }> {
  const parsed = parseScript(text);
  assert(parsed.kind === "ok", JSON.stringify(parsed));
  const asked: string[] = [];
  const report = await runScript(parsed.script, {
    engine: {
      instant: (_store, query, timeMs) => {
        asked.push(`${query} at ${timeMs}`);
        return answers.instant?.(query, timeMs) ?? failed("no instant answer");
      },
      range: (_store, query, startMs, endMs, stepMs) => {
        asked.push(`${query} from ${startMs} to ${endMs} by ${stepMs}`);
        const times = [];
        for (let t = startMs; t <= endMs; t += stepMs) times.push(t);
        return answers.range?.(query, times) ?? failed("no range answer");
      },
    },
    language: {
      parse: (query) => {
        const result = parseExpr(query);
        return result.kind === "ok" ? result : { kind: "error", message: result.errors[0].message };
      },
      print,
    },
    open: () => ({ store: new MemoryStore(), close: () => {} }),
  });
  return { ...report, asked };
}

/** An engine that finds the same at all times. */
function always(found: Found[], annotations: Annotation[] = []): Answers {
  return {
    instant: (_query, timeMs) => ok(vector(timeMs, found), annotations),
    range: (_query, times) => ok(matrix(times, found), annotations),
  };
}

const warning = (message: string, start: number): Annotation => ({
  level: "warning",
  message,
  position: { start, end: start + 1 },
});

const VERDICTS: { name: string; text: string; found: Found[]; annotations?: Annotation[]; fails?: RegExp }[] =
  [
    { name: "the value", text: "x 1", found: [["x", 1]] },
    { name: "a value within tolerance", text: "x 1", found: [["x", 1.000001]] },
    {
      name: "a value out of tolerance",
      text: "x 1",
      found: [["x", 1.00001]],
      fails: /expected 1 .* got 1\.00001/,
    },
    { name: "next to zero is not zero", text: "x 0", found: [["x", 1e-9]], fails: /expected 0/ },
    { name: "NaN", text: "x NaN", found: [["x", NaN]] },
    { name: "NaN is no number", text: "x 1", found: [["x", NaN]], fails: /got NaN/ },
    { name: "a missing series", text: "x 1\n  y 1", found: [["x", 1]], fails: /expected .*y.*, got none/ },
    { name: "a surplus series", text: "x 1", found: [["x", 1], ["y", 1]], fails: /unexpected .*y/ },
    { name: "a series twice", text: "x 1", found: [["x", 1], ["x", 1]], fails: /twice/ },
    { name: "nothing, as expected", text: "", found: [] },
    { name: "something where nothing is expected", text: "", found: [["x", 1]], fails: /unexpected/ },
    { name: "order is free", text: "y 2\n  x 1", found: [["x", 1], ["y", 2]] },
    { name: "order where asked", text: "expect ordered\n  x 1\n  y 2", found: [["x", 1], ["y", 2]] },
    {
      name: "another order",
      text: "expect ordered\n  y 2\n  x 1",
      found: [["x", 1], ["y", 2]],
      fails: /place 2/,
    },
    { name: "a scalar for a vector", text: "1", found: [["x", 1]], fails: /expected the scalar 1/ },
    {
      name: "a histogram",
      text: "x {{count:1 buckets:[0 1]}}",
      found: [["x", "{{count:1 offset:1 buckets:[1]}}"]],
    },
    {
      name: "another histogram",
      text: "x {{count:1}}",
      found: [["x", "{{count:2}}"]],
      fails: /got {{count:2}}/,
    },
    { name: "a float for a histogram", text: "x {{count:1}}", found: [["x", 0]], fails: /got 0/ },
    { name: "a histogram for a float", text: "x 0", found: [["x", "{{}}"]], fails: /expected 0/ },
    {
      name: "a hint that is not asked for",
      text: "x {{count:1}}",
      found: [["x", "{{count:1 counter_reset_hint:gauge}}"]],
    },
    {
      name: "another hint than asked for",
      text: "x {{count:1 counter_reset_hint:unknown}}",
      found: [["x", "{{count:1 counter_reset_hint:gauge}}"]],
      fails: /counter_reset_hint:gauge/,
    },
    { name: "annotations nobody speaks of", text: "x 1", found: [["x", 1]], annotations: [warning("oh", 0)] },
    { name: "a warning", text: "expect warn\n  x 1", found: [["x", 1]], annotations: [warning("oh", 0)] },
    {
      name: "no warning",
      text: "expect warn\n  x 1",
      found: [["x", 1]],
      fails: /expected warn annotations, got none/,
    },
    {
      name: "a warning against the word",
      text: "expect no_warn\n  x 1",
      found: [["x", 1]],
      annotations: [warning("oh", 0)],
      fails: /expected no warn/,
    },
    {
      name: "a warning by text and position",
      text: "expect warn msg: PromQL warning: oh (1:5)\n  x 1",
      found: [["x", 1]],
      annotations: [warning("oh", 4)],
    },
    {
      name: "a warning at another position",
      text: "expect warn msg: PromQL warning: oh (1:5)\n  x 1",
      found: [["x", 1]],
      annotations: [warning("oh", 3)],
      fails: /\(1:4\)/,
    },
    {
      name: "a second warning that no line allows",
      text: "expect warn regex: oh\n  x 1",
      found: [["x", 1]],
      annotations: [warning("oh", 0), warning("dear", 0)],
      fails: /unexpected warn annotation "PromQL warning: dear/,
    },
    {
      name: "an info for a warning",
      text: "expect info\n  x 1",
      found: [["x", 1]],
      annotations: [warning("oh", 0)],
      fails: /info/,
    },
  ];

for (const { name, text, found, annotations, fails } of VERDICTS) {
  Deno.test(`the runner ${fails ? "fails" : "passes"}: ${name}`, async () => {
    const { passed, failures } = await run(
      `eval instant at 1m sum(x)\n  ${text}`,
      always(found, annotations),
    );
    assert.equal(passed, fails ? 0 : 1, failures[0]?.reason);
    if (fails) assert.match(failures[0].reason, fails);
  });
}

Deno.test("an instant eval is run pinned to its time at others, and each time within a range", async () => {
  const { passed, asked } = await run("eval instant at 5m sum(x)\n  x 1", always([["x", 1]]));
  assert.equal(passed, 1);
  const pinned = "sum(x @ 300.000)";
  const times = [-3_000_000, 0, 60_000, 300_000, 3_000_000];
  assert.deepEqual(
    asked.filter((text) => text.includes(" at ")),
    ["sum(x) at 300000", ...times.map((time) => `${pinned} at ${time}`)],
  );
  assert.equal(asked.filter((text) => text.includes(" from ")).length, 6);
  assert(asked.includes("sum(x) from 240000 to 360000 by 60000"));
});

const PINS: { query: string; pinned: string | undefined }[] = [
  { query: "x[1m]", pinned: "x[1m] @ 60.000" },
  { query: "x @ 5", pinned: "x @ 5.000" },
  { query: "x offset 1m + y @ end()", pinned: "x @ 60.000 offset 1m + y @ 60.000" },
  { query: "sum_over_time(x[1h:1m])", pinned: "sum_over_time(x[1h:1m] @ 60.000)" },
  { query: "timestamp(x)", pinned: undefined },
  { query: "x + time()", pinned: undefined },
];

for (const { query, pinned } of PINS) {
  Deno.test(`${query} is pinned as ${pinned}`, async () => {
    const { asked } = await run(`eval instant at 1m ${query}\n  x 1`, always([["x", 1]]));
    const others = new Set(asked.map((text) => text.replace(/ (at|from) -?\d.*$/, "")));
    others.delete(query);
    const expected = pinned === undefined || pinned === query ? [] : [pinned];
    assert.deepEqual([...others], expected);
  });
}

Deno.test("a result that moves with the evaluation time fails", async () => {
  const answers = always([["x", 1]]);
  answers.instant = (_query, timeMs) => ok(vector(timeMs, [["x", timeMs === 60_000 ? 1 : 2]]));
  const { failures } = await run("eval instant at 1m sum(x)\n  x 1", answers);
  assert.match(failures[0].reason, /as sum\(x @ 60\.000\) at -600000 ms: expected 1/);
});

Deno.test("a result that differs within a range fails", async () => {
  const answers = always([["x", 1]]);
  answers.range = (_query, times) => ok(matrix(times, [["x", 3]]));
  const { failures } = await run("eval instant at 1m sum(x)\n  x 1", answers);
  assert.match(failures[0].reason, /as a range query: expected 1 .* got 3/);
});

Deno.test("queries about their own range are not run in another", async () => {
  const { asked } = await run("eval instant at 1m x @ end()\n  x 1", always([["x", 1]]));
  assert(!asked.some((text) => text.startsWith("x @ end() from")));
});

Deno.test("an unsorted matrix fails", async () => {
  const answers = always([["x", 1], ["y", 1]]);
  answers.range = (_query, times) => ok(matrix(times, [["y", 1], ["x", 1]]));
  const { failures } = await run("eval instant at 1m sum(x)\n  x 1\n  y 1", answers);
  assert.match(failures[0].reason, /not sorted/);
});

const RANGES: { name: string; text: string; times: number[]; fails?: RegExp }[] = [
  { name: "each step", text: "x 1 1 1", times: [0, 60_000, 120_000] },
  { name: "a gap", text: "x 1 _ 1", times: [0, 120_000] },
  {
    name: "a value in a gap",
    text: "x 1 _ 1",
    times: [0, 60_000, 120_000],
    fails: /expected 1 .* at 120000 ms/,
  },
  { name: "a gap in the values", text: "x 1 1 1", times: [0, 120_000], fails: /at 60000 ms, got none/ },
  { name: "too few", text: "x 1 1 1", times: [0], fails: /at 60000 ms, got none/ },
  { name: "too many", text: "x 1", times: [0, 60_000], fails: /expected 1 values/ },
  {
    name: "more values than steps",
    text: "x 1 1 1 1",
    times: [0, 60_000, 120_000],
    fails: /more than the range/,
  },
];

for (const { name, text, times, fails } of RANGES) {
  Deno.test(`the runner ${fails ? "fails" : "passes"} a range: ${name}`, async () => {
    const { failures, passed } = await run(`eval range from 0 to 2m step 1m x\n  ${text}`, {
      range: () => ok(matrix(times, [["x", 1]])),
    });
    assert.equal(passed, fails ? 0 : 1, failures[0]?.reason);
    if (fails) assert.match(failures[0].reason, fails);
  });
}

const FAILURES: { text: string; message: string | undefined; passes: boolean }[] = [
  { text: "expect fail", message: "oh", passes: true },
  { text: "expect fail", message: undefined, passes: false },
  { text: "expect fail msg: oh", message: "oh", passes: true },
  { text: "expect fail msg: oh", message: "oh dear", passes: false },
  { text: "expect fail regex: ^oh .*r$", message: "oh dear", passes: true },
  { text: "expect fail regex: ^dear", message: "oh dear", passes: false },
  { text: "", message: "oh", passes: false },
];

for (const { text, message, passes } of FAILURES) {
  Deno.test(`${text || "no expectation"} ${passes ? "passes" : "fails"} with ${message ?? "a result"}`, async () => {
    const answer = message === undefined ? ok(vector(0, [])) : failed(message);
    const { passed } = await run(`eval instant at 1m x\n  ${text}`, {
      instant: () => answer,
      range: (_query, times) => ok(matrix(times, [])),
    });
    assert.equal(passed, passes ? 1 : 0);
  });
}

Deno.test("a query that does not parse fails its own eval only", async () => {
  const { passed, failures } = await run(
    "eval instant at 1m sum(\n  x 1\n\neval instant at 1m x\n  x 1",
    always([["x", 1]]),
  );
  assert.deepEqual([passed, failures.length, failures[0].line], [1, 1, 1]);
  assert.match(failures[0].reason, /does not parse/);
});

Deno.test("an engine that throws fails the eval and does not end the run", async () => {
  const { passed, failures } = await run("eval instant at 1m y\n  x 1\n\neval instant at 1m x\n  x 1", {
    ...always([["x", 1]]),
    instant: (query, timeMs) => {
      if (query.startsWith("y")) throw new TypeError("broken");
      return ok(vector(timeMs, [["x", 1]]));
    },
  });
  assert.equal(passed, 1);
  assert.match(failures[0].reason, /threw TypeError: broken/);
});

Deno.test("after a load that the store refuses, every eval fails with its reason", async () => {
  const text = "load 1m\n  x 1 2\n\nload 1m\n  x 5\n\neval instant at 1m x\n  x 1";
  const { passed, failures } = await run(text, always([["x", 1]]));
  assert.equal(passed, 0);
  assert.match(failures[0].reason, /line 5: the store refused/);
});
