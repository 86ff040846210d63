import assert from "node:assert/strict";
import { fingerprint, readConfig } from "../../src/config/mod.ts";
import { compileRegex } from "../../src/base/regex.ts";

function regex(source: string, dotAll = false): unknown {
  const compiled = compileRegex(source, { dotAll });
  assert.ok(compiled.kind === "ok");
  return compiled.regex;
}

const cases: readonly { name: string; a: unknown; b: unknown; alike: boolean }[] = [
  { name: "the order of keys does not count", a: { x: 1, y: [2] }, b: { y: [2], x: 1 }, alike: true },
  { name: "the order of a list does", a: [1, 2], b: [2, 1], alike: false },
  { name: "undefined is absent", a: { x: 1, y: undefined }, b: { x: 1 }, alike: true },
  { name: "null is not absent", a: { x: 1, y: null }, b: { x: 1 }, alike: false },
  { name: "a number is no text", a: { x: 1 }, b: { x: "1" }, alike: false },
  { name: "a list is no mapping", a: [], b: {}, alike: false },
  { name: "keys can't run into values", a: { a: "b", c: "d" }, b: { a: 'b","c":"d' }, alike: false },
  { name: "regular expressions of one source", a: { r: regex("a.*") }, b: { r: regex("a.*") }, alike: true },
  {
    name: "regular expressions of two sources",
    a: { r: regex("a.*") },
    b: { r: regex("a.+") },
    alike: false,
  },
  { name: "regular expressions with other flags", a: regex("a."), b: regex("a.", true), alike: false },
  { name: "a pattern is not its text", a: regex("a"), b: "a", alike: false },
];

for (const { name, a, b, alike } of cases) {
  Deno.test(`fingerprint: ${name}`, () => assert.equal(fingerprint(a) === fingerprint(b), alike));
}

Deno.test("fingerprint: two readings of one file are alike, and nothing of it can be read back", () => {
  const text = `
egress:
  probes:
    - name: a
      httpGet: {port: 1, httpHeaders: [{name: Authorization, value: s3cret}], body: {matches: ok}}
`;
  const [one, two] = [readConfig(text, "a.yaml"), readConfig(text, "b.yaml")];
  assert.ok(one.kind === "ok" && two.kind === "ok");
  assert.equal(fingerprint(one.config), fingerprint(two.config));
  assert.match(fingerprint(one.config), /^[\w-]{43}$/);
});
