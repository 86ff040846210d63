import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { checkpointsIn, segmentsIn } from "../../src/store/wal_format.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { tempDir } from "../support/temp_dir.ts";
import { blockDirs, diskUsage, Restarts } from "./support/disk.ts";
import { labels, match, NOW_MS, readAll } from "./support/fixture.ts";
import { copyDir } from "./support/prometheus.ts";

const ALL = [match("=~", "__name__", ".+")];

Deno.test("Store with a full directory gives up its oldest blocks at once for what the log has to take", async () => {
  using dir = tempDir();
  const limit = 1024 * 1024;
  const restarts = new Restarts(dir.join("data"), { retentionSizeBytes: limit });
  const { clock } = restarts;
  await using store = await restarts.open();
  const refs = Array.from({ length: 50 }, (_, i) => store.acquire(labels("m", { i: String(i) })));
  const values = new Float64Array(50);
  const append = () => {
    for (let i = 0; i < 50; i++) values[i] = Math.random();
    assert.equal(store.append(clock.wallNow(), refs, values), 0);
    clock.jumpWall(100);
    store.flush();
  };
  for (let beat = 0; beat < 4_000; beat++) {
    append();
    if (beat % 10 === 9) await store.maintain();
  }
  assert.ok(store.stats().sizeRetentions > 0);
  const before = blockDirs(restarts.dir);
  // Three times what the log may grow to before the next look at the directory, which does not come.
  for (let beat = 0; beat < 600; beat++) {
    append();
    if (beat % 50 === 0) {
      const used = diskUsage(restarts.dir);
      assert.ok(used <= limit, `${used} bytes`);
    }
  }
  assert.equal(store.stats().mode, "disk");
  const after = blockDirs(restarts.dir);
  assert.ok(after.length < before.length);
  assert.deepEqual(after, before.slice(-after.length), "not the oldest ones are gone");
  const want = readAll(store, ALL);
  for (const rows of Object.values(want)) {
    for (let i = 1; i < rows.length; i++) assert.equal(rows[i][0] - rows[i - 1][0], 100);
  }
  copyDir(restarts.dir, dir.join("crash"));
  await using again = await new Restarts(dir.join("crash"), {}, clock).open();
  assert.deepEqual(readAll(again, ALL), want);
});

Deno.test("Store that writes too much for its directory stays below the bound, and writes again", async () => {
  using dir = tempDir();
  const limit = 512 * 1024;
  const restarts = new Restarts(dir.path, { retentionSizeBytes: limit });
  const { clock } = restarts;
  await using store = await restarts.open();
  const refs = Array.from({ length: 20 }, (_, i) => store.acquire(labels("m", { i: String(i) })));
  const values = new Float64Array(20);
  let [suspended, most] = [0, 0];
  for (let burst = 0; burst < 6; burst++) {
    for (let beat = 0; beat < 3_000; beat++) {
      for (let i = 0; i < 20; i++) values[i] = Math.random();
      assert.equal(store.append(clock.wallNow(), refs, values), 0);
      clock.jumpWall(20);
      store.flush();
      if (beat % 500 === 0) most = Math.max(most, diskUsage(dir.path));
    }
    suspended += Number(store.stats().mode === "suspended");
    for (let look = 0; look < 20; look++) {
      await store.maintain();
      most = Math.max(most, diskUsage(dir.path));
    }
    assert.equal(store.stats().mode, "disk", store.stats().modeReason);
  }
  assert.ok(suspended > 0, "there was room for all: the test proves nothing");
  assert.ok(most <= limit, `${most} bytes`);
  for (const rows of Object.values(readAll(store, ALL))) {
    assert.equal(rows.at(-1)![0], clock.wallNow() - 20);
    for (let i = 1; i < rows.length; i++) assert.equal(rows[i][0] - rows[i - 1][0], 20);
  }
});

