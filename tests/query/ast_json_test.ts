import assert from "node:assert/strict";
import { parseExpr, toJson } from "../../src/query/mod.ts";

const selector = {
  type: "vectorSelector",
  name: "up",
  matchers: [{ type: "=", name: "__name__", value: "up" }],
  offset: 0,
  offsetExpr: null,
  timestamp: null,
  startOrEnd: null,
  anchored: false,
  smoothed: false,
};

/** As /api/v1/parse_query of Prometheus 3.14 answers. */
const cases: [query: string, json: unknown][] = [
  ["5m", { type: "numberLiteral", val: "300" }],
  ["-Inf", { type: "numberLiteral", val: "-Inf" }],
  [`"x"`, { type: "stringLiteral", val: "x" }],
  [String.raw`"\xff ü"`, { type: "stringLiteral", val: "\ufffd ü" }], // a byte of no text
  ["(-up)", { type: "parenExpr", expr: { type: "unaryExpr", op: "-", expr: selector } }],
  ["up offset -1m @ 1.5", { ...selector, offset: -60_000, timestamp: 1_500 }],
  ["up[5m] anchored @ start()", {
    ...selector,
    type: "matrixSelector",
    range: 300_000,
    rangeExpr: null,
    startOrEnd: "start",
    anchored: true,
  }],
  ["up[1h:step()]", {
    type: "subquery",
    expr: selector,
    range: 3_600_000,
    rangeExpr: null,
    step: 0,
    stepExpr: { type: "durationExpr", op: "step", lhs: null, rhs: null, wrapped: false },
    offset: 0,
    offsetExpr: null,
    timestamp: null,
    startOrEnd: null,
  }],
  ["up offset -(1m)", {
    ...selector,
    offsetExpr: {
      type: "durationExpr",
      op: "-",
      lhs: null,
      rhs: {
        type: "durationExpr",
        op: "+",
        lhs: null,
        rhs: { type: "numberLiteral", val: "60", duration: true },
        wrapped: true,
      },
      wrapped: false,
    },
  }],
  ["round(up)", {
    type: "call",
    func: { name: "round", argTypes: ["vector", "scalar"], variadic: 1, returnType: "vector" },
    args: [selector],
  }],
  ["topk by (job) (1, up)", {
    type: "aggregation",
    op: "topk",
    expr: selector,
    param: { type: "numberLiteral", val: "1" },
    grouping: ["job"],
    without: false,
  }],
  ["sum(up)", { type: "aggregation", op: "sum", expr: selector, param: null, grouping: [], without: false }],
  ["up == bool on (a) group_left (b) fill_left (1) up", {
    type: "binaryExpr",
    op: "==",
    lhs: selector,
    rhs: selector,
    matching: {
      card: "many-to-one",
      labels: ["a"],
      on: true,
      include: ["b"],
      fillValues: { lhs: 1, rhs: null },
    },
    bool: true,
  }],
  ["up + 1", {
    type: "binaryExpr",
    op: "+",
    lhs: selector,
    rhs: { type: "numberLiteral", val: "1" },
    matching: null,
    bool: false,
  }],
];

for (const [query, json] of cases) {
  Deno.test(`a tree is shown as JSON: ${query}`, () => {
    const result = parseExpr(query);
    assert(result.kind === "ok");
    assert.deepEqual(JSON.parse([...toJson(result.expr)].join("")), json);
  });
}
