import assert from "node:assert/strict";
import { atOnce } from "../../src/base/steps.ts";
import { Labels } from "../../src/model/labels.ts";
import { EvaluationFailure } from "../../src/query/eval/failure.ts";
import { compareNaturally } from "../../src/query/eval/functions/natural_order.ts";
import { hashOf, xxh64 } from "../../src/query/eval/label_hash.ts";
import { plan } from "../../src/query/eval/plan.ts";
import { quantileOf } from "../../src/query/eval/range/quantile.ts";
import { formatFloatShort, formatG2, formatOpenMetrics } from "../../src/query/go_number.ts";
import { parseExpr, print } from "../../src/query/mod.ts";
import { Random } from "../support/random.ts";

/** The published test vectors of XXH64 with seed 0. */
const HASHES = [
  { text: "", hash: 0xef46db3751d8e999n },
  { text: "a", hash: 0xd24ec4f1a98c6e5bn },
  { text: "abc", hash: 0x44bc2cf5ad770999n },
  { text: "Nobody inspects the spammish repetition", hash: 0xfbcea83c8a378bf1n },
];

for (const { text, hash } of HASHES) {
  Deno.test(`xxh64 of ${JSON.stringify(text)}`, () =>
    assert.equal(xxh64(new TextEncoder().encode(text)), hash));
}

Deno.test("label sets hash by their names' and values' bytes, lengths included", () => {
  const sets: Record<string, string>[] = [
    { a: "bc" },
    { ab: "c" },
    { a: "b", c: "" },
    { a: "b" },
    { a: "x".repeat(300) },
  ];
  const hashes = sets.map((labels) => hashOf(Labels.from(labels)));
  assert.equal(hashes[2], hashes[3]); // an empty value is no label
  assert.equal(new Set(hashes).size, 4);
});

Deno.test("quantileOf finds what sorting would, ties, NaN and infinities included", () => {
  const random = new Random(11);
  for (let round = 0; round < 400; round++) {
    const count = 1 + random.below(round % 10 === 0 ? 5_000 : 40);
    const values = Float64Array.from({ length: count }, () => {
      if (random.chance(0.02)) return random.pick([NaN, Infinity, -Infinity]);
      return random.chance(0.3) ? random.below(3) : random.next();
    });
    const q = random.pick([0, 1, 0.5, random.next()]);
    const sorted = [...values].sort((a, b) => Number.isNaN(a) ? -1 : Number.isNaN(b) ? 1 : a - b);
    const rank = q * (count - 1);
    const [low, high] = [sorted[Math.floor(rank)], sorted[Math.min(count - 1, Math.floor(rank) + 1)]];
    const weight = rank - Math.floor(rank);
    assert.deepEqual(quantileOf(q, values, count), low * (1 - weight) + high * weight, `round ${round}`);
  }
});

for (const [q, want] of [[-0.1, -Infinity], [1.1, Infinity], [NaN, NaN]] as const) {
  Deno.test(`quantileOf gives ${want} for q = ${q}`, () => {
    assert.deepEqual(quantileOf(q, Float64Array.of(1, 2), 2), want);
  });
}

const PLANS = [
  { query: "up[5m + 1m] offset (2 * 30s)", want: "up[6m] offset 1m" },
  { query: "rate(up[step() * 4])", want: "rate(up[40s])" },
  { query: "up[range() / 2]", want: "up[50s]" },
  { query: "up @ start() + up @ end()", want: "up @ 1.000 + up @ 101.000" },
  { query: "vector(start()) + vector(end() - range() + step())", want: "vector(1) + vector(101 - 100 + 10)" },
  { query: "sum((up))", want: "sum(up)" },
];

