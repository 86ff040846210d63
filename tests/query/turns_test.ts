import assert from "node:assert/strict";
import { Turns } from "../../src/query/mod.ts";

Deno.test("turns go round in the order of asking, but first to who is in a hurry", async () => {
  const turns = new Turns();
  using _membership = turns.join();
  const taken: string[] = [];
  const ask = (name: string, urgent?: boolean) => turns.next(urgent).then(() => taken.push(name));
  await Promise.all([ask("a"), ask("b"), ask("c"), ask("x", true), ask("y", true)]);
  assert.deepEqual(taken.slice(-3), ["a", "b", "c"]);
  assert.deepEqual(taken.slice(0, 2), ["x", "y"]);
});

Deno.test("where several wait, nobody works between two turns for as long as a timer takes", async () => {
  const turns = new Turns();
  using _membership = turns.join();
  const happened: string[] = [];
  const timers: Promise<void>[] = [];
  const ask = async (name: string) => {
    await turns.next();
    happened.push(name);
    timers.push(
      new Promise((resolve) =>
        setTimeout(() => {
          happened.push(`a timer since ${name}`);
          resolve();
        }, 0)
      ),
    );
  };
  await Promise.all([ask("a"), ask("b"), ask("c"), ask("d")]);
  await Promise.all(timers);
  assert.ok(happened.indexOf("a timer since a") < happened.indexOf("b"), happened.join());
  assert.ok(happened.indexOf("a timer since b") < happened.indexOf("c"), happened.join());
});
