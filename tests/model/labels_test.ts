import assert from "node:assert/strict";
import { compareLabels, Labels } from "../../src/model/labels.ts";

const labels = Labels.from({ __name__: "up", zone: "b", job: "x", empty: "" });

Deno.test("labels are sorted by name and drop empty values", () => {
  assert.deepEqual(labels.flat, ["__name__", "up", "job", "x", "zone", "b"]);
  assert.equal(labels.toString(), '{__name__="up", job="x", zone="b"}');
});

Deno.test("labels write names that are not plain in quotes", () => {
  assert.equal(Labels.from({ "a-b": "1", 'c"': "x\ny" }).toString(), '{"a-b"="1", "c\\""="x\\ny"}');
});

const withCases: [name: string, value: string, want: Record<string, string>][] = [
  ["job", "y", { __name__: "up", job: "y", zone: "b" }],
  ["job", "", { __name__: "up", zone: "b" }],
  ["absent", "", { __name__: "up", job: "x", zone: "b" }],
  ["a", "1", { __name__: "up", a: "1", job: "x", zone: "b" }],
  ["zz", "1", { __name__: "up", job: "x", zone: "b", zz: "1" }],
];
for (const [name, value, want] of withCases) {
  Deno.test(`labels with ${name}=${JSON.stringify(value)}`, () => {
    assert.deepEqual(labels.with(name, value).flat, Labels.from(want).flat);
  });
}

Deno.test("labels keep and drop", () => {
  assert.deepEqual(labels.keep(new Set(["job", "nope"])).toRecord(), { job: "x" });
  assert.deepEqual(labels.drop(new Set(["job"])).toRecord(), { __name__: "up", zone: "b" });
});

Deno.test("labels of another's making are put in order, the last of equal names counts, and empty ones are none", () => {
  for (
    const { flat, want } of [
      { flat: ["a", "1", "b", "2"], want: ["a", "1", "b", "2"] },
      { flat: ["b", "2", "a", "1"], want: ["a", "1", "b", "2"] },
      { flat: ["a", "1", "b", ""], want: ["a", "1"] },
      { flat: ["a", "1", "a", "2"], want: ["a", "2"] },
      { flat: ["\uffff", "1", "\u{10000}", "2"], want: ["\u{10000}", "2", "\uffff", "1"] },
      { flat: ["__proto__", "", "a", "1"], want: ["a", "1"] },
      { flat: [], want: [] },
    ]
  ) assert.deepEqual(Labels.fromFlat(flat).flat, want);
});

Deno.test("labels' keys tell different sets apart", () => {
  assert.notEqual(Labels.from({ a: "b", c: "d" }).key, Labels.from({ a: "bc", d: "x" }).key);
  assert.notEqual(Labels.from({ a: "b", c: "d" }).key, Labels.from({ a: "bÿcÿd" }).key);
  for (const part of ["\xff", "\0", ",", "1,"]) {
    assert.notEqual(
      Labels.from({ a: `b${part}c${part}d` }).key,
      Labels.from({ a: "b", c: "d" }).key,
      JSON.stringify(part),
    );
  }
  assert.ok(Labels.from({ a: "1", b: "2" }).equals(Labels.from({ b: "2", a: "1" })));
});

const order: [a: Record<string, string>, b: Record<string, string>, want: number][] = [
  [{ a: "1" }, { a: "1" }, 0],
  [{ a: "1" }, { a: "2" }, -1],
  [{ a: "2" }, { b: "1" }, -1],
  [{ a: "1" }, { a: "1", b: "1" }, -1],
  [{ b: "1" }, { a: "1", b: "1" }, 1],
];
for (const [a, b, want] of order) {
  Deno.test(`labels ${JSON.stringify(a)} against ${JSON.stringify(b)} is ${want}`, () => {
    assert.equal(Math.sign(compareLabels(Labels.from(a), Labels.from(b))), want);
  });
}
