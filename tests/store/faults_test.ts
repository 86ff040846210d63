import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Store } from "../../src/store/mod.ts";
import { KeepingLogger, Restarts } from "./support/disk.ts";
import { tempDir } from "../support/temp_dir.ts";
import { labels, match, NOW_MS, readAll } from "./support/fixture.ts";
import { dump, HAS_PROMETHEUS } from "./support/prometheus.ts";
import { FakeClock } from "../support/fake_clock.ts";

const ALL = [match("=~", "__name__", ".+")];
const HOUR_MS = 3_600_000;

const HAS_BWRAP = (() => {
  try {
    const args = ["--ro-bind", "/", "/", "--tmpfs", "/tmp", "true"];
    return new Deno.Command("bwrap", { args, stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
})();

/** Appends a sample a second and lets the store work. @returns what the one series should hold of them */
async function appendFor(store: Store, clock: FakeClock, seconds: number): Promise<[number, number][]> {
  const ref = store.acquire(labels("m"));
  const rows: [number, number][] = [];
  for (let i = 0; i < seconds; i++) {
    rows.push([clock.wallNow(), i]);
    assert.equal(store.append(clock.wallNow(), [ref], [i]), 0, `second ${i}`);
    await clock.advance(1_000);
    if (i % 30 === 29) await store.maintain();
  }
  return rows;
}

const unusable: { name: string; dir: (parent: string) => string; reason: RegExp }[] = [
  {
    name: "below a file",
    dir: (parent) => {
      Deno.writeTextFileSync(`${parent}/file`, "");
      return `${parent}/file/tsdb`;
    },
    reason: /directory/i,
  },
  { name: "where nothing can be made", dir: () => "/proc/bunny", reason: /./ },
];

for (const { name, dir, reason } of unusable) {
  Deno.test(`Store on a directory ${name} goes on in memory, and says so`, async () => {
    using parent = tempDir();
    const restarts = new Restarts(dir(parent.path));
    await using store = await restarts.open();
    const rows = await appendFor(store, restarts.clock, 40);
    assert.deepEqual(Object.values(readAll(store, ALL)), [rows]);
    assert.equal(store.stats().mode, "memory");
    assert.match(store.stats().modeReason!, reason);
    assert.equal(restarts.logger.of("error").length, 1);
  });
}

Deno.test("Store on a directory that another one holds goes on in memory, and leaves it alone", async () => {
  using dir = tempDir();
  const first = new Restarts(dir.path);
  const holder = await first.open();
  const second = new Restarts(dir.path);
  const other = await second.open();
  assert.equal(other.stats().mode, "memory");
  assert.match(other.stats().modeReason!, /lock/);
  await appendFor(other, second.clock, 5);
  await other.close();
  const rows = await appendFor(holder, first.clock, 5);
  await holder.close();
  await using again = await first.open();
  assert.equal(again.stats().mode, "disk");
  assert.deepEqual(Object.values(readAll(again, ALL)), [rows]);
});

Deno.test("Store whose directory is emptied under it makes itself at home again", async () => {
  using dir = tempDir();
  const restarts = new Restarts(dir.path, { minBlockMs: 60_000 });
  let store = await restarts.open();
  const before = await appendFor(store, restarts.clock, 30);
  for (const { name } of Deno.readDirSync(dir.path)) {
    Deno.removeSync(`${dir.path}/${name}`, { recursive: true });
  }
  const after = await appendFor(store, restarts.clock, 300);
  await restarts.clock.advance(20_000);
  await store.maintain();
  assert.equal(store.stats().mode, "disk");
  assert.deepEqual(Object.values(readAll(store, ALL)), [[...before, ...after]]);
  await store.close();
  store = await restarts.open();
  assert.deepEqual(Object.values(readAll(store, ALL)), [[...before, ...after]]);
  await store.close();
});

Deno.test("Store sets samples of the future aside when the clock jumps back an hour, and takes new ones", async () => {
  using dir = tempDir();
  const restarts = new Restarts(dir.path, { minBlockMs: 300_000, retentionMs: 12 * HOUR_MS });
  const { clock, logger } = restarts;
  let store = await restarts.open();
  const old = await appendFor(store, clock, 4_000);
  clock.jumpWall(-HOUR_MS);
  await store.maintain();
  const nowMs = clock.wallNow();
  const kept = old.filter(([time]) => time <= nowMs);
  const [rows] = Object.values(readAll(store, ALL));
  // Blocks go as a whole, so of the past the newest block may be missing.
  assert.ok(rows.length > 0 && rows.length <= kept.length);
  assert.deepEqual(rows, kept.slice(0, rows.length));
  const fresh = await appendFor(store, clock, 100);
  assert.deepEqual(Object.values(readAll(store, ALL)), [[...rows, ...fresh]]);
  assert.ok(store.stats().blocksSetAside > 0);
  assert.deepEqual([store.stats().clockJumpsBack, store.stats().clockJumpsAhead], [1, 0]);
  assert.ok(logger.of("warn").some((message) => message.includes("jumped back")));
  await store.close();
  store = await restarts.open();
  assert.deepEqual(Object.values(readAll(store, ALL)), [[...rows, ...fresh]]);
  await store.close();
  if (!HAS_PROMETHEUS) return;
  Deno.mkdirSync(`${dir.path}/set-aside/wal`);
  const aside = Object.values(dump(`${dir.path}/set-aside`))[0];
  assert.deepEqual(aside, old.slice(rows.length)); // nothing was lost
});

Deno.test("Store in memory forgets samples of the future when the clock jumps back, and takes new ones", async () => {
  await using store = await Store.open({ clock: new FakeClock(), logger: new KeepingLogger() });
  await store.close();
  const clock = new FakeClock({ wallMs: NOW_MS });
  await using other = await Store.open({ clock, logger: new KeepingLogger(), retentionMs: 12 * HOUR_MS });
  const old = await appendFor(other, clock, 4_000);
  clock.jumpWall(-HOUR_MS);
  await other.maintain();
  const kept = old.filter(([time]) => time <= clock.wallNow());
  assert.deepEqual(Object.values(readAll(other, ALL)), [kept]);
  clock.jumpWall(1);
  const fresh = await appendFor(other, clock, 100);
  assert.deepEqual(Object.values(readAll(other, ALL)), [[...kept, ...fresh]]);
});

Deno.test("Store loses no history to a clock that jumps an hour ahead and is set right again", async () => {
  using dir = tempDir();
  const restarts = new Restarts(dir.path, { retentionMs: HOUR_MS, minBlockMs: 60_000 });
  const { clock } = restarts;
  await using store = await restarts.open();
  const before = await appendFor(store, clock, 600);
  clock.jumpWall(2 * HOUR_MS);
  const ahead = await appendFor(store, clock, 200);
  assert.deepEqual(Object.values(readAll(store, ALL)), [[...before, ...ahead]]);
  assert.equal(store.stats().clockJumpsAhead, 1);
  assert.deepEqual(restarts.logger.of("warn"), [
    "clock jumped ahead: nothing expires by age for one retention",
  ]);
  clock.jumpWall(-2 * HOUR_MS);
  await store.maintain();
  const after = await appendFor(store, clock, 200);
  assert.deepEqual(Object.values(readAll(store, ALL)), [[...before, ...after]]);
});

Deno.test("Store sets a directory from the future aside", async () => {
  using dir = tempDir();
  const future = new Restarts(
    dir.path,
    { minBlockMs: 60_000 },
    new FakeClock({ wallMs: NOW_MS + 24 * HOUR_MS }),
  );
  const writer = await future.open();
  await appendFor(writer, future.clock, 300);
  await writer.close();
  const present = new Restarts(dir.path, { minBlockMs: 60_000 });
  let store = await present.open();
  assert.deepEqual(readAll(store, ALL), {});
  assert.ok(present.logger.of("warn").some((message) => message.includes("future")));
  const rows = await appendFor(store, present.clock, 200);
  assert.deepEqual(Object.values(readAll(store, ALL)), [rows]);
  await store.close();
  store = await present.open();
  assert.deepEqual(Object.values(readAll(store, ALL)), [rows]);
  await store.close();
});

/** Runs a script of `support` where `/mnt` is what the arguments of bwrap make it. @returns what the script printed */
function inSandbox<T = { mode: string; reason: string }>(script: string, ...bwrap: string[]): T[] {
  const path = fileURLToPath(new URL(`./support/${script}`, import.meta.url));
  const { stdout, stderr, success } = new Deno.Command("bwrap", {
    args: [
      ...["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"],
      ...bwrap,
      ...[Deno.execPath(), "run", "-A", "--no-check", path],
    ],
  }).outputSync();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim().split("\n").map((line) => JSON.parse(line));
}

Deno.test({
  name: "Store on a full disk goes on in memory, and writes again once there is room; nothing is lost then",
  ignore: !HAS_BWRAP,
  fn: () => {
    const states = inSandbox("full_disk_child.ts", "--size", String(1024 * 1024), "--tmpfs", "/mnt");
    assert.deepEqual(states.map(({ mode }) => mode), ["disk", "suspended", "disk", "disk"]);
    assert.match(states[1].reason, /space/i);
  },
});

Deno.test({
  name: "Store on a read-only directory goes on in memory",
  ignore: !HAS_BWRAP,
  fn: () => {
    const states = inSandbox("full_disk_child.ts"); // /mnt is read-only as all else is
    assert.equal(states[0].mode, "memory");
    assert.match(states[0].reason, /read-only/i);
  },
});

Deno.test({
  name: "Store keeps its bound and goes on writing where what was set aside can't be removed",
  ignore: !HAS_BWRAP,
  fn: () => {
    using aside = tempDir();
    aside.write("ballast", new Uint8Array(100_000));
    Deno.utimeSync(aside.path, 0, 0); // so old that it is due by age too
    const block = "/mnt/tsdb/set-aside/01ARZ3NDEKTSV4RRFFQ69G5FAV";
    const [said] = inSandbox<{ modes: string[]; blocksGone: boolean; mostBytes: number; limit: number }>(
      "stuck_child.ts",
      ...["--tmpfs", "/mnt", "--ro-bind", aside.path, block],
    );
    assert.deepEqual(said.modes, ["disk", "disk", "disk"]);
    assert.ok(said.blocksGone, "there was room for all: the test proves nothing");
    assert.ok(said.mostBytes <= said.limit, `${said.mostBytes} bytes`);
  },
});
