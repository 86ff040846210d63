import assert from "node:assert/strict";
import { type Binary, childrenOf, unwrapParens, valueTypeOf, walk } from "../../src/query/ast.ts";
import { type Expr, parseExpr, parseSelector, print, selectorsOf } from "../../src/query/mod.ts";

function parse(query: string): Expr {
  const result = parseExpr(query);
  assert(result.kind === "ok", `${query}: ${result.kind === "error" && result.errors[0].message}`);
  return result.expr;
}

/** Everything that must read, with how it is grouped: parentheses stand around every operation. */
const grouping: [query: string, grouped: string][] = [
  ["a + b * c", "(a + (b * c))"],
  ["a * b + c", "((a * b) + c)"],
  ["a - b - c", "((a - b) - c)"],
  ["a ^ b ^ c", "(a ^ (b ^ c))"],
  ["a atan2 b % c", "((a atan2 b) % c)"],
  ["a or b and c unless d", "(a or ((b and c) unless d))"],
  ["a > b + c and d == e", "((a > (b + c)) and (d == e))"],
  ["a < bool b < bool c", "((a < b) < c)"],
  ["a </ b >/ c", "((a </ b) >/ c)"],
  ["-a ^ b", "(-(a ^ b))"],
  ["-a * b", "((-a) * b)"],
  ["a ^ -b * c", "((a ^ (-b)) * c)"],
  ["a ^ -b ^ c", "(a ^ (-(b ^ c)))"],
  ["-1 ^ 2", "(-(1 ^ 2))"],
  ["--a", "(-(-a))"],
  ["a + b offset 5m", "(a + b)"],
  ["and and and", "(and and and)"],
  ["sum + by - without", "((sum + by) - without)"],
  ["fill * fill_left", "(fill * fill_left)"],
  ["a offset 5m + 3", "(a + 3)"],
  ["a offset -(5m) + 3", "(a + 3)"],
];

function grouped(expr: Expr): string {
  switch (expr.kind) {
    case "binary":
      return `(${grouped(expr.left)} ${expr.op} ${grouped(expr.right)})`;
    case "unary":
      return `(${expr.op}${grouped(expr.expr)})`;
    case "paren":
      return grouped(expr.expr);
    case "vector_selector":
      return expr.name;
    default:
      return print(expr);
  }
}

for (const [query, want] of grouping) {
  Deno.test(`operators bind as they should: ${query}`, () => assert.equal(grouped(parse(query)), want));
}

const types: [query: string, type: string][] = [
  ["1", "scalar"],
  ["5m", "scalar"],
  [`"text"`, "string"],
  ["up", "vector"],
  ["up[5m]", "matrix"],
  ["up[5m:1m]", "matrix"],
  ["1 + 2", "scalar"],
  ["1 == bool 2", "scalar"],
  ["1 + up", "vector"],
  ["up > 1", "vector"],
  ["-(1)", "scalar"],
  ["(up)", "vector"],
  ["sum(up)", "vector"],
  ["time()", "scalar"],
  ["scalar(up)", "scalar"],
  ["vector(1)", "vector"],
  ["step() + range() + max_of(1, 2)", "scalar"],
];
for (const [query, type] of types) {
  Deno.test(`an expression has a type: ${query}`, () => assert.equal(valueTypeOf(parse(query)), type));
}

Deno.test("a selector carries its matchers, the name's last, and its position", () => {
  const expr = parse(` up{job="web", code!~"5..",} `);
  assert(expr.kind === "vector_selector");
  assert.equal(expr.name, "up");
  assert.deepEqual(expr.matchers.map(({ kind, name, value }) => [name, kind, value]), [
    ["job", "=", "web"],
    ["code", "!~", "5.."],
    ["__name__", "=", "up"],
  ]);
  assert.deepEqual(expr.position, { start: 1, end: 28 });
});

Deno.test("names and labels outside ASCII stand in quotes", () => {
  const expr = parse(`{"metric.name", "label.name"="x", 'ü'!="y"}`);
  assert(expr.kind === "vector_selector");
  assert.equal(expr.name, "");
  assert.deepEqual(expr.matchers.map(({ kind, name, value }) => [name, kind, value]), [
    ["__name__", "=", "metric.name"],
    ["label.name", "=", "x"],
    ["ü", "!=", "y"],
  ]);
});

Deno.test("words of the language are names where only a name can stand", () => {
  for (
    const word of ["sum", "by", "offset", "and", "start", "step", "anchored", "min_of", "without", "topk"]
  ) {
    assert.equal((parse(`${word}{offset="x"}`) as { name: string }).name, word);
  }
  const expr = parse("sum by (sum, by, on, group_left, bool, atan2, offset, end) (x)");
  assert(expr.kind === "aggregate");
  assert.deepEqual(expr.grouping, ["sum", "by", "on", "group_left", "bool", "atan2", "offset", "end"]);
});

Deno.test("words of the language are read in any case", () => {
  assert.equal(
    print(parse("SUM BY (job) (up OFFSET 5m) OR Topk(1, up)")),
    "sum by (job) (up offset 5m) or topk(1, up)",
  );
});

Deno.test("comments end with their line, in braces too", () => {
  const query = 'sum( # all\n  up{ # of\n job="web" # these\n } # here\n) # done';
  assert.equal(print(parse(query)), `sum(up{job="web"})`);
});

