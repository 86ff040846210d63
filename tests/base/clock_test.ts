import assert from "node:assert/strict";
import { callAt, SystemClock } from "../../src/base/clock.ts";
import { FakeClock } from "../support/fake_clock.ts";

Deno.test("callAt calls once, when its time has come", async () => {
  const clock = new FakeClock();
  const calls: number[] = [];
  using _call = callAt(clock, 50, () => calls.push(clock.now()));
  await clock.advance(49);
  assert.deepEqual(calls, []);
  await clock.advance(100);
  assert.deepEqual(calls, [50]);
});

Deno.test("callAt does not call once it is disposed of, and leaves no sleeper behind", async () => {
  const clock = new FakeClock();
  {
    using _call = callAt(clock, 50, () => assert.fail("called"));
    assert.equal(clock.pending, 1);
  }
  assert.equal(clock.pending, 0);
  await clock.advance(100);
});

Deno.test("SystemClock sleeps until the time, and no further once it is told to stop", async () => {
  const clock = new SystemClock();
  const dueAtMs = clock.now() + 5;
  assert.equal(await clock.sleepUntil(dueAtMs), true);
  assert.ok(clock.now() >= dueAtMs);
  const stop = new AbortController();
  const sleeping = clock.sleepUntil(clock.now() + 60_000, stop.signal);
  stop.abort();
  assert.equal(await sleeping, false);
  assert.equal(await clock.sleepUntil(clock.now() + 60_000, stop.signal), false);
});
