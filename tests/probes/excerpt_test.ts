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
