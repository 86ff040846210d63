import assert from "node:assert/strict";
import { SteadyClock } from "../../src/base/steady_clock.ts";
import { FakeClock } from "../support/fake_clock.ts";

function steady() {
  const fake = new FakeClock({ wallMs: 1_000_000_000 });
  const stepsBack: number[] = [];
  return { fake, stepsBack, clock: new SteadyClock(fake, (byMs) => stepsBack.push(byMs)) };
}

Deno.test("steady clock follows the wall clock", async () => {
  const { fake, clock, stepsBack } = steady();
  await fake.advance(1_234);
  assert.equal(clock.wallNow(), 1_000_001_234);
  assert.deepEqual(stepsBack, []);
});

Deno.test("steady clock follows a jump ahead at once", () => {
  const { fake, clock, stepsBack } = steady();
  fake.jumpWall(3_600_000);
  assert.equal(clock.wallNow(), 1_003_600_000);
  assert.equal(clock.aheadMs, 0);
  assert.deepEqual(stepsBack, []);
});

Deno.test("steady clock goes on, a little slower, when the wall clock jumps back, and tells once", async () => {
  const { fake, clock, stepsBack } = steady();
  fake.jumpWall(-3_600_000);
  let last = clock.wallNow();
  for (let i = 0; i < 100; i++) {
    await fake.advance(100);
    const now = clock.wallNow();
    assert.ok(now > last, "it must not stand still");
    last = now;
  }
  assert.equal(last, 1_000_000_000 + 9_000);
  assert.deepEqual(stepsBack, [3_600_000]);
  assert.equal(clock.aheadMs, 3_600_000 - 1_000);
});

Deno.test("steady clock never goes back, however often it is asked", async () => {
  const { fake, clock } = steady();
  fake.jumpWall(-500);
  let last = clock.wallNow();
  for (let i = 0; i < 20_000; i++) {
    await fake.advance(0.5);
    const now = clock.wallNow();
    assert.ok(now >= last);
    last = now;
  }
  assert.equal(last, fake.wallNow(), "it has been caught up with");
});
