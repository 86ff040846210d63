/**
 * Works a store in /mnt, fills the disk, and makes room again: what the faults test runs in a sandbox. Prints the
 * store's mode after each step; throws when a sample is missing.
 */
import assert from "node:assert/strict";
import { SampleColumns } from "../../../src/model/sample.ts";
import type { Store } from "../../../src/store/mod.ts";
import { Restarts } from "./disk.ts";
import { labels, match } from "./fixture.ts";

const restarts = new Restarts("/mnt/tsdb", { minBlockMs: 60_000 });
const { clock } = restarts;
let appended = 0;
let store = await restarts.open();
say();
if (store.stats().mode === "disk") {
  await work(60);
  Deno.writeFileSync("/mnt/ballast", new Uint8Array(100_000));
  try {
    for (let i = 0;; i++) Deno.writeFileSync(`/mnt/ballast-${i}`, new Uint8Array(4_096));
  } catch {
    // The disk is full now.
  }
  await work(200);
  check(store);
  say();
  for (const { name } of Deno.readDirSync("/mnt")) {
    if (name.startsWith("ballast")) Deno.removeSync(`/mnt/${name}`);
  }
  await work(30);
  say();
  await store.close();
  store = await restarts.open();
  check(store);
  say();
}
await store.close();

async function work(seconds: number): Promise<void> {
  const refs = Array.from({ length: 5 }, (_, i) => store.acquire(labels("m", { i: String(i) })));
  for (let i = 0; i < seconds; i++) {
    const values = Float64Array.from(refs, () => appended);
    assert.equal(store.append(clock.wallNow(), refs, values), 0);
    appended++;
    await clock.advance(1_000);
    await store.maintain();
  }
}

function check(store: Store): void {
  const all = store.select({ matchers: [match("=", "__name__", "m")], minTimeMs: 0, maxTimeMs: Infinity });
  assert.equal(all.length, 5);
  for (const series of all) {
    const columns = new SampleColumns();
    series.read(0, Infinity, columns);
    const want = Float64Array.from({ length: appended }, (_, i) => i);
    assert.deepEqual(columns.values.slice(0, columns.length), want);
  }
}

function say(): void {
  const { mode, modeReason } = store.stats();
  console.log(JSON.stringify({ mode, reason: modeReason ?? "" }));
}