Deno.test("Store whose directory can't take a block keeps no more in memory than its retention", async () => {
  using dir = tempDir();
  const limit = 256 * 1024;
  const restarts = new Restarts(dir.path, { retentionSizeBytes: limit, retentionMs: 600_000 });
  const { clock } = restarts;
  await using store = await restarts.open();
  const text = "x".repeat(200);
  const refs = Array.from({ length: 800 }, (_, i) => store.acquire(labels("m", { i: `${i}-${text}` })));
  const values = new Float64Array(800);
  let most = 0;
  for (let beat = 0; beat < 2_000; beat++) {
    values.fill(beat);
    assert.equal(store.append(clock.wallNow(), refs, values), 0);
    clock.jumpWall(1_000);
    store.flush();
    if (beat % 100 !== 99) continue;
    await store.maintain();
    most = Math.max(most, diskUsage(dir.path));
  }
  const { mode, modeReason, headMinTimeMs } = store.stats();
  assert.equal(mode, "suspended");
  assert.match(modeReason!, /retentionSizeBytes/);
  assert.ok(clock.wallNow() - headMinTimeMs! < 900_000, `${clock.wallNow() - headMinTimeMs!} ms in memory`);
  assert.ok(most <= limit, `${most} bytes`);
  const newest = readAll(store, ALL, clock.wallNow() - 1_000);
  assert.equal(Object.keys(newest).length, 800);
  assert.ok(restarts.logger.of("error").length > 0);
});

Deno.test("Store that opens with a long log in a small directory shortens it before anything else", async () => {
  using dir = tempDir();
  const limit = 1024 * 1024;
  const restarts = new Restarts(dir.join("data"), { retentionSizeBytes: limit });
  const { clock } = restarts;
  await using store = await restarts.open();
  const refs = Array.from({ length: 20 }, (_, i) => store.acquire(labels("m", { i: String(i) })));
  const values = new Float64Array(20);
  for (let beat = 0; store.stats().walBytes < 0.4 * limit; beat++) {
    values.fill(beat);
    assert.equal(store.append(clock.wallNow(), refs, values), 0);
    clock.jumpWall(20);
    store.flush();
  }
  assert.equal(store.stats().mode, "disk");
  const want = readAll(store, ALL);
  copyDir(restarts.dir, dir.join("crash"));
  await using again = await new Restarts(dir.join("crash"), { retentionSizeBytes: limit }, clock).open();
  const { walBytes, mode } = again.stats();
  assert.equal(mode, "disk");
  assert.ok(walBytes <= 0.25 * limit, `${walBytes} bytes of log`);
  assert.deepEqual(readAll(again, ALL), want);
});

Deno.test("Store whose memory became more than its directory can take gives up the oldest, and writes again", async () => {
  using dir = tempDir();
  const limit = 512 * 1024;
  const restarts = new Restarts(dir.join("data"), { retentionSizeBytes: limit, minBlockMs: 3_600_000 });
  const { clock } = restarts;
  await using store = await restarts.open();
  const refs = Array.from({ length: 20 }, (_, i) => store.acquire(labels("m", { i: String(i) })));
  const values = new Float64Array(20);
  for (let beat = 0; beat < 20_000; beat++) { // some five megabytes, and no maintenance
    for (let i = 0; i < 20; i++) values[i] = Math.random();
    assert.equal(store.append(clock.wallNow(), refs, values), 0);
    clock.jumpWall(20);
    if (beat % 50 === 0) store.flush();
  }
  store.flush();
  assert.equal(store.stats().mode, "suspended");
  let most = 0;
  for (let look = 0; look < 5 && store.stats().mode !== "disk"; look++) {
    await store.maintain();
    most = Math.max(most, diskUsage(restarts.dir));
  }
  assert.equal(store.stats().mode, "disk", store.stats().modeReason);
  assert.ok(most <= limit, `${most} bytes`);
  assert.ok(restarts.logger.of("warn").some((message) => message.includes("oldest of them are given up")));
  const want = readAll(store, ALL);
  for (const rows of Object.values(want)) {
    assert.equal(rows.at(-1)![0], clock.wallNow() - 20);
    assert.ok(rows.length > 256);
    for (let i = 1; i < rows.length; i++) assert.equal(rows[i][0] - rows[i - 1][0], 20);
  }
  copyDir(restarts.dir, dir.join("crash"));
  await using again = await new Restarts(dir.join("crash"), {}, clock).open();
  assert.deepEqual(readAll(again, ALL), want);
});

