import assert from "node:assert/strict";
import { ExponentialHistogram } from "../../src/telemetry/exponential.ts";

/** Every value lies in a bucket that covers it, and none is lost. */
function checkCovers(values: readonly number[], histogram: ExponentialHistogram): void {
  const base = 2 ** (2 ** -histogram.scale);
  const wanted = new Map<number, number>();
  for (const value of values) {
    if (value <= 0) continue;
    const index = Math.ceil(Math.log2(value) * 2 ** histogram.scale) - 1;
    assert.ok(base ** index < value * (1 + 1e-9) && value <= base ** (index + 1) * (1 + 1e-9));
    wanted.set(index, (wanted.get(index) ?? 0) + 1);
  }
  const found = new Map<number, number>();
  for (let i = 0; i < histogram.used; i++) {
    if (histogram.counts[i] > 0) found.set(histogram.offset + i, histogram.counts[i]);
  }
  assert.deepEqual([...found].sort(), [...wanted].sort());
}

const cases: { name: string; values: number[]; scale?: number }[] = [
  { name: "nothing", values: [], scale: 20 },
  { name: "one value", values: [0.1], scale: 20 },
  { name: "one value many times", values: new Array(1_000).fill(0.25), scale: 20 },
  { name: "values close together", values: [1, 1.0001, 1.0002], scale: 19 },
  { name: "powers of two, downwards", values: Array.from({ length: 300 }, (_, i) => 2 ** (100 - i)) },
  { name: "powers of two, upwards", values: Array.from({ length: 300 }, (_, i) => 2 ** (i - 150)) },
  { name: "the whole range of floats", values: [Number.MAX_VALUE, 5e-324, 1] },
  { name: "zeros and a negative one", values: [0, 0, -1, 1] },
];

for (const { name, values, scale } of cases) {
  Deno.test(`an exponential histogram counts ${name}`, () => {
    const histogram = new ExponentialHistogram();
    for (const value of values) histogram.record(value);
    checkCovers(values, histogram);
    assert.equal(histogram.zeroCount, values.filter((value) => value <= 0).length);
    if (scale !== undefined) assert.equal(histogram.scale, scale);
    assert.ok(histogram.used <= 160);
  });
}

Deno.test("an exponential histogram counts seeded random durations in any order", () => {
  let seed = 42;
  const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  for (let round = 0; round < 50; round++) {
    const values = Array.from({ length: 200 }, () => 10 ** (random() * 8 - 5));
    const histogram = new ExponentialHistogram();
    for (const value of values) histogram.record(value);
    checkCovers(values, histogram);
  }
});

Deno.test("a downscaled copy leaves the original alone", () => {
  const histogram = new ExponentialHistogram();
  for (const value of [0.1, 0.2, 0.4]) histogram.record(value);
  const { scale, used } = histogram;
  const copy = histogram.copy();
  copy.downscale(3);
  assert.equal(copy.scale, scale - 3);
  checkCovers([0.1, 0.2, 0.4], copy);
  assert.deepEqual([histogram.scale, histogram.used], [scale, used]);
});
