import assert from "node:assert/strict";
import { SystemClock } from "../../src/base/clock.ts";
import { eachInTurns, listPieces, sortedInTurns, stringPieces } from "../../src/ingress/api/in_turns.ts";
import { Share } from "../../src/ingress/api/share.ts";
import { Turns } from "../../src/query/mod.ts";
import { Random } from "../support/random.ts";
import { SetClock } from "../support/set_clock.ts";

/** A clock that goes on by itself whenever it is asked: every look is past the end of a slice. */
class HurriedClock extends SystemClock {
  #nowMs = 0;

  override now(): number {
    return this.#nowMs += 5;
  }
}

const share = () => new Share(new Turns(), new HurriedClock());

for (const length of [0, 1, 2, 255, 256, 257, 512, 1_000, 5_000]) {
  Deno.test(`sorting in turns sorts ${length} items, and keeps equal ones in order`, async () => {
    const seed = Math.floor(Math.random() * 2 ** 32);
    const random = new Random(seed);
    const items = Array.from({ length }, (_, i) => ({ key: random.below(50), i }));
    using work = share().begin();
    await work.turn();
    const sorted = await sortedInTurns(items, (a, b) => a.key - b.key, work);
    assert.deepEqual(sorted, items.toSorted((a, b) => a.key - b.key), `seed ${seed}`);
  });
}

Deno.test("visiting in turns lets others work in between", async () => {
  using work = share().begin();
  await work.turn();
  let others = 0;
  const other = setInterval(() => others++, 0);
  let visited = 0;
  await eachInTurns(new Array(50_000).fill(0), work, () => visited++);
  clearInterval(other);
  assert.equal(visited, 50_000);
  assert.ok(others > 0, `others worked ${others} times`);
});

Deno.test("work in steps lets others work in between", async () => {
  using work = share().begin();
  await work.turn();
  let others = 0;
  const other = setInterval(() => others++, 0);
  const steps = function* () {
    for (let i = 0; i < 200; i++) yield;
    return "done";
  };
  assert.equal(await work.follow(steps()), "done");
  clearInterval(other);
  assert.ok(others > 0, `others worked ${others} times`);
});

Deno.test("what one call has worked counts for the next: together they work no longer than one alone", () => {
  const clock = new SetClock();
  const share = new Share(new Turns(), clock);
  using first = share.begin();
  using second = share.begin();
  first.onTurn(() => clock.nowMs += 0.6);
  assert.ok(!first.isDue);
  first.rest();
  second.onTurn(() => clock.nowMs += 0.6);
  assert.ok(second.isDue);
});

Deno.test("calls that begin in the same moment work no longer together than one alone", async () => {
  const clock = new SetClock();
  const share = new Share(new Turns(), clock);
  let done = 0;
  const call = async () => {
    using work = share.begin();
    await work.onTurn(() => {
      clock.nowMs += 0.4;
      done++;
    });
  };
  const calls = Array.from({ length: 10 }, call);
  for (let i = 0; i < 100; i++) await undefined;
  assert.equal(done, 3); // the third begins within the slice
  await Promise.all(calls);
  assert.equal(done, 10);
});

Deno.test("a text in pieces is one text", () => {
  const parts = [`a "quoted" word\n`, "", "é".repeat(20_000), "😀"];
  const pieces = [...stringPieces(parts)];
  assert.equal(JSON.parse(pieces.join("")), parts.join(""));
  assert.ok(pieces.length > 1);
});

Deno.test("a list in pieces is one list", () => {
  for (const length of [0, 1, 2, 3, 100]) {
    const items = Array.from({ length }, (_, i) => i);
    for (const pieceLength of [1, 10, 1_000]) {
      const pieces = [...listPieces(items, String, pieceLength)];
      assert.deepEqual(JSON.parse(pieces.join("")), items);
      assert.ok(pieces.every((piece) => piece.length <= pieceLength + 5));
    }
  }
});
