import assert from "node:assert/strict";
import { atOnce, type Steps } from "../../src/base/steps.ts";
import { plan } from "../../src/query/eval/plan.ts";
import {
  type Expr,
  parseExpr,
  parseExprInSteps,
  parseSelectorInSteps,
  prettyPrint,
  prettyPrintInSteps,
  toJson,
} from "../../src/query/mod.ts";

/** @returns how many times the work can be left alone */
function yieldsOf(steps: Steps<unknown>): number {
  let yields = 0;
  while (!steps.next().done) yields++;
  return yields;
}

const numbered = (count: number, text: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => text(i));

/** What takes long to read, and how many steps that must be at least. */
const LONG = [
  { name: "labels", query: `sum by (${numbered(500, (i) => `l${i}`)}) (x)`, yields: 8 },
  { name: "labels that agree", query: `x * on (${numbered(500, (i) => `l${i}`)}) y`, yields: 8 },
  {
    name: "labels that are kept",
    query: `x * on (a) group_left (${numbered(500, (i) => `l${i}`)}) y`,
    yields: 8,
  },
  { name: "matchers", query: `x{${numbered(200, (i) => `l${i}="v"`)}}`, yields: 6 },
  { name: "arguments", query: `label_join(x, "a", "b", ${numbered(4_000, () => `"c"`)})`, yields: 25 },
  { name: "operators", query: numbered(400, () => "x").join(" + "), yields: 5 },
  { name: "functions", query: "abs(".repeat(490) + "x" + ")".repeat(490), yields: 5 },
  { name: "brackets", query: "(".repeat(499) + "1" + ")".repeat(499), yields: 4 },
  { name: "patterns", query: `x{${numbered(40, (i) => `l${i}=~"a{0,40}b.*"`)}}`, yields: 35 },
];

for (const { name, query, yields } of LONG) {
  Deno.test(`long queries are read in steps: ${name}`, () => {
    assert.ok(yieldsOf(parseExprInSteps(query)) >= yields);
    assert.deepEqual(JSON.stringify(atOnce(parseExprInSteps(query))), JSON.stringify(parseExpr(query)));
    assert.equal(parseExpr(query).kind, "ok");
  });
}

Deno.test("a list of labels has an end", () => {
  const labels = numbered(501, (i) => `l${i}`);
  for (
    const query of [`sum by (${labels}) (x)`, `x * on (${labels}) y`, `x * on () group_left (${labels}) y`]
  ) {
    const result = parseExpr(query);
    assert.ok(result.kind === "error");
    assert.equal(result.errors[0].reason, "more than 500 labels in a list");
  }
});

Deno.test("a selector's matchers have an end", () => {
  const result = parseExpr(`x{${numbered(201, (i) => `l${i}="v"`)}}`);
  assert.ok(result.kind === "error");
  assert.equal(result.errors[0].reason, "more than 200 matchers in a selector");
});

Deno.test("long selectors are read in steps", () => {
  const text = `x{${numbered(40, (i) => `l${i}=~"a{0,40}b.*"`)}}`;
  assert.ok(yieldsOf(parseSelectorInSteps(text)) >= 35);
});

Deno.test("short queries are read in one go", () => {
  assert.equal(yieldsOf(parseExprInSteps("avg_over_time(probe_success[10s]) > bool 0.5")), 0);
});

Deno.test("long queries are prepared in steps", () => {
  const parsed = parseExpr(numbered(400, () => "abs(x)").join(" + "));
  assert.ok(parsed.kind === "ok");
  assert.ok(yieldsOf(plan(parsed.expr, { startMs: 0, endMs: 0, stepMs: 1 })) >= 4);
});

/** Past the depth of any tree that can be walked the rest of a query is not read, however long it is. */
const TOO_DEEP = [
  { name: "a sum", query: "1" + "+1".repeat(9_000) },
  { name: "a sum in brackets", query: "(" + "1" + "+1".repeat(9_000) + ")" },
  { name: "a length of time", query: `x[1${"+1".repeat(9_000)}]` },
];

for (const { name, query } of TOO_DEEP) {
  Deno.test(`reading ends where the tree is too deep: ${name}`, () => {
    assert.ok(yieldsOf(parseExprInSteps(query)) <= 15);
    const result = parseExpr(query);
    assert.ok(result.kind === "error");
    assert.equal(result.errors[0].reason, "expression nests deeper than 500 levels");
  });
}

/** Deep and wide: its tree and its lines are hundreds of times as long as it is. */
function deepAndWide(): Expr {
  const parsed = parseExpr("sum(".repeat(100) + numbered(350, () => "a").join("+") + ")".repeat(100));
  assert.ok(parsed.kind === "ok");
  return parsed.expr;
}

Deno.test("the tree of a long query is written in short pieces", () => {
  const pieces = [...toJson(deepAndWide())];
  assert.ok(pieces.join("").length > 100_000);
  assert.ok(pieces.every((piece) => piece.length < 500));
});

Deno.test("a long query is formatted in steps and short pieces", () => {
  const expr = deepAndWide();
  assert.ok(yieldsOf(prettyPrintInSteps(expr)) >= 7);
  const pieces = [...atOnce(prettyPrintInSteps(expr))];
  assert.ok(pieces.length > 700);
  assert.equal(pieces.join(""), prettyPrint(expr));
});

/** Making the machine of a pattern can't be left alone in between. */
const PATTERNS = [
  { name: "of few states", pattern: "[a-z]{0,100}b.*", isTaken: true },
  { name: "of many states", pattern: Array.from({ length: 150 }, () => "ab.*").join("|"), isTaken: true },
  {
    name: "of too many states",
    pattern: Array.from({ length: 250 }, () => "ab.*").join("|"),
    isTaken: false,
  },
  { name: "of too many that are repeated", pattern: "[a-z]{0,100}".repeat(3), isTaken: false },
  {
    name: "that is but a list of values",
    pattern: Array.from({ length: 300 }, (_, i) => `a${i}\\.b`).join("|"),
    isTaken: true,
  },
];

for (const { name, pattern, isTaken } of PATTERNS) {
  Deno.test(`a query ${isTaken ? "may have" : "may not have"} a pattern ${name}`, () => {
    const result = parseExpr(`x{a=~${JSON.stringify(pattern)}}`);
    if (isTaken) assert.equal(result.kind, "ok");
    else {
      assert.ok(result.kind === "error");
      assert.match(result.errors[0].reason, /pattern is too large/);
    }
  });
}
