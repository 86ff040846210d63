import assert from "node:assert/strict";
import { CUSTOM_BUCKETS_SCHEMA } from "../../src/model/histogram.ts";
import { HistogramMean, HistogramSum } from "../../src/query/histogram/accumulate.ts";
import { histogramToApi } from "../../src/query/histogram/api_json.ts";
import { exponentialBound } from "../../src/query/histogram/bounds.ts";
import { BucketWalk } from "../../src/query/histogram/bucket_walk.ts";
import { ClassicHistogram } from "../../src/query/histogram/classic.ts";
import { describeHistogram, formatHistogram } from "../../src/query/histogram/format.ts";
import { detectReset } from "../../src/query/histogram/reset.ts";
import { continuesRun } from "../support/promql_script/histogram_run.ts";
import { histogramProblem } from "../../src/query/histogram/validate.ts";
import { h } from "./histogram_notation.ts";

const RESETS: { name: string; before: string; after: string; reset: boolean }[] = [
  {
    name: "all counts rise",
    before: "{{count:3 buckets:[1 2]}}",
    after: "{{count:5 buckets:[2 3]}}",
    reset: false,
  },
  { name: "the count falls", before: "{{count:3}}", after: "{{count:2}}", reset: true },
  {
    name: "a bucket falls",
    before: "{{count:3 buckets:[1 2]}}",
    after: "{{count:4 buckets:[3 1]}}",
    reset: true,
  },
  {
    name: "a bucket vanishes",
    before: "{{count:3 buckets:[1 2]}}",
    after: "{{count:4 buckets:[4]}}",
    reset: true,
  },
  {
    name: "an empty bucket vanishes",
    before: "{{count:1 buckets:[1 0]}}",
    after: "{{count:4 buckets:[4]}}",
    reset: false,
  },
  {
    name: "a bucket in front appears",
    before: "{{count:2 offset:3 buckets:[2]}}",
    after: "{{count:4 offset:1 buckets:[1 0 3]}}",
    reset: false,
  },
  {
    name: "a negative bucket falls",
    before: "{{count:2 n_buckets:[2]}}",
    after: "{{count:4 n_buckets:[1] buckets:[3]}}",
    reset: true,
  },
  {
    name: "the zero bucket falls",
    before: "{{count:2 z_bucket:2}}",
    after: "{{count:2 z_bucket:1 buckets:[1]}}",
    reset: true,
  },
  {
    name: "the hint says so",
    before: "{{count:1}}",
    after: "{{count:2 counter_reset_hint:reset}}",
    reset: true,
  },
  {
    name: "the hint denies it",
    before: "{{count:3}}",
    after: "{{count:2 counter_reset_hint:not_reset}}",
    reset: false,
  },
  {
    name: "a gauge is looked at",
    before: "{{count:3}}",
    after: "{{count:2 counter_reset_hint:gauge}}",
    reset: true,
  },
  {
    name: "the resolution rises",
    before: "{{schema:0 count:1}}",
    after: "{{schema:1 count:1}}",
    reset: true,
  },
  {
    name: "the resolution falls, counts do not",
    before: "{{schema:1 count:3 offset:1 buckets:[1 2]}}",
    after: "{{schema:0 count:4 offset:1 buckets:[4]}}",
    reset: false,
  },
  {
    name: "the resolution falls, and so does a count",
    before: "{{schema:1 count:3 offset:1 buckets:[1 2]}}",
    after: "{{schema:0 count:4 buckets:[2 2]}}",
    reset: true,
  },
  {
    name: "the zero bucket shrinks",
    before: "{{count:1 z_bucket_w:1}}",
    after: "{{count:1 z_bucket_w:0.5}}",
    reset: true,
  },
  {
    name: "the zero bucket takes buckets in",
    before: "{{count:3 z_bucket_w:0.5 z_bucket:1 buckets:[2]}}",
    after: "{{count:4 z_bucket_w:1 z_bucket:4}}",
    reset: false,
  },
  {
    name: "the zero bucket should have taken more in",
    before: "{{count:3 z_bucket_w:0.5 z_bucket:1 buckets:[2]}}",
    after: "{{count:4 z_bucket_w:1 z_bucket:2 offset:1 buckets:[2]}}",
    reset: true,
  },
  {
    name: "the zero bucket ends inside a populated one",
    before: "{{count:3 z_bucket_w:0.5 offset:1 buckets:[3]}}",
    after: "{{count:4 z_bucket_w:1.5 z_bucket:4}}",
    reset: true,
  },
  {
    name: "buckets within the zero bucket are not looked at",
    before: "{{count:3 z_bucket_w:2 buckets:[3]}}",
    after: "{{count:3 z_bucket_w:2 z_bucket:3}}",
    reset: false,
  },
  {
    name: "custom buckets after exponential ones",
    before: "{{count:1 buckets:[1]}}",
    after: "{{schema:-53 count:1 custom_values:[1] buckets:[1]}}",
    reset: true,
  },
  {
    name: "custom counts rise",
    before: "{{schema:-53 count:1 custom_values:[1 2] buckets:[1]}}",
    after: "{{schema:-53 count:3 custom_values:[1 2] buckets:[1 2]}}",
    reset: false,
  },
  {
    name: "custom bounds differ, shared parts rise",
    before: "{{schema:-53 count:3 custom_values:[1 2] buckets:[1 1 1]}}",
    after: "{{schema:-53 count:3 custom_values:[2] buckets:[2 1]}}",
    reset: false,
  },
  {
    name: "custom bounds differ, a shared part falls",
    before: "{{schema:-53 count:3 custom_values:[1 2] buckets:[1 1 1]}}",
    after: "{{schema:-53 count:4 custom_values:[2] buckets:[1 3]}}",
    reset: true,
  },
];

