import assert from "node:assert/strict";
import type { CounterResetHint, Histogram } from "../../src/model/histogram.ts";
import { isStaleNaN, SampleColumns, STALE_NAN } from "../../src/model/sample.ts";
import { labels, match, NOW_MS, openStore } from "./support/fixture.ts";
import { counting, meaning } from "./support/histograms.ts";
import { seeded } from "./support/random.ts";
import { Random } from "../support/random.ts";

const ALL = [match("=~", "__name__", ".+")];

/** Appends one a second and reads them all back. */
async function through(histograms: readonly Histogram[]): Promise<SampleColumns> {
  await using fixture = await openStore();
  const ref = fixture.store.acquire(labels("h"));
  histograms.forEach((histogram, i) => {
    assert.ok(fixture.store.appendHistogram(NOW_MS + i * 1_000, ref, histogram, 0));
  });
  const columns = new SampleColumns(4);
  fixture.store.select({ matchers: ALL, minTimeMs: 0, maxTimeMs: Infinity })[0].read(0, Infinity, columns);
  return columns;
}

Deno.test("Store gives native histograms back from closed chunks as from the open one", async () => {
  const random = seeded();
  const histograms: Histogram[] = [];
  for (let i = 0; i < 700; i++) {
    const isReset = random.below(100) === 0;
    histograms.push(counting(random, isReset ? undefined : histograms.at(-1)));
  }
  const columns = await through(histograms);
  assert.equal(columns.length, histograms.length);
  for (let row = 0; row < columns.length; row++) {
    const got = columns.histograms![row]!;
    assert.deepEqual({ ...meaning(got) as object, hint: "" }, {
      ...meaning(histograms[row]) as object,
      hint: "",
    });
    assert.equal(columns.timestamps[row], NOW_MS + row * 1_000);
    assert.equal(columns.values[row], histograms[row].sum);
  }
});

Deno.test("Store keeps custom boundaries of native histograms", async () => {
  const bounds = Float64Array.of(-1, 0, 0.001, 0.25, 1 / 3, 33_554.43, 33_554.431, 1e300);
  const histogram: Histogram = {
    ...counting(new Random(1)),
    schema: -53,
    zeroThreshold: 0,
    positiveSpans: [{ offset: 1, length: 2 }, { offset: 3, length: 1 }],
    positiveBuckets: Float64Array.of(1, 2, 3),
    negativeSpans: [],
    negativeBuckets: new Float64Array(0),
    customValues: bounds,
  };
  const columns = await through(new Array(300).fill(histogram));
  for (const row of [0, 255, 256, 299]) assert.deepEqual(columns.histograms![row]!.customValues, bounds);
});

const plain = counting(new Random(7));
const more = counting(new Random(8), plain);
const gauge: Histogram = { ...plain, counterResetHint: "gauge" };
const bounded: Histogram = { ...plain, schema: -53, customValues: Float64Array.of(1, 2) };
const stale: Histogram = {
  ...plain,
  count: 0,
  sum: STALE_NAN, // of which V8 keeps only that it is a NaN
  positiveSpans: [],
  negativeSpans: [],
  positiveBuckets: new Float64Array(0),
  negativeBuckets: new Float64Array(0),
};

const hints: { name: string; histograms: Histogram[]; want: CounterResetHint[] }[] = [
  { name: "a counter that grows", histograms: [plain, more], want: ["unknown", "not_reset"] },
  { name: "a counter that falls", histograms: [more, plain], want: ["unknown", "unknown"] },
  {
    name: "a reset that the source tells",
    histograms: [plain, { ...more, counterResetHint: "reset" }],
    want: ["unknown", "unknown"],
  },
  { name: "gauges", histograms: [gauge, gauge], want: ["gauge", "gauge"] },
  { name: "a gauge after a counter", histograms: [plain, gauge], want: ["unknown", "gauge"] },
  {
    name: "another schema",
    histograms: [plain, { ...more, schema: plain.schema + 1 }],
    want: ["unknown", "unknown"],
  },
  {
    name: "other custom boundaries",
    histograms: [bounded, { ...bounded, customValues: Float64Array.of(1, 3) }],
    want: ["unknown", "unknown"],
  },
  {
    name: "a counter after a stale marker",
    histograms: [plain, stale, more],
    want: ["unknown", "unknown", "unknown"],
  },
];

for (const { name, histograms, want } of hints) {
  Deno.test(`Store tells of counter resets of native histograms: ${name}`, async () => {
    const columns = await through(histograms);
    assert.deepEqual(columns.histograms!.map((histogram) => histogram!.counterResetHint), want);
  });
}

Deno.test("Store keeps stale markers between native histograms", async () => {
  const columns = await through(Array.from({ length: 600 }, (_, i) => i % 5 === 4 ? stale : plain));
  for (let row = 0; row < 600; row++) assert.equal(isStaleNaN(columns.values[row]), row % 5 === 4);
});

Deno.test("Store takes a float stale marker for one of histograms where the series has those", async () => {
  await using fixture = await openStore();
  const { store } = fixture;
  const ref = store.acquire(labels("h"));
  store.appendHistogram(NOW_MS, ref, plain);
  store.append(NOW_MS + 1, [ref], Float64Array.of(STALE_NAN));
  const columns = new SampleColumns(4);
  store.select({ matchers: ALL, minTimeMs: 0, maxTimeMs: Infinity })[0].read(0, Infinity, columns);
  assert.ok(isStaleNaN(columns.values[1]));
  assert.equal(columns.histograms![1]!.count, 0);
});

Deno.test("Store holds a series that turns from floats to native histograms and back", async () => {
  await using fixture = await openStore();
  const { store } = fixture;
  const ref = store.acquire(labels("mixed"));
  for (let row = 0; row < 1_000; row++) {
    const isHistogram = Math.floor(row / 7) % 2 === 1;
    if (isHistogram) store.appendHistogram(NOW_MS + row, ref, plain, 0);
    else store.append(NOW_MS + row, [ref], [row]);
  }
  const columns = new SampleColumns(4);
  store.select({ matchers: ALL, minTimeMs: 0, maxTimeMs: Infinity })[0].read(
    NOW_MS + 3,
    NOW_MS + 989,
    columns,
  );
  assert.equal(columns.length, 987);
  for (let i = 0; i < columns.length; i++) {
    const row = i + 3;
    assert.equal(columns.timestamps[i], NOW_MS + row);
    const isHistogram = Math.floor(row / 7) % 2 === 1;
    assert.equal(columns.histograms![i] !== undefined, isHistogram);
    assert.equal(columns.values[i], isHistogram ? plain.sum : row);
  }
});
