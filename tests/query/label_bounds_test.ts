import assert from "node:assert/strict";
import { engineWith, loaded } from "./engine_support.ts";

const X = `label_replace(vector(1), "a", "x", "", "")`;
const long = (length: number) => `label_replace(vector(1), "a", "${"x".repeat(length)}", "", "")`;

function doubled(times: number): string {
  let query = X;
  for (let i = 0; i < times; i++) query = `label_join(${query}, "a", "", "a", "a")`;
  return query;
}

const cases: { name: string; query: string; want: RegExp | "ok" }[] = [
  { name: "a label joined with itself a few times", query: doubled(14), want: "ok" },
  { name: "a label joined with itself again and again", query: doubled(60), want: /longer than 16384/ },
  { name: "a long value", query: long(16_384), want: "ok" },
  { name: "a value that is too long", query: long(16_385), want: /longer than 16384/ },
  {
    name: "a replacement that repeats a long value",
    query: `label_replace(${long(5_000)}, "a", "${"$1".repeat(10_000)}", "a", "(.*)")`,
    want: /longer than 16384/,
  },
  {
    name: "a plain pattern over a long value",
    query: `label_replace(${long(5_000)}, "b", "$1", "a", "(x+)y?")`,
    want: "ok",
  },
  {
    name: "a heavy pattern over a short value",
    query: `label_replace(${long(90)}, "b", "$1", "a", "(x{0,200})")`,
    want: "ok",
  },
  {
    name: "a heavy pattern over a long value",
    query: `label_replace(${long(200)}, "b", "$1", "a", "(x{0,200})+y")`,
    want: /too long for the regular expression/,
  },
  {
    name: "a pattern that is too large",
    query: `label_replace(${long(1)}, "b", "$1", "a", "(x{0,900})+y")`,
    want: /too large once its repetitions are written out/,
  },
];
for (const { name, query, want } of cases) {
  Deno.test(`labels made by a query: ${name}`, async () => {
    const result = await engineWith().instant(loaded("load 1m\n  up 1"), query, 0);
    if (want === "ok") assert.equal(result.kind, "ok", result.kind === "error" ? result.error.message : "");
    else {
      assert.equal(result.kind, "error");
      assert.equal(result.error.kind, "execution");
      assert.match(result.error.message, want);
    }
  });
}

Deno.test("labels made by a query count among the samples that it may hold", async () => {
  const query = doubled(14);
  const result = await engineWith({ maxSamples: 1_250 }).instant(loaded("load 1m\n  up 1"), query, 0);
  assert.equal(result.kind, "error");
  assert.equal(result.error.kind, "too_many_samples");
});
