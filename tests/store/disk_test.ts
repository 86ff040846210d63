import assert from "node:assert/strict";
import type { Histogram } from "../../src/model/histogram.ts";
import { isStaleNaN, SampleColumns, STALE_NAN } from "../../src/model/sample.ts";
import type { SeriesRef } from "../../src/model/store.ts";
import type { Store } from "../../src/store/mod.ts";
import { blockDirs, diskUsage, Restarts } from "./support/disk.ts";
import { tempDir } from "../support/temp_dir.ts";
import { labels, match, readAll } from "./support/fixture.ts";
import { counting, meaning } from "./support/histograms.ts";
import { copyDir } from "./support/prometheus.ts";
import { seeded } from "./support/random.ts";
import type { Random } from "../support/random.ts";

const ALL = [match("=~", "__name__", ".+")];
const EVER = { minTimeMs: -Infinity, maxTimeMs: Infinity };

/** What a store should hold: by series, rows of [timestamp, value]. */
type Model = Record<string, [number, number][]>;

/** Compares ranges, single newest samples, and that select finds each series once. */
function compare(store: Store, model: Model, random: Random): void {
  assert.deepEqual(readAll(store, ALL), model);
  const times = Object.values(model).flatMap((rows) => rows.map(([time]) => time));
  for (let round = 0; round < 20; round++) {
    const from = random.pick(times) + random.below(3) - 1;
    const to = from + random.below(random.pick([10, 30_000, 600_000, 3_600_000]));
    const within = (rows: [number, number][]) => rows.filter(([time]) => time >= from && time <= to);
    const want = Object.fromEntries(
      Object.entries(model).map(([key, rows]) => [key, within(rows)] as const).filter(([, rows]) =>
        rows.length > 0
      ),
    );
    const found = Object.entries(readAll(store, ALL, from, to)).filter(([, rows]) => rows.length > 0);
    assert.deepEqual(Object.fromEntries(found), want);
    for (const series of store.select({ matchers: ALL, ...EVER })) {
      const columns = new SampleColumns(1);
      const has = series.readLast(from, to, columns);
      const rows = want[series.labels.toString()] ?? [];
      assert.equal(has, rows.length > 0);
      if (has) assert.deepEqual([columns.timestamps[0], columns.values[0]], rows.at(-1));
    }
  }
}

Deno.test("Store on disk holds what was appended through cuts, merges and restarts", async () => {
  const random = seeded();
  using dir = tempDir();
  const restarts = new Restarts(dir.path, {
    minBlockMs: 60_000,
    maxBlockMs: 540_000,
    decodedCacheBytes: 64 * 1024,
  });
  const { clock } = restarts;
  const model: Model = {};
  let store = await restarts.open();
  const names = Array.from(
    { length: 12 },
    (_, i) => labels("m", { i: String(i), kind: i % 2 ? "odd" : "\ufeffeven" }),
  );
  let held = new Map<string, SeriesRef>();
  for (let step = 0; step < 240; step++) {
    for (let beat = 0; beat < 40; beat++) {
      const chosen = names.filter((_, i) => random.below(i + 1) < 2);
      if (chosen.length === 0) continue;
      const values = Float64Array.from(chosen, () => random.pick([0, 1, step, random.next()]));
      const refs = chosen.map((name) => {
        const key = name.toString();
        if (!held.has(key)) held.set(key, store.acquire(name));
        return held.get(key)!;
      });
      assert.equal(store.append(clock.wallNow(), refs, values), 0);
      chosen.forEach((name, i) => (model[name.toString()] ??= []).push([clock.wallNow(), values[i]]));
      clock.jumpWall(0);
      await clock.advance(100 + random.below(50));
    }
    await store.maintain();
    if (random.below(20) === 0) compare(store, model, random);
    if (random.below(25) === 0) {
      await store.close();
      store = await restarts.open();
      held = new Map();
      compare(store, model, random);
    }
  }
  compare(store, model, random);
  const stats = store.stats();
  assert.ok(stats.blocks >= 2 && blockDirs(dir.path).length === stats.blocks);
  assert.equal(stats.outOfBoundSamples + stats.outOfOrderSamples, 0);
  await store.close();
  assert.deepEqual(restarts.logger.of("error").concat(restarts.logger.of("warn")), []);
  assert.ok(restarts.logger.lines.every(({ fields }) => fields?.damagedSegments === 0));
});

Deno.test("Store on disk keeps native histograms and stale markers through log, checkpoint and blocks", async () => {
  const random = seeded();
  using dir = tempDir();
  const restarts = new Restarts(dir.path, { minBlockMs: 60_000, maxBlockMs: 180_000 });
  const { clock } = restarts;
  let store = await restarts.open();
  let ref = store.acquire(labels("h"));
  const appended: { time: number; histogram: Histogram | undefined }[] = [];
  let last: Histogram | undefined;
  for (let i = 0; i < 900; i++) {
    const isStale = random.below(50) === 0;
    if (isStale) store.append(clock.wallNow(), [ref], Float64Array.of(STALE_NAN));
    else store.appendHistogram(clock.wallNow(), ref, last = counting(random, last), 0);
    appended.push({ time: clock.wallNow(), histogram: isStale && i > 0 ? undefined : last });
    await clock.advance(1_000);
    if (i % 100 === 99) await store.maintain();
    if (i === 500) {
      await store.close();
      store = await restarts.open();
      ref = store.acquire(labels("h"));
    }
  }
  const columns = new SampleColumns();
  store.select({ matchers: ALL, ...EVER })[0].read(-Infinity, Infinity, columns);
  assert.ok(store.stats().blocks >= 2);
  await store.close();
  assert.equal(columns.length, appended.length);
  for (let row = 0; row < columns.length; row++) {
    const { time, histogram } = appended[row];
    assert.equal(columns.timestamps[row], time);
    if (histogram === undefined) {
      assert.ok(isStaleNaN(columns.values[row]), `row ${row}`);
      continue;
    }
    const got = columns.histograms![row]!;
    assert.deepEqual({ ...meaning(got) as object, hint: "" }, { ...meaning(histogram) as object, hint: "" });
  }
});

