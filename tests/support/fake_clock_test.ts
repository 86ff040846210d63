import assert from "node:assert/strict";
import { FakeClock } from "./fake_clock.ts";

Deno.test("FakeClock wakes sleepers in order of due time, then of registration", async () => {
  const clock = new FakeClock();
  const woken: string[] = [];
  const sleep = async (name: string, dueAtMs: number) => {
    assert.equal(await clock.sleepUntil(dueAtMs), true);
    woken.push(`${name}@${clock.now()}`);
  };
  const all = Promise.all([sleep("late", 30), sleep("a", 10), sleep("b", 10), sleep("early", 5)]);
  assert.equal(clock.pending, 4);
  assert.equal(clock.nextDueAtMs, 5);
  await clock.advance(29);
  assert.deepEqual(woken, ["early@5", "a@10", "b@10"]);
  assert.equal(clock.now(), 29);
  await clock.advance(1);
  await all;
  assert.deepEqual(woken, ["early@5", "a@10", "b@10", "late@30"]);
  assert.equal(clock.pending, 0);
});

Deno.test("FakeClock wakes a loop at every one of its beats", async () => {
  const clock = new FakeClock({ nowMs: 1_000 });
  const stop = new AbortController();
  const beats: number[] = [];
  const loop = (async () => {
    let dueAtMs = clock.now();
    while (await clock.sleepUntil(dueAtMs, stop.signal)) {
      await Promise.resolve();
      beats.push(clock.now());
      dueAtMs += 100;
    }
  })();
  await clock.advance(300);
  assert.deepEqual(beats, [1_000, 1_100, 1_200, 1_300]);
  stop.abort();
  await loop;
  assert.equal(clock.pending, 0);
});

Deno.test("FakeClock resolves to false on abort, before and during a sleep", async () => {
  const clock = new FakeClock();
  assert.equal(await clock.sleepUntil(10, AbortSignal.abort()), false);
  const stop = new AbortController();
  const asleep = clock.sleepUntil(10, stop.signal);
  stop.abort();
  assert.equal(await asleep, false);
  assert.equal(clock.pending, 0);
});

Deno.test("FakeClock ends a sleep until a past time in a later turn, unadvanced", async () => {
  const clock = new FakeClock({ nowMs: 50 });
  let woken = false;
  const asleep = clock.sleepUntil(20).then(() => woken = true);
  await Promise.resolve();
  await Promise.resolve();
  assert.equal(woken, false);
  await asleep;
  assert.equal(clock.now(), 50);
});

Deno.test("FakeClock moves the wall along, and apart from the monotonic clock", async () => {
  const clock = new FakeClock({ wallMs: 5_000 });
  await clock.advance(1_000.75);
  assert.equal(clock.wallNow(), 6_000);
  clock.jumpWall(-2_000);
  assert.equal(clock.wallNow(), 4_000);
  clock.setWall(9_000);
  assert.equal(clock.wallNow(), 9_000);
  assert.equal(clock.now(), 1_000.75);
  await clock.advance(1);
  assert.equal(clock.wallNow(), 9_001);
});

Deno.test("FakeClock refuses to go back, to advance twice at once, and to spin for ever", async () => {
  const clock = new FakeClock();
  await assert.rejects(clock.advance(-1), RangeError);
  const first = clock.advance(1);
  await assert.rejects(clock.advance(1), /await the first call/);
  await first;
  const stop = new AbortController();
  const spin = (async () => {
    while (await clock.sleepUntil(0, stop.signal));
  })();
  await assert.rejects(clock.advance(1), /time already past/);
  stop.abort();
  await spin;
});

Deno.test("FakeClock tells when enough sleepers wait", async () => {
  const clock = new FakeClock();
  let told = false;
  const two = clock.untilPending(2).then(() => told = true);
  const first = clock.sleepUntil(1);
  await clock.advance(0);
  assert.equal(told, false);
  const second = clock.sleepUntil(2);
  await two;
  await clock.untilPending(2);
  await clock.advance(2);
  assert.deepEqual(await Promise.all([first, second]), [true, true]);
});
