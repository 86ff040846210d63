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
  const crumbs = new ReadableStream({
    type: "bytes",
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

Deno.test("a buffer pool hands out again what it got back, but keeps no more than it needs", () => {
  const pool = new BufferPool();
  const [small, large, huge] = [pool.take(), pool.take(70_000), pool.take(1_000_000)];
  for (const buffer of [small, large, huge]) pool.give(buffer);
  assert.equal(pool.take(), small);
  assert.equal(pool.take(70_000), large);
  assert.notEqual(pool.take(1_000_000), huge);
  const isOld = (buffer: Uint8Array) => buffer[0] === 1;
  for (let i = 0; i < 1_000; i++) pool.give(new Uint8Array(16_384).fill(1));
  const ofOneSize = Array.from({ length: 20 }, () => pool.take(16_384)).filter(isOld).length;
  assert(ofOneSize > 0 && ofOneSize < 10, `${ofOneSize} of one size are kept`);
  for (let size = 1; size < 100; size++) pool.give(new Uint8Array(size).fill(1));
  const sizes = Array.from({ length: 99 }, (_, i) => pool.take(i + 1)).filter(isOld).length;
  assert(sizes < 10, `${sizes} sizes are kept`);
});
