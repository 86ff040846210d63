/** Targets that send crumbs as fast as they can: after a while a probe waits for more of them, and reads them at once. */
import assert from "node:assert/strict";
import { Output } from "../../src/probes/exec/output.ts";
import { BufferPool, Inbox } from "../../src/probes/net/inbox.ts";
import type { Wire } from "../../src/probes/net/wire.ts";
import { FakeClock } from "../support/fake_clock.ts";

/** Has a byte for every read. */
const CRUMBS: Wire = {
  read(into) {
    into[0] = 0x78;
    return Promise.resolve(1);
  },
  write: () => Promise.resolve(),
  setNoDelay() {},
  close() {},
};

Deno.test("an inbox reads the first crumbs at once, and then pauses before each read", async () => {
  const pauses: number[] = [];
  const run = { pause: (ms: number) => Promise.resolve(void pauses.push(ms)) };
  using inbox = new Inbox(CRUMBS, new BufferPool(), run, 1_000);
  await inbox.has(20);
  assert.deepEqual(pauses, []);
  await inbox.has(120);
  assert.equal(inbox.length, 120);
  assert(pauses.length > 80 && pauses.every((ms) => ms > 0), `paused ${pauses.length} times`);
});

Deno.test("a command's output in crumbs is read slowly after the first of them", async () => {
  const clock = new FakeClock();
  const output = new Output(clock);
  let pulled = 0;
  const crumbs = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled++;
      controller.enqueue(new Uint8Array([0x78]));
    },
  });
  const drained = output.drain(crumbs);
  await clock.advance(0);
  const atOnce = pulled;
  assert(atOnce > 10 && atOnce < 100, `took ${atOnce} at once`);
  await clock.advance(10);
  assert(pulled > atOnce && pulled <= atOnce + 20, `took ${pulled - atOnce} in 10 ms`);
  await output.close();
  await drained;
});
