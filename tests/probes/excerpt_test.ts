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

Deno.test("quoting shows no half of a secret where it stops to look", () => {
  const secret = "hunter2-of-production";
  for (let before = 4_070; before < 4_120; before++) {
    const quoted = new Quoter([secret]).quote(`a${" ".repeat(before)}${secret} AND MORE${" ".repeat(99)}`);
    assert.match(quoted, /^"a(?: \*{1,3}[A-Z ]*)?…"$/, `${before} blanks before it`);
  }
});

Deno.test("quoting says that there is more where it stops to look", () => {
  assert.equal(new Quoter().quote(`a${" ".repeat(5_000)}b`), '"a…"');
  assert.equal(new Quoter().quote(new TextEncoder().encode(`a${" ".repeat(3_000)}b`)), '"a b"');
});
