import assert from "node:assert/strict";
import { almostEqual } from "../../src/query/histogram/almost_equal.ts";
import { classicFraction, classicQuantile } from "../../src/query/histogram/classic_quantile.ts";
import { formatHistogram } from "../../src/query/histogram/format.ts";
import { histogramFraction } from "../../src/query/histogram/fraction.ts";
import { histogramAvg, histogramVariance } from "../../src/query/histogram/moments.ts";
import { histogramQuantile } from "../../src/query/histogram/quantile.ts";
import { type Keep, trimHistogram } from "../../src/query/histogram/trim.ts";
import { h } from "./histogram_notation.ts";

/** Two observations in (1, 2], two in (2, 4]. */
const POSITIVE = "{{count:4 sum:9 offset:1 buckets:[2 2]}}";
/** Two in [-4, -2), two in [-2, -1). */
const NEGATIVE = "{{count:4 sum:-9 n_offset:1 n_buckets:[2 2]}}";
const AROUND_ZERO = "{{count:4 z_bucket:4 z_bucket_w:1}}";
/** Two within ±1, two in (1, 2]. */
const ZERO_AND_ABOVE = "{{count:4 z_bucket:2 z_bucket_w:1 offset:1 buckets:[2]}}";
/** One up to 5, two up to 10, one above. */
const CUSTOM = "{{schema:-53 count:4 sum:30 custom_values:[5 10] buckets:[1 2 1]}}";
/** Two in (1, 2], two NaN. */
const WITH_NAN = "{{count:4 sum:NaN offset:1 buckets:[2]}}";

const QUANTILES: { of: string; q: number; want: number; note?: string }[] = [
  { of: POSITIVE, q: 0.25, want: Math.SQRT2 },
  { of: POSITIVE, q: 0.5, want: 2 },
  { of: POSITIVE, q: 0.75, want: 2 * Math.SQRT2 },
  { of: POSITIVE, q: 0, want: 1 },
  { of: POSITIVE, q: 1, want: 4 },
  { of: POSITIVE, q: -0.1, want: -Infinity },
  { of: POSITIVE, q: 1.1, want: Infinity },
  { of: POSITIVE, q: NaN, want: NaN },
  { of: NEGATIVE, q: 0.25, want: -2 * Math.SQRT2 },
  { of: NEGATIVE, q: 0.75, want: -Math.SQRT2 },
  { of: AROUND_ZERO, q: 0.25, want: -0.5 },
  { of: ZERO_AND_ABOVE, q: 0.25, want: 0.5 },
  { of: "{{count:4 z_bucket:2 z_bucket_w:1 n_offset:1 n_buckets:[2]}}", q: 0.75, want: -0.5 },
  { of: CUSTOM, q: 0.1, want: 2 },
  { of: CUSTOM, q: 0.5, want: 7.5 },
  { of: CUSTOM, q: 0.95, want: 10 },
  { of: "{{schema:-53 count:4 custom_values:[-5 10] buckets:[1 3]}}", q: 0.1, want: -5 },
  { of: WITH_NAN, q: 0.25, want: Math.SQRT2, note: "skewed_higher" },
  { of: "{{count:8 sum:NaN offset:1 buckets:[2 4]}}", q: 0.125, want: Math.SQRT2, note: "skewed_higher" },
  { of: WITH_NAN, q: 0.9, want: NaN, note: "result_is_nan" },
  { of: "{{}}", q: 0.5, want: NaN },
];

for (const { of, q, want, note } of QUANTILES) {
  Deno.test(`quantile ${q} of ${of} is ${want}`, () => {
    const { value, nanNote } = histogramQuantile(q, h(of));
    assert(almostEqual(value, want), `got ${value}`);
    assert.equal(nanNote, note);
  });
}

