import assert from "node:assert/strict";
import { isStaleNaN, SampleColumns, STALE_NAN } from "../../src/model/sample.ts";
import { labels, match, NOW_MS, openStore, readAll, rowsOf } from "./support/fixture.ts";
import { seeded } from "./support/random.ts";

const ALL = [match("=~", "__name__", ".+")];

Deno.test("Store gives back what was appended, over every range, across closed and open chunks", async () => {
  const random = seeded();
  await using fixture = await openStore({ retentionMs: Infinity });
  const { store } = fixture;
  const ref = store.acquire(labels("m"));
  const times: number[] = [];
  const values: number[] = [];
  let time = NOW_MS;
  for (let row = 0; row < 3_000; row++) {
    times.push(time);
    values.push(random.pick([0, 1, random.next(), row]));
    assert.equal(store.append(time, [ref], [values[row]]), 0);
    time += random.below(50) === 0 ? 400_000 : 1 + random.below(200);
  }
  const [series] = store.select({ matchers: ALL, minTimeMs: 0, maxTimeMs: Infinity });
  const columns = new SampleColumns(2);
  for (let round = 0; round < 300; round++) {
    const from = times[random.below(times.length)] + random.below(3) - 1;
    const to = from + random.below(random.pick([300, 30_000, 30_000_000]));
    const want = times.map((t, row) => [t, values[row]]).filter(([t]) => t >= from && t <= to);
    columns.clear();
    columns.push(1, 2); // what is there already stays
    series.read(from, to, columns);
    assert.deepEqual(rowsOf(columns), [[1, 2], ...want]);
    columns.clear();
    assert.equal(series.readLast(from, to, columns), want.length > 0);
    assert.deepEqual(rowsOf(columns), want.slice(-1));
  }
  const { headChunks, headChunksCreated, headChunksRemoved } = store.stats();
  assert.ok(headChunks > 10);
  assert.equal(headChunks, headChunksCreated - headChunksRemoved);
});

Deno.test("Store keeps the stale marker's bits, in the open chunk and in closed ones", async () => {
  await using fixture = await openStore();
  const { store } = fixture;
  const ref = store.acquire(labels("m"));
  for (let row = 0; row < 1_000; row++) {
    store.append(NOW_MS + row, [ref], Float64Array.of(row % 3 === 0 ? STALE_NAN : NaN));
  }
  const columns = new SampleColumns();
  store.select({ matchers: ALL, minTimeMs: 0, maxTimeMs: Infinity })[0].read(0, Infinity, columns);
  for (let row = 0; row < 1_000; row++) assert.equal(isStaleNaN(columns.values[row]), row % 3 === 0);
});

Deno.test("Store tells selections apart that differ only in where one value ends and the next matcher begins", async () => {
  await using fixture = await openStore();
  const { store } = fixture;
  const ref = store.acquire(labels("m", { probe: "web" }));
  store.append(NOW_MS, [ref], [1]);
  const wanted = [match("=", "probe", "web"), match("=", "__name__", "m")];
  for (const others of [[match("=", "probe", "webÿ__name__=m")], [match("=", "probe", "webÿ=ÿ__name__ÿm")]]) {
    assert.deepEqual(readAll(store, others), {});
    assert.equal(Object.keys(readAll(store, wanted)).length, 1);
  }
});

const orders: { name: string; samples: [number, number][]; leftOut: number[]; kept: [number, number][] }[] = [
  { name: "an older sample is left out", samples: [[5, 1], [4, 2]], leftOut: [0, 1], kept: [[5, 1]] },
  { name: "the same sample again is no offence", samples: [[5, 1], [5, 1]], leftOut: [0, 0], kept: [[5, 1]] },
  {
    name: "another value at the same time is left out",
    samples: [[5, 1], [5, 2]],
    leftOut: [0, 1],
    kept: [[5, 1]],
  },
  {
    name: "NaN again at the same time is no offence",
    samples: [[5, NaN], [5, NaN]],
    leftOut: [0, 0],
    kept: [[5, NaN]],
  },
  {
    name: "0 and -0 at the same time are two values",
    samples: [[5, 0], [5, -0]],
    leftOut: [0, 1],
    kept: [[5, 0]],
  },
];

for (const { name, samples, leftOut, kept } of orders) {
  Deno.test(`Store.append: ${name}`, async () => {
    await using fixture = await openStore({ retentionMs: Infinity });
    const { store } = fixture;
    const ref = store.acquire(labels("m"));
    assert.deepEqual(samples.map(([time, value]) => store.append(time, [ref], [value])), leftOut);
    assert.deepEqual(Object.values(readAll(store, ALL)), [kept]);
    assert.equal(store.stats().outOfOrderSamples, leftOut.reduce((a, b) => a + b, 0));
  });
}

