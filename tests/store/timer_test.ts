import assert from "node:assert/strict";
import { Store } from "../../src/store/mod.ts";
import { Wal } from "../../src/store/wal.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { tempDir } from "../support/temp_dir.ts";
import { KeepingLogger, Restarts } from "./support/disk.ts";
import { labels, match, NOW_MS, readAll } from "./support/fixture.ts";

const ALL = [match("=~", "__name__", ".+")];

Deno.test("Wal stops, as for a write that fails, when room can't be made", () => {
  using dir = tempDir();
  const reasons: string[] = [];
  const wal = new Wal(
    dir.path,
    () => {
      throw new Error("read-only file system");
    },
    (reason) => void reasons.push(reason),
  );
  wal.start(0);
  wal.confirm();
  wal.series(1, labels("m"));
  wal.flush();
  assert.deepEqual(wal.state, { kind: "suspended", reason: "cannot write: read-only file system" });
  assert.equal(reasons.length, 1);
  assert.equal(wal.failures, 1);
});

/** Throws at the first error that it is told, though loggers never throw: it stands for any mistake of ours. */
class BrittleLogger extends KeepingLogger {
  hasThrown = false;
  override error = (): undefined => {
    if (this.hasThrown) return undefined;
    this.hasThrown = true;
    throw new Error("broken pipe");
  };
}

Deno.test("Store's timer goes on after a round that threw", async () => {
  using dir = tempDir();
  dir.write("ballast", new Uint8Array(1024 * 1024));
  const clock = new FakeClock({ wallMs: NOW_MS });
  const logger = new BrittleLogger();
  await using store = await Store.open({ dir: dir.path, clock, logger, retentionSizeBytes: 1024 * 1024 });
  store.append(clock.wallNow(), [store.acquire(labels("m"))], [1]);
  await clock.advance(100);
  assert.ok(logger.hasThrown, "nothing threw: the test proves nothing");
  assert.equal(store.stats().mode, "suspended");
  Deno.removeSync(dir.join("ballast"));
  for (let second = 0; second < 60; second++) await clock.advance(1_000);
  await store.maintain(); // ends after what the timer began
  assert.equal(store.stats().mode, "disk");
});

/** A clock on which who waits is not told to end, but thrown at. */
class BrokenClock extends FakeClock {
  override async sleepUntil(dueAtMs: number, signal?: AbortSignal): Promise<boolean> {
    if (await super.sleepUntil(dueAtMs, signal)) return true;
    throw new Error("no such timer");
  }
}

Deno.test("Store.close writes out the log and gives the directory free, however its timer ended", async () => {
  using dir = tempDir();
  const broken = new Restarts(dir.path, {}, new BrokenClock({ wallMs: NOW_MS }));
  const store = await broken.open();
  store.append(NOW_MS, [store.acquire(labels("m"))], [1]);
  await assert.rejects(store.close(), /no such timer/);
  await using again = await new Restarts(dir.path).open();
  assert.equal(again.stats().mode, "disk");
  assert.deepEqual(readAll(again, ALL), { '{__name__="m"}': [[NOW_MS, 1]] });
});
