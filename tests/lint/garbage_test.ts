import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import plugin from "./garbage.ts";

const SHIPPED = fileURLToPath(new URL("../../src/base/any.ts", import.meta.url));
const OTHER = fileURLToPath(new URL("any.ts", import.meta.url));

for (
  const { name, file = SHIPPED, source, want } of [
    { name: "an arrow", source: "a.f = () => 1;", want: ["garbage/assigned-function"] },
    { name: "a function", source: "a[b] = function* () {};", want: ["garbage/assigned-function"] },
    {
      name: "a private field",
      source: "class A { #f = 1; b() { this.#f = async () => {}; } }",
      want: ["garbage/assigned-function"],
    },
    { name: "one that has a name", source: "const f = () => 1; a.f = f;", want: [] },
    { name: "what a call makes", source: "a.f = make(() => 1);", want: [] },
    {
      name: "a getter of a literal",
      source: "const a = { get b() { return 1; } };",
      want: ["garbage/literal-accessor"],
    },
    {
      name: "a setter of a literal",
      source: "const a = { set b(c) {} };",
      want: ["garbage/literal-accessor"],
    },
    { name: "a class's getter", source: "class A { get b() { return 1; } }", want: [] },
    { name: "a method of a literal", source: "const a = { b() { return 1; } };", want: [] },
    {
      name: "tests may",
      file: OTHER,
      source: "a.f = () => 1; const b = { get c() { return 1; } };",
      want: [],
    },
  ]
) {
  Deno.test(`garbage that stays: ${name}`, () => {
    assert.deepEqual(Deno.lint.runPlugin(plugin, file, source).map(({ id }) => id), want);
  });
}
