import assert from "node:assert/strict";
import { formatHistogram } from "../../src/query/histogram/format.ts";
import { parseScript } from "../../src/query/script/parse_script.ts";
import type { Command, EvalCommand, LoadCommand } from "../../src/query/script/script.ts";
import { parseSeries, type SequenceValue } from "../../src/query/script/series_notation.ts";

function show(value: SequenceValue): string {
  if (value.kind === "float") return String(value.value);
  if (value.kind === "histogram") return formatHistogram(value.histogram) + (value.hintGiven ? "!" : "");
  return value.kind === "stale" ? "stale" : "_";
}

const SERIES: { line: string; labels?: string; values: string[] }[] = [
  {
    line: "m 1 -2 +3 .5 1e3 1_000",
    labels: '{__name__="m"}',
    values: ["1", "-2", "3", "0.5", "1000", "1000"],
  },
  { line: "m", labels: '{__name__="m"}', values: [] },
  { line: "m Inf -Inf +inf NaN", values: ["Infinity", "-Infinity", "Infinity", "NaN"] },
  { line: "m 1x2", values: ["1", "1", "1"] },
  { line: "m 1+2x2 _ 5", values: ["1", "3", "5", "_", "5"] },
  { line: "m -1-0.5x1", values: ["-1", "-1.5"] },
  { line: "m 1+-2x1", values: [] },
  { line: "m _x3 stale 0x0", values: ["_", "_", "_", "stale", "0"] },
  { line: '{a="b"} 1', labels: '{a="b"}', values: ["1"] },
  { line: "{} 1", labels: "{}", values: ["1"] },
  { line: `x:y{b="1", a='2',}  1`, labels: '{__name__="x:y", a="2", b="1"}', values: ["1"] },
  { line: '{"my.metric", "l.1"="v"} 1', labels: '{__name__="my.metric", "l.1"="v"}', values: ["1"] },
  { line: 'm{a="\\"\\n\\u00e9\\x41"} 1', labels: '{__name__="m", a="\\"\\néA"}', values: ["1"] },
  { line: "m{a=`\\n`} 1", labels: '{__name__="m", a="\\\\n"}', values: ["1"] },
  { line: "m {{}} {{ count:1 }}x1", values: ["{{}}", "{{count:1}}", "{{count:1}}"] },
  {
    line:
      "m {{schema:-1 sum:-3 count:4 z_bucket:1 z_bucket_w:0.5 offset:-2 buckets:[1 2] n_offset:3 n_buckets:[1]}}",
    values: [
      "{{schema:-1 count:4 sum:-3 z_bucket:1 z_bucket_w:0.5 offset:-2 buckets:[1 2] n_offset:3 n_buckets:[1]}}",
    ],
  },
  {
    line: "m {{count:1 buckets:[1]}}+{{count:2 buckets:[1 1]}}x2",
    values: ["{{count:1 buckets:[1]}}", "{{count:3 buckets:[2 1]}}", "{{count:5 buckets:[3 2]}}"],
  },
  { line: "m {{count:5}}-{{count:2}}x1", values: ["{{count:5}}", "{{count:3}}"] },
  { line: "m {{counter_reset_hint:gauge}}", values: ["{{counter_reset_hint:gauge}}!"] },
  { line: "m {{counter_reset_hint:unknown}}", values: ["{{}}!"] },
  {
    line: "m {{schema:-53 custom_values:[-1 0.5 1e2] buckets:[1]}}",
    values: ["{{schema:-53 custom_values:[-1 0.5 100] buckets:[1]}}"],
  },
];

for (const { line, labels, values } of SERIES) {
  Deno.test(`series notation: ${line}`, () => {
    const result = parseSeries(line);
    if (values.length === 0 && labels === undefined) return assert.equal(result.kind, "error");
    assert(result.kind === "ok", JSON.stringify(result));
    assert.deepEqual(result.series.values.map(show), values);
    if (labels !== undefined) assert.equal(String(result.series.labels), labels);
  });
}

function commands(text: string): readonly Command[] {
  const result = parseScript(text);
  assert(result.kind === "ok", JSON.stringify(result));
  return result.script.commands;
}