Deno.test("Store.append leaves out a late sample of one series and takes the others of the same call", async () => {
  await using fixture = await openStore();
  const { store } = fixture;
  const [a, b] = [store.acquire(labels("a")), store.acquire(labels("b"))];
  store.append(NOW_MS + 10, [a], [1]);
  assert.equal(store.append(NOW_MS, [a, b], [2, 3]), 1);
  assert.deepEqual(readAll(store, ALL), {
    '{__name__="a"}': [[NOW_MS + 10, 1]],
    '{__name__="b"}': [[NOW_MS, 3]],
  });
});

Deno.test("Store keeps start timestamps where they are known", async () => {
  await using fixture = await openStore();
  const { store } = fixture;
  const ref = store.acquire(labels("m"));
  store.append(NOW_MS, [ref], [0]);
  for (let row = 1; row < 600; row++) store.append(NOW_MS + row, [ref], [row], NOW_MS - 7 * (row % 2));
  const columns = new SampleColumns();
  store.select({ matchers: ALL, minTimeMs: 0, maxTimeMs: Infinity })[0].read(NOW_MS, Infinity, columns);
  const want = Array.from({ length: 600 }, (_, row) => row === 0 ? 0 : NOW_MS - 7 * (row % 2));
  assert.deepEqual([...columns.startTimestamps!.subarray(0, 600)], want);
});

const selections: { name: string; matchers: [string, string, string][]; want: string[] }[] = [
  { name: "an exact value", matchers: [["__name__", "=", "up"]], want: ["up/a", "up/b", "up/"] },
  { name: "two exact values", matchers: [["__name__", "=", "up"], ["job", "=", "b"]], want: ["up/b"] },
  { name: "a missing label by the empty value", matchers: [["job", "=", ""]], want: ["up/", "down/"] },
  { name: "a present label", matchers: [["job", "!=", ""]], want: ["up/a", "up/b", "down/a"] },
  { name: "a value that isn't there", matchers: [["job", "=", "zzz"]], want: [] },
  { name: "not a value", matchers: [["job", "!=", "a"]], want: ["up/b", "up/", "down/"] },
  {
    name: "an alternation",
    matchers: [["job", "=~", "a|b"], ["__name__", "=", "up"]],
    want: ["up/a", "up/b"],
  },
  {
    name: "an alternation with nothing",
    matchers: [["job", "=~", "a|"]],
    want: ["up/a", "up/", "down/a", "down/"],
  },
  { name: "a pattern", matchers: [["__name__", "=~", "d.*n"]], want: ["down/a", "down/"] },
  {
    name: "a pattern that matches nothing too",
    matchers: [["job", "=~", "b?"]],
    want: ["up/b", "up/", "down/"],
  },
  {
    name: "a negated pattern",
    matchers: [["__name__", "!~", "d.*"], ["job", "!~", "b+"]],
    want: ["up/a", "up/"],
  },
  { name: "no matcher", matchers: [], want: ["up/a", "up/b", "up/", "down/a", "down/"] },
  { name: "a label of none", matchers: [["zone", "=~", ".*"], ["job", "=", "b"]], want: ["up/b"] },
];

for (const { name, matchers, want } of selections) {
  Deno.test(`Store.select finds series by ${name}`, async () => {
    await using fixture = await openStore();
    const { store } = fixture;
    for (const id of ["up/a", "up/b", "up/", "down/a", "down/"]) {
      const [metric, job] = id.split("/");
      store.append(NOW_MS, [store.acquire(labels(metric, { job }))], [1]);
    }
    const found = store.select({
      matchers: matchers.map(([label, kind, value]) => match(kind as "=", label, value)),
      minTimeMs: 0,
      maxTimeMs: Infinity,
    });
    assert.deepEqual(
      found.map(({ labels }) => `${labels.metricName}/${labels.get("job")}`).sort(),
      want.sort(),
    );
  });
}

