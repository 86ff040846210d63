import assert from "node:assert/strict";
import { Quoter } from "../../src/probes/excerpt.ts";

const cases: { name: string; secrets: string[]; said: string; want: string }[] = [
  { name: "a whole value", secrets: ["Bearer abcdef"], said: "got Bearer abcdef", want: '"got ***"' },
  { name: "a word of a value", secrets: ["Bearer abcdef"], said: "token abcdef", want: '"token ***"' },
  {
    name: "a value that begins with another one",
    secrets: ["hunter2", "hunter2-of-production"],
    said: "hunter2-of-production and hunter2",
    want: '"*** and ***"',
  },
  {
    name: "a value with a word that begins with another one",
    secrets: ["hunter", "the hunters gun"],
    said: "env the hunters gun",
    want: '"env ***"',
  },
];
for (const { name, secrets, said, want } of cases) {
  Deno.test(`quoting blots out ${name}`, () => assert.equal(new Quoter(secrets).quote(said), want));
}

Deno.test("quoting leaves no orders to a terminal, and none that turn the direction of writing", () => {
  assert.equal(new Quoter().quote("a\x1b[2Jb\u202ec\u2066d\0e"), '"a [2Jb c d e"');
});

Deno.test("quoting cuts no character in two", () => {
  const quoted = new Quoter().quote(`${"x".repeat(199)}\u{1f430}`);
  assert(quoted.isWellFormed(), quoted);
});