Deno.test("a script is read as commands with their lines", () => {
  const [load, evaluate, clear, nhcb] = commands(`
# a comment
load 1m30s
  up{job="a"} 0+1x2
  up{job="b"} 1

eval instant at 5m up   # not a comment
  up{job="a"} 1
# a comment ends a command, as an empty line does
clear
load_with_nhcb 5s
`) as [LoadCommand, EvalCommand, Command, LoadCommand];
  assert.deepEqual([load.kind, load.line, load.stepMs, load.series.length], ["load", 3, 90_000, 2]);
  assert.deepEqual([evaluate.kind, evaluate.line, evaluate.query], ["eval", 7, "up   # not a comment"]);
  assert.deepEqual(evaluate.time, { kind: "instant", atMs: 300_000 });
  assert.deepEqual(clear, { kind: "clear", line: 10 });
  assert.deepEqual([nhcb.withNhcb, load.withNhcb, nhcb.stepMs], [true, false, 5_000]);
});

Deno.test("of two lines for one series in a load the later one stands", () => {
  const [load] = commands("load 1s\n m 1 2\n m 3") as [LoadCommand];
  assert.deepEqual(load.series.map(({ values }) => values.map(show)), [["3"]]);
});

Deno.test("start timestamps go with the series line after them", () => {
  const [load] = commands(`load 1m
  m{a="b"}@st  _ _x2 -30s-1mx1 +5ms 0 1sx1
  m{a="b"}     1 2 3 4 5 6 7 8 9`) as [LoadCommand];
  const none = undefined;
  assert.deepEqual(load.series[0].startOffsetsMs, [none, none, none, -30_000, -90_000, 5, 0, 1_000, 1_000]);
});

Deno.test("a range eval and all that can be expected of it", () => {
  const [command] = commands(
    `eval range from 0 to 1m step 10s rate(x[1m])
  expect warn msg: PromQL warning: oh (1:6)
  expect info regex: PromQL info: .*
  expect no_warn`.replace("\n  expect no_warn", "") + "\n  x 1 _ 3\n  y 1x4",
  ) as [EvalCommand];
  assert.deepEqual(command.time, { kind: "range", range: { startMs: 0, endMs: 60_000, stepMs: 10_000 } });
  assert.deepEqual(command.expect.warn, [{ kind: "message", text: "PromQL warning: oh (1:6)" }]);
  assert.equal(command.expect.info[0].kind, "regex");
  assert(command.expect.result.kind === "series");
  const series = [...command.expect.result.series.values()];
  assert.deepEqual(series.map(({ place, values }) => [place, values.length]), [[1, 3], [2, 5]]);
});

const EXPECTATIONS: { text: string; expect: Record<string, unknown> }[] = [
  { text: "eval_ordered instant at 0 x", expect: { ordered: true } },
  { text: "eval instant at 0 x\n expect ordered", expect: { ordered: true } },
  { text: "eval_fail instant at 0 x", expect: { fail: { kind: "any" } } },
  {
    text: "eval_fail instant at 0 x\n expected_fail_message a b",
    expect: { fail: { kind: "message", text: "a b" } },
  },
  {
    text: "eval instant at 0 x\n expect fail msg:  a b ",
    expect: { fail: { kind: "message", text: "a b" } },
  },
  { text: "eval_warn instant at 0 x", expect: { warn: [{ kind: "any" }] } },
  { text: "eval_info instant at 0 x", expect: { info: [{ kind: "any" }] } },
  { text: "eval instant at 0 x\n expect no_info\n expect no_warn", expect: { noInfo: true, noWarn: true } },
  { text: "eval instant at 0 x\n -0x10", expect: { result: { kind: "scalar", value: -16 } } },
  {
    text: 'eval instant at 0 "x"\n expect string "a\\tb"',
    expect: { result: { kind: "string", value: "a\tb" } },
  },
  {
    text: "eval instant at 0 'x'\n expect string `a\\t`",
    expect: { result: { kind: "string", value: "a\\t" } },
  },
];

for (const { text, expect } of EXPECTATIONS) {
  Deno.test(`expectation: ${JSON.stringify(text)}`, () => {
    const [command] = commands(text) as [EvalCommand];
    for (const [key, value] of Object.entries(expect)) {
      assert.deepEqual(command.expect[key as keyof typeof command.expect], value);
    }
  });
}