for (const { query, want } of PLANS) {
  Deno.test(`plan makes ${want} of ${query}`, () => {
    const parsed = parseExpr(query);
    assert.equal(parsed.kind, "ok");
    if (parsed.kind !== "ok") return;
    const { expr } = atOnce(plan(parsed.expr, { startMs: 1_000, endMs: 101_000, stepMs: 10_000 }));
    assert.equal(print(expr), want);
  });
}

/** Where a plan evaluates once: printed, those parts stand in brackets here. */
const INVARIANTS = [
  { query: "up", wrapped: 0 },
  { query: "up @ 1", wrapped: 1 },
  { query: "up + up @ 1", wrapped: 1 },
  { query: "sum(rate(up[1m] @ 1)) + 5", wrapped: 1 },
  { query: "time()", wrapped: 0 },
  { query: "timestamp(up @ 1)", wrapped: 1 },
  { query: "timestamp(abs(up @ 1))", wrapped: 1 }, // only the argument: the step's time is asked for
  { query: "predict_linear(up[1m] @ 1, 5)", wrapped: 0 },
  { query: "topk(scalar(up), up @ 1)", wrapped: 1 },
  { query: "max_over_time(vector(1)[5m:1m])", wrapped: 1 },
];

for (const { query, wrapped } of INVARIANTS) {
  Deno.test(`plan finds ${wrapped} invariant part in ${query}`, () => {
    const parsed = parseExpr(query);
    assert.equal(parsed.kind, "ok");
    if (parsed.kind !== "ok") return;
    const { expr } = atOnce(plan(parsed.expr, { startMs: 0, endMs: 100, stepMs: 10 }));
    assert.equal(JSON.stringify(expr).split(`"step_invariant"`).length - 1, wrapped);
  });
}

const BAD_DURATIONS = [
  { query: "up[1m - 2m]", message: /^3:10: duration must be greater than 0$/ },
  { query: "up[1m / (step() - step())]", message: /^3:\d+: division by zero$/ },
  { query: "up offset (1m % (step() - step()))", message: /^\d+:\d+: modulo by zero$/ },
  { query: "up[step() * 99999999 * 9999]", message: /: duration is out of range$/ },
];

for (const { query, message } of BAD_DURATIONS) {
  Deno.test(`plan refuses ${query}`, () => {
    const parsed = parseExpr(query);
    assert.equal(parsed.kind, "ok");
    if (parsed.kind !== "ok") return;
    assert.throws(
      () => atOnce(plan(parsed.expr, { startMs: 0, endMs: 0, stepMs: 1_000 })),
      (thrown) => thrown instanceof EvaluationFailure && message.test(thrown.error.message),
    );
  });
}

const NUMBERS = [
  { value: 1, g: "1", g2: "1", openMetrics: "1.0" },
  { value: 0.95, g: "0.95", g2: "0.95", openMetrics: "0.95" },
  { value: 1_000_000, g: "1e+06", g2: "1e+06", openMetrics: "1e+06" },
  { value: 123_456, g: "123456", g2: "1.2e+05", openMetrics: "123456.0" },
  { value: -0.00001, g: "-1e-05", g2: "-1e-05", openMetrics: "-1e-05" },
  { value: 10, g: "10", g2: "10", openMetrics: "10.0" },
  { value: Infinity, g: "+Inf", g2: "+Inf", openMetrics: "+Inf" },
  { value: NaN, g: "NaN", g2: "NaN", openMetrics: "NaN" },
];

for (const { value, g, g2, openMetrics } of NUMBERS) {
  Deno.test(`${value} is written as Go writes it`, () => {
    assert.deepEqual([formatFloatShort(value), formatG2(value), formatOpenMetrics(value)], [
      g,
      g2,
      openMetrics,
    ]);
  });
}

Deno.test("compareNaturally takes digits for numbers", () => {
  const names = ["a10", "b", "a9", "a", "a1b2", "a1b10", "10", "9"];
  assert.deepEqual(names.sort(compareNaturally), ["9", "10", "a", "a1b2", "a1b10", "a9", "a10", "b"]);
});
