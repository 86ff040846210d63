/**
 * Works a store in /mnt whose room runs short, where something was set aside that can't be removed: what the faults test
 * runs in a sandbox. Prints what became of it; throws when a new sample is missing.
 */
import assert from "node:assert/strict";
import { diskUsage, Restarts } from "./disk.ts";
import { labels, match, readAll } from "./fixture.ts";

const limit = 1024 * 1024;
const restarts = new Restarts("/mnt/tsdb", { retentionSizeBytes: limit, retentionMs: 3_600_000 });
const { clock } = restarts;
const store = await restarts.open();
const modes = [store.stats().mode];
const refs = Array.from({ length: 50 }, (_, i) => store.acquire(labels("m", { i: String(i) })));
const values = new Float64Array(50);
let mostBytes = 0;
for (let beat = 0; beat < 4_000; beat++) {
  for (let i = 0; i < 50; i++) values[i] = Math.random();
  assert.equal(store.append(clock.wallNow(), refs, values), 0);
  await clock.advance(100);
  if (beat % 10 !== 9) continue;
  await store.maintain();
  mostBytes = Math.max(mostBytes, diskUsage(restarts.dir));
}
modes.push(store.stats().mode);
const blocksGone = store.stats().sizeRetentions > 0;
await store.close();

await using again = await restarts.open();
modes.push(again.stats().mode);
for (const rows of Object.values(readAll(again, [match("=", "__name__", "m")]))) {
  assert.equal(rows.at(-1)![0], clock.wallNow() - 100);
  for (let i = 1; i < rows.length; i++) assert.equal(rows[i][0] - rows[i - 1][0], 100);
}
console.log(JSON.stringify({ modes, blocksGone, mostBytes, limit }));
