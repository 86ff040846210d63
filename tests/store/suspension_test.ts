import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { copyDir } from "./support/prometheus.ts";
import { Restarts } from "./support/disk.ts";
import { labels, match, readAll } from "./support/fixture.ts";
import { tempDir } from "../support/temp_dir.ts";

const ALL = [match("=~", "__name__", ".+")];

/**
 * The log of a store with too little room stops, and starts again with a checkpoint. Whatever the moment of a crash, what
 * was written while the store said "disk" must be there: a copy of the directory stands for what a crash leaves.
 */
Deno.test("Store never says disk while samples are missing from what a crash would leave", async () => {
  using dir = tempDir();
  const restarts = new Restarts(dir.join("data"), { minBlockMs: 60_000, retentionSizeBytes: 320 * 1024 });
  const { clock } = restarts;
  await using store = await restarts.open();
  const refs = Array.from({ length: 40 }, (_, i) => store.acquire(labels("m", { i: String(i) })));
  const values = new Float64Array(40);
  let [suspensions, looks] = [0, 0];
  let wasOnDisk = true;
  /** Opens what a crash would leave now, and compares, if the store promises anything now. */
  const look = async () => {
    if (store.stats().mode !== "disk") return;
    const want = readAll(store, ALL);
    const path = dir.join(`crash-${looks++}`);
    copyDir(dir.join("data"), path);
    await using again = await new Restarts(path, { minBlockMs: 60_000 }, clock).open();
    const got = readAll(again, ALL);
    for (const [key, rows] of Object.entries(want)) assert.deepEqual(got[key], rows, key);
  };
  for (let beat = 0; beat < 4_800; beat++) {
    for (let i = 0; i < 40; i++) values[i] = Math.random();
    store.append(clock.wallNow(), refs, values);
    clock.jumpWall(20);
    store.flush();
    const isOnDisk = store.stats().mode === "disk";
    if (wasOnDisk && !isOnDisk) suspensions++;
    const hasJustResumed = isOnDisk && !wasOnDisk;
    wasOnDisk = isOnDisk;
    if (beat % 800 === 799) {
      // Maintenance is under way while samples come in: its pauses are real turns of the event loop.
      let [isWorking, turns] = [true, 0];
      const wasStopped = store.stats().mode === "suspended";
      // Past the pause after which a stopped log is tried again; the store's own timer may be the one that does it.
      const working = clock.advance(11_000).then(() => store.maintain()).finally(() => isWorking = false);
      for (let left = 6; isWorking; turns++) {
        if (turns % 20 === 0 && turns < 1_000) {
          store.append(clock.wallNow(), refs, values);
          clock.jumpWall(20);
          store.flush();
        }
        if (wasStopped && left > 0 && store.stats().mode === "disk") {
          left--;
          await look();
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
      await working;
    }
    if (hasJustResumed || beat % 1_000 === 0) await look();
  }
  assert.ok(suspensions > 0, "the log never stopped: the test proves nothing");
  assert.ok(looks > 3);
});
