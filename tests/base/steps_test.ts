import assert from "node:assert/strict";
import { type Clock, SystemClock } from "../../src/base/clock.ts";
import { atOnce, inSlices, inSlicesUntil, type Steps } from "../../src/base/steps.ts";
import { FakeClock } from "../support/fake_clock.ts";

/** Counts to a number, and says before each step who is at work. */
function* counting(to: number, onStep: (i: number) => void = () => {}): Steps<number> {
  for (let i = 0; i < to; i++) {
    onStep(i);
    yield;
  }
  return to;
}

/** A clock on which each look takes a while, and that is told of each sleep. */
function busyClock(msALook: number, onSleep: (ms: number) => void = () => {}): Clock {
  let nowMs = 0;
  const system = new SystemClock();
  return {
    now: () => nowMs += msALook,
    wallNow: () => system.wallNow(),
    sleepUntil(dueAtMs, signal) {
      onSleep(dueAtMs - nowMs);
      return system.sleepUntil(0, signal);
    },
  };
}

Deno.test("work in steps is done at once", () => assert.equal(atOnce(counting(10)), 10));

Deno.test("work in steps gives others their turn in between", async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  const turnsAt: number[] = [];
  try {
    assert.equal(await inSlices(counting(200, () => turnsAt.push(turns)), busyClock(0.6)), 200);
  } finally {
    clearInterval(timer);
  }
  assert.equal(turnsAt[0], 0);
  assert.ok(turnsAt.at(-1)! > 0, "nobody else ran");
});

Deno.test("work that takes no time is not interrupted", async () => {
  let others = 0;
  const other = Promise.resolve().then(() => others++);
  const working = inSlices(counting(1_000, () => assert.equal(others, 0)), new FakeClock());
  assert.equal(await working, 1_000);
  await other;
});

Deno.test("work in steps that takes long rests between its slices, little work never does", async () => {
  const rests: number[] = [];
  const clock = busyClock(2, (ms) => rests.push(ms)); // every step is a slice
  const before: number[] = [];
  await inSlices(counting(100, () => before.push(rests.length)), clock);
  assert.deepEqual(before.slice(0, 11), Array(11).fill(0));
  assert.equal(rests.length, 90);
  assert.ok(rests.every((ms) => Math.abs(ms - 18) < 1e-6), rests.join());
  await inSlices(counting(9), clock);
  assert.equal(rests.length, 90);
  rests.length = 0;
  await inSlices(counting(12), busyClock(3_600_000, (ms) => rests.push(ms)));
  assert.deepEqual(rests, [100, 100]);
});

Deno.test("work in steps that rests ends when its signal aborts", async () => {
  const controller = new AbortController();
  const clock = busyClock(2, () => controller.abort());
  let last = 0;
  assert.equal(await inSlicesUntil(controller.signal, counting(1_000, (i) => last = i), clock), undefined);
  assert.ok(last < 20, String(last));
});

Deno.test("work in steps ends when its signal aborts", async () => {
  const controller = new AbortController();
  let last = 0;
  const stopAtFive = counting(1_000, (i) => {
    last = i;
    if (i === 5) controller.abort();
  });
  assert.equal(await inSlicesUntil(controller.signal, stopAtFive, busyClock(2)), undefined);
  assert.ok(last < 10, String(last));
});

Deno.test("what goes wrong in a step is thrown, and nothing stays open", async () => {
  function* broken(): Steps<void> {
    yield;
    yield;
    throw new Error("in a step");
  }
  await assert.rejects(inSlices(broken(), busyClock(2)), /in a step/);
});
