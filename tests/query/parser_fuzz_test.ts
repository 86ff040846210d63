import assert from "node:assert/strict";
import { type Expr, parseExpr, parseSelector, prettyPrint, print, toJson } from "../../src/query/mod.ts";
import { nearQuery, QUERIES } from "../support/promql_fragments.ts";
import { Random } from "../support/random.ts";

/** What a tree says, without where it stood in the text; matchers in the order in which they are printed. */
function meaning(expr: Expr): string {
  return JSON.stringify(expr, (key, value) => {
    if (key === "position") return undefined;
    if (key === "matchers") return toMatcherTexts(value);
    return Object.is(value, -0)
      ? "-0"
      : typeof value === "number" && !Number.isFinite(value)
      ? String(value)
      : value;
  });
}

function toMatcherTexts(matchers: { name: string; kind: string; value: string }[]): string[] {
  return matchers.map(({ name, kind, value }) => `${name} ${kind} ${value}`).sort();
}

function assertRoundTrip(query: string, expr: Expr): void {
  for (const text of [print(expr), prettyPrint(expr)]) {
    const again = parseExpr(text);
    assert(again.kind === "ok", `${JSON.stringify(query)} was printed as ${JSON.stringify(text)}`);
    assert.equal(meaning(again.expr), meaning(expr), `${JSON.stringify(query)} was printed as ${text}`);
    assert.equal(print(again.expr), print(expr));
  }
}

for (const query of QUERIES) {
  Deno.test(`a printed query reads back as the same tree: ${query}`, () => {
    const result = parseExpr(query);
    assert(result.kind === "ok");
    assertRoundTrip(query, result.expr);
  });
}

Deno.test("whatever the text, the parser answers: a tree that prints and reads back, or an error inside the text", () => {
  const seed = Date.now() >>> 0;
  console.log(`seed ${seed}`);
  const random = new Random(seed);
  let trees = 0;
  for (let i = 0; i < 20_000; i++) {
    const query = nearQuery(random);
    const result = parseExpr(query);
    if (result.kind === "ok") {
      trees++;
      assertRoundTrip(query, result.expr);
      JSON.parse([...toJson(result.expr)].join(""));
    } else {
      assert(result.errors.length > 0, query);
      for (const { position: { start, end } } of result.errors) {
        assert(
          start >= 0 && start <= end && end <= query.length,
          `${JSON.stringify(query)}: ${start}..${end}`,
        );
      }
    }
    parseSelector(query);
  }
  assert(trees > 500, `only ${trees} of the texts were queries: the fuzzer has gone blunt`);
});

const repeated: [name: string, piece: string, end?: string][] = [
  ["open parentheses", "("],
  ["signs", "-"],
  ["operators", "a + "],
  ["powers", "a ^ "],
  ["calls", "abs("],
  ["commas", "abs(a,,,,,,"],
  ["aggregations", "sum by (a) ("],
  ["labels", "sum by (a, b"],
  ["matchers", `{a="b",`],
  ["subqueries", "a[5m:1m]"],
  ["offsets", "a offset 5m "],
  ["words that may be functions", "fill     "],
  ["durations", "a[1 + "],
  ["escapes", `"\\n`],
  ["comments", "#\n"],
  ["lines", "\n\n\n\n", "a b"],
];
for (const [name, piece, end = ""] of repeated) {
  Deno.test(`a long query takes no longer than its length: ${name}`, () => {
    const query = piece.repeat(100_000 / piece.length - 2) + end;
    const startedAt = performance.now();
    parseExpr(query);
    const elapsedMs = performance.now() - startedAt;
    assert(elapsedMs < 2_000, `${elapsedMs} ms`); // linear: some 50 ms; quadratic: minutes
  });
}
