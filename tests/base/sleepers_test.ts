import assert from "node:assert/strict";
import { Sleepers } from "../../src/base/sleepers.ts";
import { Random } from "../support/random.ts";

/** Sleepers by a clock of ours, and the runtime's own timers, which all of them are late for. */
function withClock() {
  const clock = { now: 1_000 };
  return { clock, sleepers: new Sleepers(() => clock.now) };
}

/** Lets who has been woken go on, and timers ring that are due. */
function ring(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}

Deno.test("sleepers wake in the order of their times, and those of one time in the order of going to sleep", async () => {
  const random = new Random(7);
  const { clock, sleepers } = withClock();
  const woken: [number, number][] = [];
  const all = Array.from({ length: 200 }, async (_, i) => {
    const dueAtMs = 1_000 - random.below(20);
    assert.equal(await sleepers.sleepUntil(dueAtMs, undefined), true);
    woken.push([dueAtMs, i]);
  });
  clock.now = 1_001;
  await Promise.all(all);
  assert.deepEqual(woken, woken.toSorted(([a, i], [b, j]) => a - b || i - j));
});

Deno.test("sleepers that are called off in any order leave the others as they are", async () => {
  const random = new Random(8);
  const { clock, sleepers } = withClock();
  const woken: number[] = [];
  const rest: number[] = [];
  const stops: AbortController[] = [];
  const all = Array.from({ length: 300 }, async (_, i) => {
    const stop = new AbortController();
    const dueAtMs = 2_000 + random.below(100);
    if (i % 3 === 0) stops.push(stop);
    else rest.push(dueAtMs);
    if (await sleepers.sleepUntil(dueAtMs, stop.signal)) woken.push(dueAtMs);
  });
  while (stops.length > 0) stops.splice(random.below(stops.length), 1)[0].abort();
  clock.now = 2_050; // half of them
  await sleepers.sleepUntil(0, undefined);
  await ring();
  assert.deepEqual(woken, rest.filter((due) => due <= 2_050).sort((a, b) => a - b));
  clock.now = 3_000;
  await sleepers.sleepUntil(0, undefined);
  await Promise.all(all);
  assert.deepEqual(woken, rest.sort((a, b) => a - b));
});

Deno.test("a sleeper of a time that is past wakes in a later turn of the event loop", async () => {
  const { sleepers } = withClock();
  const order: string[] = [];
  const sleeping = sleepers.sleepUntil(0, undefined).then(() => order.push("woken"));
  for (let i = 0; i < 10; i++) await undefined;
  order.push("this turn");
  await sleeping;
  assert.deepEqual(order, ["this turn", "woken"]);
});

Deno.test("whoever is due earlier than all others wakes in time", async () => {
  const { clock, sleepers } = withClock();
  const stop = new AbortController();
  const late = sleepers.sleepUntil(1_000 + 60_000, stop.signal);
  const early = sleepers.sleepUntil(1_001, undefined);
  clock.now = 1_001;
  const later = ring();
  const woken = await Promise.race([early, later]);
  await later;
  stop.abort();
  assert.equal(woken, true);
  assert.equal(await late, false);
  assert.equal(await sleepers.sleepUntil(1_000, stop.signal), false); // nobody sleeps who has been called off before
});

Deno.test("a timer that rings too early wakes nobody, and rings again", async () => {
  const { clock, sleepers } = withClock();
  let isAwake = false;
  const sleeping = sleepers.sleepUntil(1_001, undefined).then(() => isAwake = true);
  await ring(); // the runtime's five milliseconds, none of ours
  assert.equal(isAwake, false);
  clock.now = 1_001;
  await sleeping;
});

Deno.test("a time that is none is past, and one that never comes can be called off", async () => {
  const { sleepers } = withClock();
  assert.equal(await sleepers.sleepUntil(NaN, undefined), true);
  const stop = new AbortController();
  const sleeping = sleepers.sleepUntil(Infinity, stop.signal);
  stop.abort();
  assert.equal(await sleeping, false);
});

Deno.test("many sleepers take one timer of the runtime at a time", async () => {
  const { clock, sleepers } = withClock();
  const setTimer = globalThis.setTimeout;
  let timers = 0;
  const counting = (...args: Parameters<typeof setTimer>) => (timers++, setTimer(...args));
  try {
    globalThis.setTimeout = Object.assign(counting, setTimer);
    const all = Array.from({ length: 100 }, (_, i) => sleepers.sleepUntil(1_001 + i, undefined));
    clock.now = 1_050;
    await all[49];
    assert.equal(timers, 2);
    clock.now = 2_000;
    await Promise.all(all);
    assert.equal(timers, 2);
  } finally {
    globalThis.setTimeout = setTimer;
  }
});