for (const { name, before, after, reset } of RESETS) {
  Deno.test(`${reset ? "reset" : "no reset"}: ${name}`, () =>
    assert.equal(detectReset(h(after), h(before)), reset));
}

const RUNS: { name: string; before: string; after: string; continues: boolean }[] = [
  {
    name: "risen counts",
    before: "{{count:1 buckets:[1]}}",
    after: "{{count:2 buckets:[1 1]}}",
    continues: true,
  },
  { name: "a fallen count", before: "{{count:2}}", after: "{{count:1}}", continues: false },
  { name: "another schema", before: "{{schema:1}}", after: "{{schema:0}}", continues: false },
  {
    name: "a gauge after a counter",
    before: "{{}}",
    after: "{{counter_reset_hint:gauge}}",
    continues: false,
  },
  {
    name: "falling gauges",
    before: "{{count:2 counter_reset_hint:gauge}}",
    after: "{{count:1 counter_reset_hint:gauge}}",
    continues: true,
  },
  { name: "an explicit reset", before: "{{}}", after: "{{counter_reset_hint:reset}}", continues: false },
];

for (const { name, before, after, continues } of RUNS) {
  Deno.test(`${name} ${continues ? "continues" : "ends"} a run of histograms`, () => {
    assert.equal(continuesRun(h(before), h(after)), continues);
  });
}

const BOUNDS: [index: number, schema: number, want: number][] = [
  [0, 0, 1],
  [1, 0, 2],
  [-1, 0, 0.5],
  [1, 1, 1.414213562373095], // to the bit, as Prometheus prints it
  [2, 1, 2],
  [1, 8, 1.0027112750502025],
  [1, -1, 4],
  [-1, -4, 2 ** -16],
  [1024, 0, Number.MAX_VALUE],
  [1025, 0, Infinity],
  [262144, 8, Number.MAX_VALUE],
  [64, -4, Number.MAX_VALUE],
  [65, -4, Infinity],
  [-1074, 0, 5e-324],
];

for (const [index, schema, want] of BOUNDS) {
  Deno.test(`bucket ${index} of schema ${schema} ends at ${want}`, () => {
    assert.equal(exponentialBound(index, schema), want);
  });
}

const ALL_SIDES = "{{count:10 sum:7 z_bucket:1 z_bucket_w:0.75 buckets:[2 0 3] n_buckets:[4]}}";

