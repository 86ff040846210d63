import assert from "node:assert/strict";
import { tempDir } from "../support/temp_dir.ts";
import { blockDirs, Restarts } from "./support/disk.ts";
import { labels, match, readAll } from "./support/fixture.ts";
import { copyDir } from "./support/prometheus.ts";

const ALL = [match("=~", "__name__", ".+")];
/** Blocks end 100 seconds after the first sample, and are not cut before 160 seconds. */
const BLOCK_MS = 300_000;

Deno.test("Store that replayed a log encodes it later, in chunks as long as any other's", async () => {
  using dir = tempDir();
  const restarts = new Restarts(dir.join("data"), { minBlockMs: BLOCK_MS });
  const { clock } = restarts;
  const names = Array.from({ length: 3 }, (_, i) => labels("m", { i: String(i) }));
  let beat = 0;
  await using first = await restarts.open();
  const refs = names.map((name) => first.acquire(name));
  for (; beat < 1_500; beat++) {
    first.append(clock.wallNow(), refs, [beat, 0, Math.sin(beat)]);
    await clock.advance(100);
  }
  first.flush();
  const want = readAll(first, ALL);
  copyDir(restarts.dir, dir.join("crash")); // what a crash leaves

  const after = new Restarts(dir.join("crash"), { minBlockMs: BLOCK_MS }, clock);
  await using store = await after.open();
  assert.equal(store.stats().replayedSamples, 3 * 1_500);
  assert.equal(store.stats().headChunksCreated, 3); // the open ones
  assert.deepEqual(readAll(store, ALL), want);
  const again = names.map((name) => store.acquire(name));
  const append = (beats: number) => {
    for (const end = beat + beats; beat < end; beat++) {
      const values = [beat, 0, Math.sin(beat)];
      assert.equal(store.append(clock.wallNow(), again, values), 0);
      names.forEach((name, i) => want[name.toString()].push([clock.wallNow(), values[i]]));
      clock.jumpWall(100);
    }
  };
  append(10);
  assert.deepEqual(readAll(store, ALL), want);
  await store.maintain();
  assert.ok(store.stats().headChunksCreated >= 3 * 6);
  assert.deepEqual(readAll(store, ALL), want);
  append(1_000);
  assert.deepEqual(readAll(store, ALL), want);
  await store.maintain();
  assert.deepEqual(readAll(store, ALL), want);
  const [block] = blockDirs(after.dir);
  const { stats } = JSON.parse(Deno.readTextFileSync(`${after.dir}/${block}/meta.json`));
  assert.ok(stats.numChunks >= stats.numSamples / 256 && stats.numChunks <= stats.numSamples / 200);
});