Deno.test("Store.preparing asks a pattern about one value a step, so that a selection need not ask any more", async () => {
  await using fixture = await openStore();
  const { store } = fixture;
  for (let i = 0; i < 100; i++) store.append(NOW_MS, [store.acquire(labels(`m${i}`))], [1]);
  let asked = 0;
  const like = match("=~", "__name__", "m.*5");
  const counted = {
    ...like,
    matches(value: string) {
      if (value !== "") asked++; // whether it matches no value at all is asked in any case
      return like.matches(value);
    },
  };
  const selection = { matchers: [counted], minTimeMs: 0, maxTimeMs: Infinity };
  const steps = store.preparing(selection);
  for (let before = 0; !steps.next().done; before = asked) assert.ok(asked <= before + 1);
  assert.equal(asked, 100);
  assert.equal(store.select(selection).length, 10);
  assert.equal(asked, 100);
  assert.ok(store.preparing(selection).next().done);
});

Deno.test("Store.labelNames and labelValues list what the matching series have", async () => {
  await using fixture = await openStore();
  const { store } = fixture;
  store.append(NOW_MS, [store.acquire(labels("up", { job: "a", zone: "z" }))], [1]);
  store.append(NOW_MS, [store.acquire(labels("up", { job: "b" }))], [1]);
  const range = { minTimeMs: 0, maxTimeMs: Infinity };
  assert.deepEqual(store.labelNames({ matchers: [], ...range }), ["__name__", "job", "zone"]);
  assert.deepEqual(store.labelNames({ matchers: [match("=", "job", "b")], ...range }), ["__name__", "job"]);
  assert.deepEqual(store.labelValues("job", { matchers: [], ...range }), ["a", "b"]);
  assert.deepEqual(store.labelValues("job", { matchers: [match("=", "zone", "z")], ...range }), ["a"]);
});

Deno.test("Store lets go of old samples by age, of series with their last sample, never of held ones", async () => {
  await using fixture = await openStore({ retentionMs: 60_000 });
  const { store, clock } = fixture;
  const [held, released] = [store.acquire(labels("held")), store.acquire(labels("released"))];
  for (let row = 0; row < 300; row++) {
    store.append(clock.wallNow(), [held, released], [row, row]);
    await clock.advance(100);
  }
  store.release(released);
  await clock.advance(62_000);
  assert.deepEqual(readAll(store, ALL), {});
  assert.deepEqual(store.labelNames({ matchers: [], minTimeMs: 0, maxTimeMs: Infinity }), ["__name__"]);
  assert.equal(store.stats().headSeries, 1);
  store.append(clock.wallNow(), [held], [1]);
  assert.throws(() => store.append(clock.wallNow(), [released], [1]), RangeError);
  assert.deepEqual(Object.keys(readAll(store, ALL)), ['{__name__="held"}']);
});

Deno.test("Store in memory stays below retentionSizeBytes and keeps the newest", async () => {
  await using fixture = await openStore({ retentionSizeBytes: 400_000 });
  const { store, clock } = fixture;
  const refs = Array.from({ length: 10 }, (_, i) => store.acquire(labels("m", { i: String(i) })));
  const values = new Float64Array(10);
  for (let row = 0; row < 20_000; row++) {
    crypto.getRandomValues(new Uint8Array(values.buffer));
    store.append(clock.wallNow(), refs, values);
    if (row % 10 === 0) await clock.advance(100);
    else clock.jumpWall(10);
  }
  await clock.advance(1_000);
  assert.ok(store.stats().headChunkBytes < 400_000);
  assert.ok(store.stats().sizeRetentions > 0);
  const [series] = store.select({ matchers: ALL, minTimeMs: 0, maxTimeMs: Infinity });
  const columns = new SampleColumns();
  series.read(0, Infinity, columns);
  assert.ok(columns.length > 1_000);
  assert.ok(columns.length < 10_000);
});

Deno.test("Store counts a chunk from its first sample on, as Prometheus does", async () => {
  await using fixture = await openStore({ retentionMs: 60_000 });
  const { store, clock } = fixture;
  const ref = store.acquire(labels("m"));
  const counts = () => {
    const { headChunks, headChunksCreated, headChunksRemoved } = store.stats();
    return [headChunks, headChunksCreated, headChunksRemoved];
  };
  assert.deepEqual(counts(), [0, 0, 0]);
  store.append(clock.wallNow(), [ref], [1]);
  assert.deepEqual(counts(), [1, 1, 0]);
  for (let row = 1; row <= 256; row++) store.append(clock.wallNow() + row, [ref], [1]);
  assert.deepEqual(counts(), [2, 2, 0]);
  clock.jumpWall(120_000);
  await store.maintain(); // the jump is taken for a clock set forward: nothing expires for one retention
  assert.deepEqual(counts(), [2, 2, 0]);
  await clock.advance(61_000);
  await store.maintain();
  assert.deepEqual(counts(), [0, 2, 2]);
});
