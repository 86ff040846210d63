import assert from "node:assert/strict";
import type { Histogram, Span } from "../../src/model/histogram.ts";
import { HistogramMean, HistogramSum } from "../../src/query/histogram/accumulate.ts";
import { almostEqual } from "../../src/query/histogram/almost_equal.ts";
import { addHistograms, copyToSchema, subHistograms } from "../../src/query/histogram/arithmetic.ts";
import { BucketWalk } from "../../src/query/histogram/bucket_walk.ts";
import { equalHistograms } from "../../src/query/histogram/equal.ts";
import { formatHistogram } from "../../src/query/histogram/format.ts";
import { histogramFraction } from "../../src/query/histogram/fraction.ts";
import { histogramQuantile } from "../../src/query/histogram/quantile.ts";
import { detectReset } from "../../src/query/histogram/reset.ts";
import { h } from "./histogram_notation.ts";

const SEED = 20_240_229;
const ROUNDS = 400;

/** Numbers that look random and are the same each time (xorshift). */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

function randomSide(next: (below: number) => number): { spans: Span[]; buckets: Float64Array } {
  const spans = Array.from({ length: next(4) }, (_, i) => ({
    offset: i === 0 ? next(12) - 6 : next(3),
    length: next(4),
  }));
  const size = spans.reduce((sum, { length }) => sum + length, 0);
  return { spans, buckets: Float64Array.from({ length: size }, () => next(5)) };
}

function randomHistogram(next: (below: number) => number, schema: number): Histogram {
  const positive = randomSide(next);
  const negative = randomSide(next);
  const zeroCount = next(4);
  const sum = (buckets: Float64Array) => buckets.reduce((total, count) => total + count, 0);
  return {
    schema,
    counterResetHint: "unknown",
    zeroThreshold: 2 ** -20,
    zeroCount,
    count: zeroCount + sum(positive.buckets) + sum(negative.buckets),
    sum: next(100) - 50,
    positiveSpans: positive.spans,
    negativeSpans: negative.spans,
    positiveBuckets: positive.buckets,
    negativeBuckets: negative.buckets,
    customValues: undefined,
  };
}

function massOf(histogram: Histogram): number {
  const walk = new BucketWalk(histogram);
  let mass = 0;
  while (walk.next()) mass += walk.count;
  return mass;
}

function added(a: Histogram, b: Histogram): Histogram {
  const result = addHistograms(a, b);
  assert(result.kind === "ok");
  return result.histogram;
}

Deno.test(`random histograms keep the laws of arithmetic (seed ${SEED})`, () => {
  const next = random(SEED);
  for (let round = 0; round < ROUNDS; round++) {
    const a = randomHistogram(next, next(5) - 1);
    const b = randomHistogram(next, next(5) - 1);
    const sum = added(a, b);
    const case_ = `round ${round}: ${formatHistogram(a)} and ${formatHistogram(b)}`;
    assert(equalHistograms(sum, added(b, a)), `${case_}: a + b = b + a`);
    assert.equal(massOf(sum), massOf(a) + massOf(b), `${case_}: nothing is lost`);
    assert.equal(sum.schema, Math.min(a.schema, b.schema), case_);
    const difference = subHistograms(sum, b);
    assert(difference.kind === "ok");
    const coarse = copyToSchema(a, sum.schema);
    assert(equalHistograms(difference.histogram, coarse), `${case_}: a + b - b = a`);
    assert(!detectReset(sum, a), `${case_}: a sum is no reset`);
    assert(equalHistograms(h(formatHistogram(a)), a), `${case_}: what is written is read back`);
  }
});

Deno.test(`random sums and means are those of adding one by one (seed ${SEED})`, () => {
  const next = random(SEED);
  for (let round = 0; round < ROUNDS / 4; round++) {
    const all = Array.from({ length: 2 + next(6) }, () => randomHistogram(next, next(3)));
    const sum = new HistogramSum(all[0]);
    const mean = new HistogramMean(all[0]);
    for (const histogram of all.slice(1)) assert(sum.add(histogram) && mean.add(histogram));
    const plain = all.reduce(added);
    assert(equalHistograms(sum.finish(), plain), `round ${round}`);
    assert(almostEqual(mean.finish().count * all.length, plain.count), `round ${round}`);
  }
});

Deno.test(`random quantiles rise with the rank, and fractions undo them (seed ${SEED})`, () => {
  const next = random(SEED);
  for (let round = 0; round < ROUNDS; round++) {
    const histogram = randomHistogram(next, next(5) - 1);
    if (histogram.count === 0) continue;
    let last = -Infinity;
    for (let q = 0.05; q < 1; q += 0.1) {
      const { value } = histogramQuantile(q, histogram);
      assert(
        value >= last - 1e-12,
        `round ${round}: quantile ${q} of ${formatHistogram(histogram)} is ${value}`,
      );
      last = value;
      const { value: fraction } = histogramFraction(-Infinity, value, histogram);
      assert(
        Math.abs(fraction - q) < 1e-6,
        `round ${round}: ${fraction} below quantile ${q} of ${formatHistogram(histogram)}`,
      );
    }
  }
});
