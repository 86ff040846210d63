import assert from "node:assert/strict";
import type { Histogram } from "../../src/model/histogram.ts";
import {
  addHistograms,
  compactHistogram,
  copyToSchema,
  divHistogram,
  mulHistogram,
  negateHistogram,
  subHistograms,
} from "../../src/query/histogram/arithmetic.ts";
import { equalHistograms } from "../../src/query/histogram/equal.ts";
import { formatHistogram } from "../../src/query/histogram/format.ts";
import { h } from "./histogram_notation.ts";

/** Sums and differences, with the flags that differ from none. */
const COMBINATIONS: {
  name: string;
  left: string;
  op: "+" | "-";
  right: string;
  want: string;
  flags?: string[];
}[] = [
  {
    name: "same layout",
    left: "{{count:6 sum:10 z_bucket:1 buckets:[2 3]}}",
    op: "+",
    right: "{{count:5 sum:2 z_bucket:2 buckets:[1 2]}}",
    want: "{{count:11 sum:12 z_bucket:3 buckets:[3 5]}}",
  },
  {
    name: "buckets before, between and after",
    left: "{{count:4 offset:2 buckets:[1 0 0 3]}}",
    op: "+",
    right: "{{count:10 buckets:[1 0 1 2 0 2 4]}}",
    want: "{{count:14 buckets:[1 0 2 2 0 5 4]}}",
  },
  {
    name: "negative buckets",
    left: "{{count:4 n_offset:1 n_buckets:[4]}}",
    op: "+",
    right: "{{count:2 n_buckets:[1 0 1]}}",
    want: "{{count:6 n_buckets:[1 4 1]}}",
  },
  {
    name: "difference may go below zero and drops what it empties",
    left: "{{count:5 sum:5 buckets:[2 3]}}",
    op: "-",
    right: "{{count:7 sum:6 buckets:[2 5]}}",
    want: "{{count:-2 sum:-1 offset:1 buckets:[-2]}}",
  },
  {
    name: "a finer right side is merged: schema 1 buckets 1,2 are schema 0 bucket 1",
    left: "{{schema:0 count:1 offset:1 buckets:[1]}}",
    op: "+",
    right: "{{schema:1 count:10 buckets:[1 2 3 4]}}",
    want: "{{count:11 buckets:[1 6 4]}}",
  },
  {
    name: "a coarser right side merges the left",
    left: "{{schema:2 count:10 offset:1 buckets:[1 2 3 4]}}",
    op: "-",
    right: "{{schema:0 count:3 offset:1 buckets:[3]}}",
    want: "{{count:7 offset:1 buckets:[7]}}",
  },
  {
    name: "a wider zero bucket swallows what lies within it",
    left: "{{count:7 z_bucket:1 z_bucket_w:0.5 buckets:[1 2 3]}}",
    op: "+",
    right: "{{count:5 z_bucket:4 z_bucket_w:2 offset:2 buckets:[1]}}",
    want: "{{count:12 z_bucket:8 z_bucket_w:2 offset:2 buckets:[4]}}",
  },
  {
    name: "a zero bucket that would cut a populated bucket grows to its end",
    left: "{{count:4 z_bucket:1 z_bucket_w:1.5 offset:2 buckets:[3]}}",
    op: "+",
    right: "{{count:6 z_bucket:0 z_bucket_w:0.5 offset:1 buckets:[2 4]}}",
    want: "{{count:10 z_bucket:3 z_bucket_w:2 offset:2 buckets:[7]}}",
  },
  {
    name: "an empty bucket does not hold the zero bucket up",
    left: "{{count:1 z_bucket:1 z_bucket_w:1.5}}",
    op: "+",
    right: "{{count:4 z_bucket:0 z_bucket_w:0.5 offset:1 buckets:[0 4]}}",
    want: "{{count:5 z_bucket:1 z_bucket_w:1.5 offset:2 buckets:[4]}}",
  },
  {
    name: "growing on the negative side sweeps the positive one again",
    left: "{{count:1 z_bucket:1 z_bucket_w:1.5}}",
    op: "+",
    right: "{{count:6 z_bucket:0 z_bucket_w:0.25 offset:1 buckets:[1 2] n_offset:1 n_buckets:[3]}}",
    want: "{{count:7 z_bucket:5 z_bucket_w:2 offset:2 buckets:[2]}}",
  },
  {
    name: "custom buckets with the same bounds",
    left: "{{schema:-53 count:3 custom_values:[1 2] buckets:[1 2]}}",
    op: "+",
    right: "{{schema:-53 count:4 custom_values:[1 2] offset:1 buckets:[3 1]}}",
    want: "{{schema:-53 count:7 custom_values:[1 2] buckets:[1 5 1]}}",
  },
  {
    name: "custom buckets keep the bounds that both have",
    left: "{{schema:-53 count:10 custom_values:[1 2 5] buckets:[1 2 3 4]}}",
    op: "+",
    right: "{{schema:-53 count:60 custom_values:[2 3] buckets:[10 20 30]}}",
    want: "{{schema:-53 count:70 custom_values:[2] buckets:[13 57]}}",
    flags: ["bounds"],
  },
  {
    name: "custom buckets without a bound in common keep only +Inf",
    left: "{{schema:-53 count:3 custom_values:[1] buckets:[1 2]}}",
    op: "-",
    right: "{{schema:-53 count:1 custom_values:[2] buckets:[1]}}",
    want: "{{schema:-53 count:2 custom_values:[] buckets:[2]}}",
    flags: ["bounds"],
  },
  {
    name: "a gauge makes a gauge",
    left: "{{count:1 counter_reset_hint:reset}}",
    op: "+",
    right: "{{count:1 counter_reset_hint:gauge}}",
    want: "{{count:2 counter_reset_hint:gauge}}",
  },
  {
    name: "unknown wins over a hint",
    left: "{{count:1 counter_reset_hint:not_reset}}",
    op: "+",
    right: "{{count:1}}",
    want: "{{count:2}}",
  },
  {
    name: "like hints stay",
    left: "{{count:1 counter_reset_hint:not_reset}}",
    op: "-",
    right: "{{count:1 counter_reset_hint:not_reset}}",
    want: "{{counter_reset_hint:not_reset}}",
  },
  {
    name: "reset and not_reset collide",
    left: "{{count:1 counter_reset_hint:not_reset}}",
    op: "+",
    right: "{{count:1 counter_reset_hint:reset}}",
    want: "{{count:2}}",
    flags: ["collision"],
  },
];