const FRACTIONS: { of: string; from: number; to: number; want: number; excludesNaN?: boolean }[] = [
  { of: POSITIVE, from: -Infinity, to: 2, want: 0.5 },
  { of: POSITIVE, from: 1, to: Math.SQRT2, want: 0.25 },
  { of: POSITIVE, from: Math.SQRT2, to: 2 * Math.SQRT2, want: 0.5 },
  { of: POSITIVE, from: 100, to: Infinity, want: 0 },
  { of: POSITIVE, from: 2, to: 2, want: 0 },
  { of: POSITIVE, from: NaN, to: 2, want: NaN },
  { of: NEGATIVE, from: -Infinity, to: -2 * Math.SQRT2, want: 0.25 },
  { of: AROUND_ZERO, from: 0, to: 1, want: 0.5 },
  { of: ZERO_AND_ABOVE, from: 0.5, to: Infinity, want: 0.75 },
  { of: CUSTOM, from: -Infinity, to: 7.5, want: 0.5 },
  { of: CUSTOM, from: 0, to: 2, want: 0.1 },
  { of: CUSTOM, from: 5, to: Infinity, want: 0.75 },
  { of: CUSTOM, from: 11, to: Infinity, want: 0.25 },
  { of: WITH_NAN, from: -Infinity, to: Infinity, want: 0.5, excludesNaN: true },
  { of: "{{}}", from: 0, to: 1, want: NaN },
];

for (const { of, from, to, want, excludesNaN = false } of FRACTIONS) {
  Deno.test(`fraction from ${from} to ${to} of ${of} is ${want}`, () => {
    const result = histogramFraction(from, to, h(of));
    assert(almostEqual(result.value, want), `got ${result.value}`);
    assert.equal(result.excludesNaN, excludesNaN);
  });
}

const VARIANCES: { of: string; avg: number; want: number }[] = [
  { of: "{{count:4 sum:12 offset:1 buckets:[4]}}", avg: 3, want: (Math.SQRT2 - 3) ** 2 },
  { of: "{{count:4 sum:-12 n_offset:1 n_buckets:[4]}}", avg: -3, want: (Math.SQRT2 - 3) ** 2 },
  { of: "{{count:2 sum:2 z_bucket:2 z_bucket_w:1}}", avg: 1, want: 1 },
  { of: "{{schema:-53 count:4 sum:16 custom_values:[2 4] offset:1 buckets:[4]}}", avg: 4, want: 1 },
  { of: "{{}}", avg: NaN, want: NaN },
];

for (const { of, avg, want } of VARIANCES) {
  Deno.test(`average of ${of} is ${avg}, variance ${want}`, () => {
    assert(almostEqual(histogramAvg(h(of)), avg));
    assert(almostEqual(histogramVariance(h(of)), want), `got ${histogramVariance(h(of))}`);
  });
}

const TRIMS: { of: string; keep: Keep; at: number; want: string }[] = [
  {
    of: CUSTOM,
    keep: "below",
    at: 7.5,
    want: "{{schema:-53 count:2 sum:8.75 custom_values:[5 10] buckets:[1 1]}}",
  },
  {
    of: CUSTOM,
    keep: "above",
    at: 7.5,
    want: "{{schema:-53 count:2 sum:18.75 custom_values:[5 10] offset:1 buckets:[1 1]}}",
  },
  {
    of: CUSTOM,
    keep: "below",
    at: 2.5,
    want: "{{schema:-53 count:0.5 sum:0.625 custom_values:[5 10] buckets:[0.5]}}",
  },
  {
    of: CUSTOM,
    keep: "above",
    at: 20,
    want: "{{schema:-53 count:1 sum:20 custom_values:[5 10] offset:2 buckets:[1]}}",
  },
  {
    of: "{{count:4 sum:0 z_bucket:4 z_bucket_w:1}}",
    keep: "below",
    at: 0,
    want: "{{count:2 sum:-1 z_bucket:2 z_bucket_w:1}}",
  },
  {
    of: "{{count:4 sum:9 z_bucket:4 z_bucket_w:1}}",
    keep: "above",
    at: -1,
    want: "{{count:4 sum:9 z_bucket:4 z_bucket_w:1}}",
  },
  { of: POSITIVE, keep: "below", at: 100, want: POSITIVE },
  { of: POSITIVE, keep: "above", at: 100, want: "{{}}" },
  // (1, 4] has its geometric middle at 2: half of it goes, and sqrt(2 · 4) stands for the rest.
  {
    of: "{{schema:-1 count:2 sum:5 offset:1 buckets:[2]}}",
    keep: "above",
    at: 2,
    want: `{{schema:-1 count:1 sum:${Math.sqrt(8)} offset:1 buckets:[1]}}`,
  },
];

