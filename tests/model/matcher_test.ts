import assert from "node:assert/strict";
import { matcher, type MatchKind } from "../../src/model/matcher.ts";

const cases: [kind: MatchKind, value: string, matches: string[], misses: string[], literals?: string[]][] = [
  ["=", "a", ["a"], ["", "b", "ab"], ["a"]],
  ["=", "", [""], ["a"], [""]],
  ["!=", "a", ["", "b"], ["a"], ["a"]],
  ["=~", "a|b", ["a", "b"], ["", "ab", "a|b"], ["a", "b"]],
  ["!~", "a|b", ["", "c"], ["a", "b"], ["a", "b"]],
  ["=~", "a|", ["a", ""], ["b"], ["a", ""]],
  ["=~", "(a|b)", ["a", "b"], ["", "ab", "(a|b)"], ["a", "b"]],
  ["=~", "()", [""], ["a", "()"], [""]],
  ["=~", String.raw`a\.b|c\|d`, ["a.b", "c|d"], ["axb", "c", "d", String.raw`a\.b`], ["a.b", "c|d"]],
  ["=~", String.raw`(a\-b|c)`, ["a-b", "c"], ["ab"], ["a-b", "c"]],
  ["=~", String.raw`(a\)|b)`, ["a)", "b"], ["a"], ["a)", "b"]],
  ["=~", String.raw`\\|a`, ["\\", "a"], [""], ["\\", "a"]],
  ["=~", String.raw`a\d`, ["a1"], ["ad"]],
  ["=~", String.raw`\.`, ["."], ["a"], ["."]],
  ["=~", "(a)|(b)", ["a", "b"], ["a)|(b"]],
  ["=~", "(a|b)c", ["ac"], ["a"]],
  ["=~", "a.*", ["a", "ab", "a\nb"], ["ba", ""]],
  ["!~", "a.*", ["ba", ""], ["a", "ab"]],
  ["=~", ".*", ["", "x", "\n"], []],
  ["=~", ".+", ["x", "\n"], [""]],
  ["!~", ".+", [""], ["x"]],
  ["=~", "(?i)ab", ["AB", "aB"], ["abc"]],
];
for (const [kind, value, matches, misses, literals] of cases) {
  Deno.test(`matcher ${kind}${JSON.stringify(value)}`, () => {
    const made = matcher(kind, "label", value);
    assert.ok(made.kind === "ok");
    for (const text of matches) assert.equal(made.matcher.matches(text), true, JSON.stringify(text));
    for (const text of misses) assert.equal(made.matcher.matches(text), false, JSON.stringify(text));
    assert.deepEqual(made.matcher.literals, literals);
  });
}

Deno.test("a matcher's bad pattern is an error that says why", () => {
  const made = matcher("=~", "label", "a(");
  assert.ok(made.kind === "error");
  assert.match(made.message, /missing/);
});

Deno.test("a matcher's pattern takes linear time", () => {
  const made = matcher("=~", "label", "(a+)+$");
  assert.ok(made.kind === "ok");
  assert.equal(made.matcher.matches("a".repeat(30_000) + "b"), false);
});