for (const { name, left, op, right, want, flags = [] } of COMBINATIONS) {
  Deno.test(`histograms ${op === "+" ? "add" : "subtract"}: ${name}`, () => {
    const [a, b] = [h(left), h(right)];
    const result = op === "+" ? addHistograms(a, b) : subHistograms(a, b);
    assert(result.kind === "ok");
    assert.equal(formatHistogram(result.histogram), want);
    assert.equal(result.counterResetCollision, flags.includes("collision"));
    assert.equal(result.boundsReconciled, flags.includes("bounds"));
    assert.equal(formatHistogram(a), formatHistogram(h(left)), "left must not change");
    assert.equal(formatHistogram(b), formatHistogram(h(right)), "right must not change");
  });
}

Deno.test("histograms with custom and with exponential buckets do not combine", () => {
  const custom = h("{{schema:-53 count:1 custom_values:[1] buckets:[1]}}");
  const exponential = h("{{count:1 buckets:[1]}}");
  assert.equal(addHistograms(custom, exponential).kind, "incompatible");
  assert.equal(subHistograms(exponential, custom).kind, "incompatible");
});

const CHANGES: { name: string; change: (histogram: Histogram) => Histogram; of: string; want: string }[] = [
  {
    name: "times a factor",
    change: (histogram) => mulHistogram(histogram, 3),
    of: "{{count:2 sum:4 z_bucket:1 buckets:[1] counter_reset_hint:reset}}",
    want: "{{count:6 sum:12 z_bucket:3 counter_reset_hint:reset buckets:[3]}}",
  },
  {
    name: "negated: a gauge",
    change: negateHistogram,
    of: "{{count:2 sum:4 buckets:[2]}}",
    want: "{{count:-2 sum:-4 counter_reset_hint:gauge buckets:[-2]}}",
  },
  {
    name: "divided",
    change: (histogram) => divHistogram(histogram, 2),
    of: "{{count:3 sum:4 z_bucket:2 n_buckets:[1]}}",
    want: "{{count:1.5 sum:2 z_bucket:1 n_buckets:[0.5]}}",
  },
  {
    name: "divided by zero: no buckets",
    change: (histogram) => divHistogram(histogram, 0),
    of: "{{count:3 sum:-4 z_bucket:0 buckets:[3]}}",
    want: "{{count:Inf sum:-Inf z_bucket:NaN}}",
  },
  {
    name: "compacted",
    change: compactHistogram,
    of: "{{count:3 buckets:[0 0 3 0] n_buckets:[0]}}",
    want: "{{count:3 offset:2 buckets:[3]}}",
  },
  {
    name: "at schema -1: buckets 1 and 2 of schema 0 are one",
    change: (histogram) => copyToSchema(histogram, -1),
    of: "{{count:10 buckets:[1 2 3 4] counter_reset_hint:not_reset}}",
    want: "{{schema:-1 count:10 buckets:[1 5 4]}}",
  },
];

