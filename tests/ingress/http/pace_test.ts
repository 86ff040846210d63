import assert from "node:assert/strict";
import { Pace } from "../../../src/ingress/http/pace.ts";
import { SetClock } from "../../support/set_clock.ts";

function begin() {
  const clock = new SetClock();
  const pace = new Pace(clock);
  const work = (ms: number) => pace.work(() => void (clock.nowMs += ms));
  return { clock, pace, work };
}

Deno.test("Work begins at once until a slice of it is done", () => {
  const { pace, work } = begin();
  using _ = pace;
  for (let i = 0; i < 5; i++) {
    assert.equal(pace.turn(), undefined);
    work(0.1);
  }
  assert.ok(pace.turn() instanceof Promise);
});

Deno.test("Time in which nothing was done counts as a pause, once", () => {
  const { clock, pace, work } = begin();
  using _ = pace;
  work(0.6);
  clock.nowMs += 0.2;
  assert.equal(pace.turn(), undefined);
  work(0.15);
  assert.ok(pace.turn() instanceof Promise);
});

Deno.test("Turns are given a slice at a time, urgent ones first, the event loop turning between", async () => {
  const { pace, work } = begin();
  using _ = pace;
  work(1);
  const order: string[] = [];
  const worker = async (name: string, isUrgent: boolean) => {
    await pace.turn(isUrgent);
    order.push(name);
    work(0.3);
  };
  const calm = ["a", "b", "c"].map((name) => worker(name, false));
  const urgent = ["u", "v", "w"].map((name) => worker(name, true));
  await urgent[0];
  for (let i = 0; i < 100; i++) await undefined;
  assert.deepEqual(order, ["u", "v"], "more than a slice without looking at what is ready");
  await Promise.all([...urgent, ...calm]);
  assert.deepEqual(order, ["u", "v", "w", "a", "b", "c"]);
});

Deno.test("Nobody waits for a turn at the end", async () => {
  const { pace, work } = begin();
  work(1);
  const waiting = [pace.turn(), pace.turn(true)];
  pace[Symbol.dispose]();
  await Promise.all(waiting);
  assert.equal(pace.turn(), undefined);
});

Deno.test("What is heard on many connections counts as work, though nothing is done about it", () => {
  const { pace } = begin();
  using _ = pace;
  let atOnce = 0;
  while (pace.heard(false) === undefined) atOnce++;
  assert.ok(atOnce > 1 && atOnce < 100, `${atOnce} heard in one turn of the event loop`);
});

Deno.test("An end in the middle of a pause is no error", async () => {
  const { pace, work } = begin();
  work(1);
  await pace.turn();
  work(1);
  const waiting = pace.turn();
  for (let i = 0; i < 100; i++) await undefined; // the pause goes on by now
  pace[Symbol.dispose]();
  await waiting;
  await new Promise((resolve) => setTimeout(resolve, 0)); // what it is told of its pause would be told by now
});
