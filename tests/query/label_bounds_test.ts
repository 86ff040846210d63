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
  { name: "a label joined with itself a few times", query: doubled(16), want: "ok" },
  { name: "a label joined with itself again and again", query: doubled(60), want: /longer than 65536/ },
  { name: "a long value", query: long(65_536), want: "ok" },
  { name: "a value that is too long", query: long(65_537), want: /longer than 65536/ },
  {
    name: "a replacement that repeats a long value",
    query: `label_replace(${long(50_000)}, "a", "${"$1".repeat(10_000)}", "a", "(.*)")`,
    want: /longer than 65536/,
  },
  {
    name: "a plain pattern over a long value",
    query: `label_replace(${long(50_000)}, "b", "$1", "a", "(x+)y?")`,
    want: "ok",
  },
  {
    name: "a heavy pattern over a short value",
    query: `label_replace(${long(200)}, "b", "$1", "a", "(x{0,900})")`,
    want: "ok",
  },
  {
    name: "a heavy pattern over a long value",
    query: `label_replace(${long(50_000)}, "b", "$1", "a", "(x{0,900})+y")`,
    want: /too long for the regular expression/,
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
  const query = doubled(16);
  const result = await engineWith({ maxSamples: 5_000 }).instant(loaded("load 1m\n  up 1"), query, 0);
  assert.equal(result.kind, "error");
  assert.equal(result.error.kind, "too_many_samples");
});