for (const { name, change, of, want } of CHANGES) {
  Deno.test(`histogram ${name}`, () => assert.equal(formatHistogram(change(h(of))), want));
}

Deno.test("compacting leaves no empty span", () => {
  const { positiveSpans, negativeSpans } = compactHistogram(h("{{buckets:[0 1 0 0 2] n_buckets:[0 0]}}"));
  assert.deepEqual(positiveSpans, [{ offset: 1, length: 1 }, { offset: 2, length: 1 }]);
  assert.deepEqual(negativeSpans, []);
});

const EQUALITY: { name: string; a: string; b: string; equal: boolean }[] = [
  { name: "another way to write it", a: "{{buckets:[0 1 0]}}", b: "{{offset:1 buckets:[1]}}", equal: true },
  { name: "another hint", a: "{{count:1}}", b: "{{count:1 counter_reset_hint:gauge}}", equal: true },
  { name: "NaN sums", a: "{{sum:NaN}}", b: "{{sum:NaN}}", equal: true },
  { name: "another sum", a: "{{sum:1}}", b: "{{sum:1.0000000001}}", equal: false },
  { name: "another count", a: "{{count:1}}", b: "{{count:2}}", equal: false },
  { name: "another schema", a: "{{schema:1}}", b: "{{schema:2}}", equal: false },
  { name: "another zero threshold", a: "{{z_bucket_w:1}}", b: "{{z_bucket_w:2}}", equal: false },
  { name: "another bucket", a: "{{buckets:[1 2]}}", b: "{{buckets:[1 3]}}", equal: false },
  { name: "one bucket more", a: "{{buckets:[1 2]}}", b: "{{buckets:[1 2 3]}}", equal: false },
  { name: "the other side", a: "{{buckets:[1]}}", b: "{{n_buckets:[1]}}", equal: false },
  {
    name: "other bounds",
    a: "{{schema:-53 custom_values:[1 2] buckets:[1]}}",
    b: "{{schema:-53 custom_values:[1 3] buckets:[1]}}",
    equal: false,
  },
];

for (const { name, a, b, equal } of EQUALITY) {
  Deno.test(`histograms ${equal ? "are" : "are not"} equal: ${name}`, () => {
    assert.equal(equalHistograms(h(a), h(b)), equal);
    assert.equal(equalHistograms(h(b), h(a)), equal);
  });
}