const offsets: [query: string, offsetMs: number][] = [
  ["up", 0],
  ["up offset 5m", 300_000],
  ["up offset -1h30m", -5_400_000],
  ["up offset 1.5", 1_500],
  ["up offset +2", 2_000],
  ["up offset 1d @ 0", 86_400_000],
];
for (const [query, offsetMs] of offsets) {
  Deno.test(`an offset is milliseconds: ${query}`, () => {
    const expr = parse(query);
    assert(expr.kind === "vector_selector");
    assert.equal(expr.offsetMs, offsetMs);
    assert.equal(expr.offsetExpr, undefined);
  });
}

Deno.test("modifiers behind a range belong to its selector", () => {
  const expr = parse("up[5m] offset 1m @ -1.5 anchored");
  assert(expr.kind === "matrix_selector");
  assert.equal(expr.rangeMs, 300_000);
  assert.equal(expr.selector.offsetMs, 60_000);
  assert.deepEqual(expr.selector.at, { kind: "timestamp", timestampMs: -1_500 });
  assert.equal(expr.selector.anchored, true);
  assert.deepEqual([expr.selector.position, expr.position], [{ start: 0, end: 2 }, { start: 0, end: 32 }]);
});

Deno.test("a subquery has a range, a step and modifiers of its own", () => {
  const expr = parse("rate(up[5m] offset 1m)[1h:30s] @ end() offset 2m");
  assert(expr.kind === "subquery");
  const { rangeMs, stepMs, offsetMs, at } = expr;
  assert.deepEqual({ rangeMs, stepMs, offsetMs, at }, {
    rangeMs: 3_600_000,
    stepMs: 30_000,
    offsetMs: 120_000,
    at: { kind: "end" },
  });
  assert.equal((parse("up[1h:]") as { stepMs: number }).stepMs, 0);
});

Deno.test("durations are computed when the query runs, if they are more than a literal", () => {
  const expr = parse("up[5m + step() * 2] offset -max_of(range(), 1m)");
  assert(expr.kind === "matrix_selector");
  assert.equal(expr.rangeMs, 0);
  assert.equal(expr.rangeExpr?.kind, "duration_binary");
  assert.equal(expr.selector.offsetExpr?.kind, "duration_unary");
});

const matchings: [modifiers: string, want: Partial<Binary["matching"]>][] = [
  ["", { cardinality: "one-to-one", on: false, labels: [], include: [] }],
  ["on ()", { cardinality: "one-to-one", on: true, labels: [] }],
  ["ignoring (a, b,)", { cardinality: "one-to-one", on: false, labels: ["a", "b"] }],
  [`on ("a.b")`, { on: true, labels: ["a.b"] }],
  ["on (a) group_left", { cardinality: "many-to-one", include: [] }],
  ["on (a) group_right (c, d)", { cardinality: "one-to-many", include: ["c", "d"] }],
  ["fill (0)", { fillLeft: 0, fillRight: 0 }],
  ["fill_left (-1)", { fillLeft: -1, fillRight: undefined }],
  ["fill_right (5m) fill_left (NaN)", { fillLeft: NaN, fillRight: 300 }],
  ["ignoring (a) group_left (b) fill_left (1) fill_right (2)", { fillLeft: 1, fillRight: 2 }],
];
for (const [modifiers, want] of matchings) {
  Deno.test(`vectors match by: ${modifiers || "default"}`, () => {
    const expr = parse(`x * ${modifiers} y`);
    assert(expr.kind === "binary");
    for (const [key, value] of Object.entries(want!)) {
      assert.deepEqual(expr.matching![key as keyof Binary["matching"]], value, key);
    }
  });
}

Deno.test("set operators match many to many, and scalars not at all", () => {
  assert.equal((parse("a and b") as Binary).matching?.cardinality, "many-to-many");
  assert.equal((parse("a or on (x) b") as Binary).matching?.cardinality, "many-to-many");
  assert.equal((parse("a + 1") as Binary).matching, undefined);
});

Deno.test("info's second selector may match everything", () => {
  const expr = parse(`info(up, {})`);
  assert(expr.kind === "call");
  assert.equal(expr.args.length, 2);
});

Deno.test("helpers walk the tree from parents to children, left to right", () => {
  const expr = parse("topk(2, a) + (rate(b[5m]))");
  const kinds: string[] = [];
  walk(expr, (node, path) => kinds.push(`${path.length} ${node.kind}`));
  assert.deepEqual(kinds, [
    "0 binary",
    "1 aggregate",
    "2 vector_selector",
    "2 number",
    "1 paren",
    "2 call",
    "3 matrix_selector",
    "4 vector_selector",
  ]);
  assert.deepEqual(selectorsOf(expr).map((matchers) => matchers[0].value), ["a", "b"]);
  assert.equal(unwrapParens(childrenOf(expr)[1]).kind, "call");
});

Deno.test("a series selector is read by itself", () => {
  const result = parseSelector(` up{job=~".*"} # all`);
  assert(result.kind === "ok");
  assert.deepEqual(result.matchers.map(({ name }) => name), ["job", "__name__"]);
  assert.equal(parseSelector(`{}`).kind, "ok");
});

Deno.test("a typical query is read in well under a millisecond", () => {
  const query = `sum by (job) (rate(http_requests_total{job="api",code!="200"}[5m] offset 1m)) / on (job) ` +
    `group_left sum by (job) (rate(http_requests_total[5m])) > bool 0.5`;
  const startedAt = performance.now();
  for (let i = 0; i < 1_000; i++) parse(query);
  assert(performance.now() - startedAt < 1_000);
});