Deno.test("Store keeps its directory below retentionSizeBytes at every moment, and the newest samples", async () => {
  using dir = tempDir();
  const limit = 1024 * 1024;
  const restarts = new Restarts(dir.path, { retentionSizeBytes: limit });
  const { clock } = restarts;
  await using store = await restarts.open();
  const refs = Array.from({ length: 50 }, (_, i) => store.acquire(labels("m", { i: String(i) })));
  const values = new Float64Array(50);
  let most = 0;
  for (let beat = 0; beat < 6_000; beat++) {
    for (let i = 0; i < 50; i++) values[i] = Math.random();
    assert.equal(store.append(clock.wallNow(), refs, values), 0);
    await clock.advance(100);
    if (beat % 10 === 9) await store.maintain();
    if (beat % 10 >= 8) most = Math.max(most, diskUsage(dir.path));
  }
  assert.ok(most <= limit, `${most} bytes`);
  assert.ok(most > limit / 2, `only ${most} bytes`);
  const stats = store.stats();
  assert.equal(stats.mode, "disk");
  assert.ok(stats.sizeRetentions > 0);
  const rows = Object.values(readAll(store, ALL));
  assert.equal(rows.length, 50);
  for (const series of rows) {
    assert.ok(series.length > 500, `${series.length} samples`);
    assert.equal(series.at(-1)![0], clock.wallNow() - 100);
    for (let i = 1; i < series.length; i++) assert.equal(series[i][0] - series[i - 1][0], 100);
  }
});

Deno.test("Store keeps its log short enough for a start after a crash, whatever the block range", async () => {
  using dir = tempDir();
  const restarts = new Restarts(dir.join("data"), { minBlockMs: 3_600_000, maxBlockMs: 3_600_000 });
  const { clock } = restarts;
  await using store = await restarts.open();
  const refs = Array.from({ length: 120 }, (_, i) => store.acquire(labels("m", { i: String(i) })));
  const values = new Float64Array(120);
  let most = 0;
  for (let beat = 0; beat < 3_600; beat++) {
    values.fill(beat);
    assert.equal(store.append(clock.wallNow(), refs, values), 0);
    clock.jumpWall(100);
    store.flush();
    if (beat % 10 === 9) await store.maintain();
    most = Math.max(most, store.stats().walBytes);
  }
  assert.ok(most < 2.2 * 1024 * 1024, `${most} bytes`);
  copyDir(restarts.dir, dir.join("crash"));
  await using again = await new Restarts(dir.join("crash"), {}, clock).open();
  assert.ok(again.stats().replayedSamples < 200_000, `${again.stats().replayedSamples} samples`);
  for (const rows of Object.values(readAll(again, ALL))) assert.equal(rows.length, 3_600);
});

Deno.test("Store removes whole blocks once they are older than the retention, and nothing newer", async () => {
  using dir = tempDir();
  const restarts = new Restarts(dir.path, { retentionMs: 600_000, minBlockMs: 60_000, maxBlockMs: 60_000 });
  const { clock } = restarts;
  await using store = await restarts.open();
  const ref = store.acquire(labels("m"));
  const startMs = clock.wallNow();
  for (let i = 0; i < 1_200; i++) {
    store.append(clock.wallNow(), [ref], [i]);
    await clock.advance(1_000);
    if (i % 20 === 0) await store.maintain();
  }
  await store.maintain();
  const [rows] = Object.values(readAll(store, ALL));
  const oldestAge = clock.wallNow() - rows[0][0];
  assert.ok(oldestAge >= 599_000 && oldestAge <= 660_000 + 1_000, `${oldestAge} ms`);
  assert.equal(rows.at(-1)![1], 1_199);
  assert.ok(rows[0][0] > startMs);
  assert.ok(store.stats().timeRetentions > 0);
});

Deno.test("Series stays safe to read after its blocks were merged and its head truncated", async () => {
  using dir = tempDir();
  const restarts = new Restarts(dir.path, { minBlockMs: 60_000, maxBlockMs: 180_000 });
  const { clock } = restarts;
  await using store = await restarts.open();
  const ref = store.acquire(labels("m"));
  const append = async (count: number) => {
    for (let i = 0; i < count; i++) {
      store.append(clock.wallNow(), [ref], [i]);
      await clock.advance(1_000);
    }
    await store.maintain();
  };
  await append(100);
  const [series] = store.select({ matchers: ALL, ...EVER });
  for (let round = 1; round <= 6; round++) {
    await append(100);
    const columns = new SampleColumns();
    series.read(-Infinity, Infinity, columns);
    assert.equal(columns.length, 100 * (round + 1));
  }
  assert.ok(store.stats().compactions > 5);
});