for (const { of, keep, at, want } of TRIMS) {
  Deno.test(`${of} ${keep === "below" ? "</" : ">/"} ${at} is ${want}`, () => {
    const histogram = h(of);
    assert.equal(formatHistogram(trimHistogram(histogram, at, keep)), want);
    assert.equal(formatHistogram(histogram), formatHistogram(h(of)), "the input must not change");
  });
}

const classic = (text: string) =>
  text.split(" ").map((pair) => {
    const [bound, count] = pair.split(":");
    return { upperBound: bound === "Inf" ? Infinity : Number(bound), count: Number(count) };
  });

const CLASSIC_QUANTILES: { buckets: string; q: number; want: number; fixed?: string }[] = [
  { buckets: "1:2 2:4 Inf:4", q: 0.5, want: 1 },
  { buckets: "1:2 2:4 Inf:4", q: 0.75, want: 1.5 },
  { buckets: "Inf:4 2:4 1:2", q: 0.75, want: 1.5 },
  { buckets: "1:2 2:4 Inf:10", q: 0.75, want: 2 },
  { buckets: "-1:2 2:4 Inf:4", q: 0.25, want: -1 },
  { buckets: "1:1 1:1 2:4 Inf:4", q: 0.5, want: 1 },
  { buckets: "1:2 2:4", q: 0.5, want: NaN },
  { buckets: "Inf:4", q: 0.5, want: NaN },
  { buckets: "1:0 Inf:0", q: 0.5, want: NaN },
  { buckets: "1:2 Inf:4", q: -1, want: -Infinity },
  { buckets: "1:2 Inf:4", q: 2, want: Infinity },
  { buckets: "1:5 2:3 3:4 4:8 Inf:8", q: 0.5, want: 0.8, fixed: "2 3 2" },
  { buckets: "1:5 2:4.999999999999999 Inf:5", q: 0.5, want: 0.5 },
];

for (const { buckets, q, want, fixed } of CLASSIC_QUANTILES) {
  Deno.test(`classic quantile ${q} of ${buckets} is ${want}`, () => {
    const { value, fix } = classicQuantile(q, classic(buckets));
    assert(almostEqual(value, want), `got ${value}`);
    assert.equal(fix && `${fix.minBound} ${fix.maxBound} ${fix.maxDifference}`, fixed);
  });
}

const CLASSIC_FRACTIONS: { buckets: string; from: number; to: number; want: number }[] = [
  { buckets: "1:2 2:4 Inf:4", from: 1, to: 2, want: 0.5 },
  { buckets: "1:2 2:4 Inf:4", from: 0, to: 1.5, want: 0.75 },
  { buckets: "1:2 2:4 Inf:8", from: 3, to: Infinity, want: 0.5 },
  { buckets: "-1:2 2:4 Inf:4", from: -10, to: 0.5, want: 0.25 },
  { buckets: "1:2 2:4", from: 0, to: 1, want: NaN },
  { buckets: "1:2 Inf:4", from: 2, to: 1, want: 0 },
];

for (const { buckets, from, to, want } of CLASSIC_FRACTIONS) {
  Deno.test(`classic fraction from ${from} to ${to} of ${buckets} is ${want}`, () => {
    const value = classicFraction(from, to, classic(buckets));
    assert(almostEqual(value, want), `got ${value}`);
  });
}