Deno.test("Store leaves no gap among the log's numbers, not for a moment, when a segment could not be started", async () => {
  using dir = tempDir();
  const restarts = new Restarts(dir.path, { minBlockMs: 60_000 });
  const { clock } = restarts;
  await using store = await restarts.open();
  const ref = store.acquire(labels("m"));
  const work = async (seconds: number) => {
    for (let i = 0; i < seconds; i++) {
      store.append(clock.wallNow(), [ref], [i]);
      await clock.advance(1_000);
      await store.maintain();
    }
  };
  const wal = dir.join("wal");
  const numbers = () => [...checkpointsIn(wal), ...segmentsIn(wal)].map(({ number }) => number);
  await work(30);
  const blocker = dir.join("wal", String(numbers().at(-1)! + 1).padStart(8, "0"));
  Deno.mkdirSync(blocker); // stands where the next segment should begin
  while (store.stats().mode === "disk") await work(1);
  Deno.removeSync(blocker);
  let looks = 0;
  for (let second = 0; second < 30; second++) {
    store.append(clock.wallNow(), [ref], [second]);
    let isWorking = true;
    const working = clock.advance(1_000).then(() => store.maintain()).finally(() => isWorking = false);
    for (; isWorking; looks++) {
      const found = numbers();
      for (let i = 1; i < found.length; i++) assert.ok(found[i] - found[i - 1] <= 1, found.join(" "));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await working;
  }
  assert.equal(store.stats().mode, "disk");
  assert.ok(looks > 60);
});

Deno.test("Store merges blocks although others would take too much room when merged", async () => {
  using dir = tempDir();
  const minute = 60_000;
  const startMs = Math.ceil(NOW_MS / (3 * minute)) * 3 * minute;
  const clock = new FakeClock({ wallMs: startMs });
  const filling = new Restarts(dir.path, { minBlockMs: minute, maxBlockMs: minute }, clock);
  {
    await using store = await filling.open();
    const refs = Array.from({ length: 200 }, (_, i) => store.acquire(labels("m", { i: String(i) })));
    for (let second = 0; second < 9 * 60; second++) {
      const [count, value] = second < 180 ? [200, Math.random] : [1, () => 0]; // much to keep, then little
      const values = Float64Array.from({ length: count }, value);
      assert.equal(store.append(clock.wallNow(), refs.slice(0, count), values), 0);
      await clock.advance(1_000);
      if (second % 10 === 9) await store.maintain();
    }
  }
  const spans = () =>
    blockDirs(dir.path).map((ulid) => {
      const { minTime, maxTime } = JSON.parse(Deno.readTextFileSync(`${dir.path}/${ulid}/meta.json`));
      return `${(minTime - startMs) / minute}-${(maxTime - startMs) / minute}`;
    }).sort();
  const before = ["0-1", "1-2", "2-3", "3-4", "4-5", "5-6", "6-7", "7-8"];
  assert.deepEqual(spans(), before);
  const large = blockDirs(dir.path).slice(0, 3).reduce((sum, ulid) => sum + diskUsage(dir.join(ulid)), 0);
  const options = { minBlockMs: minute, maxBlockMs: 3 * minute, retentionSizeBytes: 3.9 * large };
  await using store = await new Restarts(dir.path, options, clock).open();
  await store.maintain();
  assert.deepEqual(spans(), ["0-1", "1-2", "2-3", "3-6", "6-7", "7-8"]);
});

Deno.test("Store makes room although what was set aside can't be looked through", async () => {
  using dir = tempDir();
  const limit = 1024 * 1024;
  dir.write("set-aside", new Uint8Array(limit)); // a file, where a directory should be
  await using store = await new Restarts(dir.path, { retentionSizeBytes: limit, retentionMs: 60_000 }).open();
  await store.maintain();
  assert.ok(diskUsage(dir.path) <= limit);
});