Deno.test("buckets are walked upwards and downwards, cut off at the zero bucket", () => {
  const walked = (direction: "ascending" | "descending") => {
    const walk = new BucketWalk(h(ALL_SIDES), direction);
    const seen: string[] = [];
    while (walk.next()) seen.push(`${walk.lower} ${walk.upper} ${walk.count}`);
    return seen;
  };
  const want = ["-1 -0.75 4", "-0.75 0.75 1", "0.75 1 2", "1 2 0", "2 4 3"];
  assert.deepEqual(walked("ascending"), want);
  assert.deepEqual(walked("descending"), want.reverse());
});

Deno.test("buckets are walked across spans", () => {
  const histogram = {
    ...h("{{count:6}}"),
    positiveSpans: [{ offset: -1, length: 1 }, { offset: 0, length: 0 }, { offset: 2, length: 2 }],
    positiveBuckets: Float64Array.of(1, 2, 3),
  };
  for (const direction of ["ascending", "descending"] as const) {
    const walk = new BucketWalk(histogram, direction);
    const seen: [number, number][] = [];
    while (walk.next()) seen.push([walk.upper, walk.count]);
    const want: [number, number][] = [[0.5, 1], [4, 2], [8, 3]];
    assert.deepEqual(seen, direction === "ascending" ? want : want.reverse());
  }
});

const SHOWN: { of: string; api: unknown; text: string }[] = [
  {
    of: ALL_SIDES,
    api: {
      count: "10",
      sum: "7",
      buckets: [[1, "-1", "-0.75", "4"], [3, "-0.75", "0.75", "1"], [0, "0.75", "1", "2"], [
        0,
        "2",
        "4",
        "3",
      ]],
    },
    text: "{count:10, sum:7, [-1,-0.5):4, [-0.75,0.75]:1, (0.5,1]:2, (2,4]:3}",
  },
  {
    of: "{{schema:-53 count:3 sum:1e-7 custom_values:[5 10] buckets:[1 0 2]}}",
    api: { count: "3", sum: "1e-07", buckets: [[3, "-Inf", "5", "1"], [0, "10", "+Inf", "2"]] },
    text: "{count:3, sum:1e-07, [-Inf,5]:1, (10,+Inf]:2}",
  },
  { of: "{{}}", api: { count: "0", sum: "0" }, text: "{count:0, sum:0}" },
];

for (const { of, api, text } of SHOWN) {
  Deno.test(`${of} is shown as the HTTP API and as Prometheus' logs show it`, () => {
    assert.deepEqual(histogramToApi(h(of)), api);
    assert.equal(describeHistogram(h(of)), text);
    assert.equal(formatHistogram(h(formatHistogram(h(of)))), formatHistogram(h(of)));
  });
}

function sumOf(texts: string[]): HistogramSum {
  const sum = new HistogramSum(h(texts[0]));
  for (const text of texts.slice(1)) assert(sum.add(h(text)));
  return sum;
}

function meanOf(texts: string[]): HistogramMean {
  const mean = new HistogramMean(h(texts[0]));
  for (const text of texts.slice(1)) assert(mean.add(h(text)));
  return mean;
}

Deno.test("a sum keeps what is small beside what is large", () => {
  const texts = [
    "{{sum:1e100 count:1e100 buckets:[1e100]}}",
    "{{sum:1 count:3 buckets:[2 1]}}",
    "{{sum:-1e100 count:-1e100 buckets:[-1e100]}}",
  ];
  assert.equal(formatHistogram(sumOf(texts).finish()), "{{count:3 sum:1 buckets:[2 1]}}");
  const third = "{{count:1 sum:0.3333333333333333 buckets:[0.6666666666666666 0.3333333333333333]}}";
  assert.equal(formatHistogram(meanOf(texts).finish()), third);
});

Deno.test("a mean does not overflow where its sum would", () => {
  const huge = "{{sum:1.5e308 count:4 buckets:[4]}}";
  assert.equal(sumOf([huge, huge]).finish().sum, Infinity);
  const mean = meanOf([huge, huge, huge, huge]).finish();
  assert.equal(mean.count, 4);
  assert(Math.abs(mean.sum - 1.5e308) < 1e294, `got ${mean.sum}`);
});

Deno.test("an infinite observation stays infinite in a mean", () => {
  assert.equal(meanOf(["{{sum:Inf count:1}}", "{{sum:1 count:1}}"]).finish().sum, Infinity);
});

