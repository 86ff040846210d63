import assert from "node:assert/strict";
import { SystemClock } from "../../src/base/clock.ts";
import { Deadlines } from "../../src/probes/schedule/deadlines.ts";
import { FakeClock } from "../support/fake_clock.ts";

Deno.test("Deadlines come in order of time, whatever the order in which they were set", async () => {
  const clock = new FakeClock();
  const deadlines = new Deadlines(clock);
  const seen: string[] = [];
  for (const at of [50, 10, 30, 10, 20]) deadlines.at(at, () => seen.push(`${at}@${clock.now()}`));
  await clock.advance(35);
  assert.deepEqual(seen, ["10@10", "10@10", "20@20", "30@30"]);
  deadlines.at(40, () => seen.push(`again@${clock.now()}`));
  await clock.advance(100);
  assert.deepEqual(seen.slice(4), ["again@40", "50@50"]);
  assert.equal(clock.pending, 0);
});

Deno.test("Deadlines that are called off don't come, and cost one sleeper in all", async () => {
  const clock = new FakeClock();
  const deadlines = new Deadlines(clock);
  const seen: number[] = [];
  const set = Array.from({ length: 2_000 }, (_, i) => deadlines.at(1_000 + i, () => seen.push(i)));
  assert.equal(clock.pending, 1);
  for (const [i, deadline] of set.entries()) if (i !== 777) deadline.cancel();
  set[5].cancel();
  await clock.advance(5_000);
  assert.deepEqual(seen, [777]);
  assert.equal(clock.pending, 0);
});

Deno.test("Deadlines may set and call off others when they come", async () => {
  const clock = new FakeClock();
  const deadlines = new Deadlines(clock);
  const seen: string[] = [];
  const other = deadlines.at(10, () => seen.push("other"));
  deadlines.at(5, () => {
    other.cancel();
    deadlines.at(7, () => seen.push("nested"));
    deadlines.at(1, () => seen.push("at once"));
  });
  await clock.advance(20);
  assert.deepEqual(seen, ["at once", "nested"]);
});

Deno.test("Deadlines forget everything when they close", async () => {
  const clock = new FakeClock();
  const deadlines = new Deadlines(clock);
  deadlines.at(10, () => assert.fail("closed"));
  deadlines.close();
  deadlines.at(20, () => assert.fail("closed"));
  await clock.advance(100);
  assert.equal(clock.pending, 0);
});

Deno.test("Deadlines let an answer in that lay ready while the process was held up", async () => {
  const deadlines = new Deadlines(new SystemClock());
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const [ours, theirs] = await Promise.all([
    Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port }),
    listener.accept(),
  ]);
  const seen: string[] = [];
  const expired = new Promise<void>((resolve) =>
    deadlines.at(performance.now() + 20, () => {
      seen.push("deadline");
      resolve();
    })
  );
  const read = ours.read(new Uint8Array(10)).then(() => seen.push("answer"));
  await theirs.write(new Uint8Array(1));
  const until = performance.now() + 60;
  while (performance.now() < until); // the process is busy with something else
  await Promise.all([expired, read]);
  ours.close();
  theirs.close();
  deadlines.close();
  assert.deepEqual(seen, ["answer", "deadline"]);
});