Deno.test("a range vector may be expected of an instant query", () => {
  const [command] = commands(
    "eval instant at 1m x[1m]\n expect range vector from 10s to 1m step 10s\n x 1 2",
  ) as [
    EvalCommand,
  ];
  assert(command.expect.result.kind === "series");
  assert.deepEqual(command.expect.result.range, { startMs: 10_000, endMs: 60_000, stepMs: 10_000 });
});

const PROBLEMS: { text: string; at: string; message: RegExp }[] = [
  { text: "\nlad 1m", at: "2:1", message: /invalid command "lad"/ },
  { text: "load", at: "1:1", message: /expected load/ },
  { text: "load 1x", at: "1:6", message: /invalid step "1x"/ },
  { text: "load 1m\n  m{a=1} 1", at: "2:7", message: /unexpected "1}" in label set, expected a string/ },
  { text: "load 1m\n  m 1 2,3", at: "2:8", message: /expected a space/ },
  { text: "load 1m\n  m 1+2", at: "2:8", message: /"x" and how often/ },
  { text: "load 1m\n  m 1x9999999", at: "2:7", message: /too many/ },
  { text: "load 1m\n  m {{coun:1}}", at: "2:7", message: /a key, one of schema/ },
  { text: "load 1m\n  m {{count:1 count:2}}", at: "2:15", message: /duplicate key "count"/ },
  { text: "load 1m\n  m {{buckets:[1 2}}", at: "2:19", message: /a space or \]/ },
  {
    text: "load 1m\n  m {{schema:1}}+{{schema:0}}x2",
    at: "2:17",
    message: /cannot merge from schema 0 to 1/,
  },
  { text: "load 1m\n  m@st 1s", at: "2:3", message: /no series line after it/ },
  { text: "load 1m\n  m@st 1s 2s\n  m 1", at: "2:3", message: /2 values, the series 1/ },
  { text: "load 1m\n  m@st 1s\n  n 1", at: "2:3", message: /another series/ },
  { text: "load 1m\n  m@st 1q\n  m 1", at: "2:8", message: /invalid duration "1q"/ },
  { text: "eval instant 5m up", at: "1:1", message: /invalid eval command/ },
  { text: "eval instant at soon up", at: "1:17", message: /invalid duration "soon"/ },
  { text: "eval range from 2m to 1m step 1s up", at: "1:1", message: /before the start/ },
  { text: "eval instant at 0 x\n  expect nothing", at: "2:3", message: /invalid expect line/ },
  { text: "eval instant at 0 x\n  expect warn\n  expect no_warn", at: "3:3", message: /contradict/ },
  { text: "eval instant at 0 x\n  expect info regex: (", at: "2:3", message: /invalid regex/ },
  {
    text: "eval instant at 0 x\n  expect fail\n  expect fail msg: a\n  expect fail msg: b",
    at: "4:3",
    message: /only one/,
  },
  { text: "eval instant at 0 x\n  x 1 2", at: "2:3", message: /one value a series/ },
  { text: "eval instant at 0 x\n  expect string x", at: "2:17", message: /expected a string/ },
  { text: `load 1m\n  m ${"1 ".repeat(60_000)}`, at: "2:3", message: /longer than/ },
];

for (const { text, at, message } of PROBLEMS) {
  Deno.test(`a script's problem is named with its place: ${JSON.stringify(text.slice(0, 60))}`, () => {
    const result = parseScript(text);
    assert(result.kind === "error", "it must not be accepted");
    assert.match(result.problem.message, message);
    assert.equal(`${result.problem.line}:${result.problem.column}`, at);
  });
}

Deno.test("whatever a script is made of, reading it ends in commands or in a problem", () => {
  const pieces = [
    "load 1m\n",
    "eval instant at 0 ",
    "clear\n",
    '  m{a="b"} ',
    "{{",
    "}}",
    "count:1 ",
    "buckets:[1 2]",
    "1+2x3 ",
    "_x9 ",
    "@st ",
    "-1mx2 ",
    "expect warn msg:x\n",
    'expect string "',
    "\\",
    "'",
    "`",
    "x",
    "1e",
    "stale ",
    "\n",
    "#",
    "é",
    "\u0000",
  ];
  let state = 7;
  for (let round = 0; round < 3_000; round++) {
    let text = "";
    for (let i = 0; i < 12; i++) {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      text += pieces[(state >>> 8) % pieces.length];
    }
    const result = parseScript(text);
    if (result.kind === "error") assert(result.problem.line >= 1 && result.problem.column >= 1, text);
  }
});