Deno.test("a mean brings layouts together", () => {
  const mean = meanOf(["{{schema:1 count:2 offset:1 buckets:[1 1]}}", "{{schema:0 count:4 buckets:[2 2]}}"]);
  assert.equal(formatHistogram(mean.finish()), "{{count:3 buckets:[1 2]}}");
});

Deno.test("sums and means of one say what they are of", () => {
  const one = "{{count:3 sum:2 counter_reset_hint:not_reset buckets:[3]}}";
  assert.equal(formatHistogram(sumOf([one]).finish()), one);
  assert.equal(formatHistogram(meanOf([one]).finish()), one);
});

Deno.test("accumulators report colliding hints and reconciled bounds, and refuse to mix kinds of buckets", () => {
  const reset = "{{count:1 counter_reset_hint:reset}}";
  const notReset = "{{count:1 counter_reset_hint:not_reset}}";
  const custom = (bound: number) => `{{schema:-53 count:1 custom_values:[${bound}] buckets:[1]}}`;
  for (const accumulated of [sumOf, meanOf]) {
    assert.equal(accumulated([reset, "{{count:1}}", notReset]).hintsCollided, true);
    assert.equal(accumulated([reset, "{{count:1}}"]).hintsCollided, false);
    assert.equal(accumulated([custom(1), custom(2)]).boundsReconciled, true);
    assert.equal(accumulated([custom(1), custom(1)]).boundsReconciled, false);
    assert.equal(accumulated([custom(1)]).add(h("{{count:1}}")), false);
  }
});

const PROBLEMS: { of: string; problem: RegExp | undefined }[] = [
  { of: ALL_SIDES, problem: undefined },
  { of: "{{schema:9}}", problem: /schema/ },
  { of: "{{count:-1}}", problem: /count must not be negative/ },
  { of: "{{buckets:[-1]}}", problem: /negative count/ },
  { of: "{{n_buckets:[-1]}}", problem: /negative count/ },
  { of: "{{z_bucket:-1}}", problem: /zero bucket/ },
  { of: "{{custom_values:[1]}}", problem: /no custom bounds/ },
  { of: "{{schema:-53 custom_values:[2 1]}}", problem: /ascend/ },
  { of: "{{schema:-53 custom_values:[1] buckets:[1 1 1]}}", problem: /too few/ },
  { of: "{{schema:-53 custom_values:[1] n_buckets:[1]}}", problem: /negative buckets/ },
  { of: "{{schema:-53 custom_values:[1] z_bucket:1}}", problem: /zero bucket/ },
];

for (const { of, problem } of PROBLEMS) {
  Deno.test(`${of} ${problem ? "is refused" : "is valid"}`, () => {
    const found = histogramProblem(h(of));
    if (problem) assert.match(found ?? "", problem);
    else assert.equal(found, undefined);
  });
}

Deno.test("a classic histogram becomes a native one, whatever the order of its parts", () => {
  const classic = new ClassicHistogram();
  classic.setBucket(5, 4);
  classic.setCount(7);
  classic.setBucket(1, 1);
  classic.setSum(20);
  const result = classic.toNative();
  assert(result.kind === "ok");
  assert.equal(
    formatHistogram(result.histogram),
    "{{schema:-53 count:7 sum:20 custom_values:[1 5] buckets:[1 3 3]}}",
  );
  assert.equal(result.histogram.schema, CUSTOM_BUCKETS_SCHEMA);
});

const BAD_CLASSIC: { name: string; buckets: [number, number][]; count?: number; message: RegExp }[] = [
  { name: "counts that fall", buckets: [[1, 3], [2, 2]], message: /not cumulative/ },
  { name: "a negative count", buckets: [[1, -1]], message: /negative/ },
  {
    name: "a +Inf bucket that is not the count",
    buckets: [[1, 1], [Infinity, 2]],
    count: 3,
    message: /count is 3/,
  },
];

for (const { name, buckets, count, message } of BAD_CLASSIC) {
  Deno.test(`a classic histogram with ${name} does not become a native one`, () => {
    const classic = new ClassicHistogram();
    for (const [bound, value] of buckets) classic.setBucket(bound, value);
    if (count !== undefined) classic.setCount(count);
    const result = classic.toNative();
    assert(result.kind === "error");
    assert.match(result.message, message);
  });
}
