import assert from "node:assert/strict";
import { leavesOne, parseExpr } from "../../src/query/mod.ts";

const CASES: Readonly<Record<string, boolean>> = {
  "a > 0": true,
  "a > 1": false,
  "a > 0.5": false,
  "(a >= 1)": true,
  "a >= 2": false,
  "a < 2": true,
  "a < 1": false,
  "a <= 1": true,
  "a <= 0": false,
  "a == 1": true,
  "a == 0": false,
  "a != 0": true,
  "a != 1": false,
  "a > bool 0": false,
  "a > b": false,
  "(a > 0) * 0": false,
  "a": false,
};

for (const [query, want] of Object.entries(CASES)) {
  Deno.test(`${query} ${want ? "may leave" : "leaves no"} 1 by comparing with a whole number`, () => {
    const parsed = parseExpr(query);
    assert.ok(parsed.kind === "ok");
    assert.equal(leavesOne(parsed.expr), want);
  });
}
