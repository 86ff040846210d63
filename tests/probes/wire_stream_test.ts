import assert from "node:assert/strict";
import { once } from "node:events";
import { BufferPool } from "../../src/probes/net/inbox.ts";
import type { Wire } from "../../src/probes/net/wire.ts";
import { WireStream } from "../../src/probes/net/wire_stream.ts";

function wire(overrides: Partial<Wire>): Wire {
  return {
    read: () => new Promise(() => {}),
    write: () => Promise.resolve(),
    setNoDelay() {},
    close() {},
    ...overrides,
  };
}

/** Fills whatever is to be filled. */
function flood(into: Uint8Array): Promise<number> {
  into.fill(0x78);
  return Promise.resolve(into.length);
}

const NO_PAUSE = { pause: () => Promise.resolve() };

Deno.test("what TLS reads under it comes in pieces, a pause before each after the first", async () => {
  const pauses: number[] = [];
  const pieces: number[] = [];
  const run = { pause: (ms: number) => Promise.resolve(void pauses.push(ms)) };
  const stream = new WireStream(wire({ read: flood }), new BufferPool(), run);
  const enough = Promise.withResolvers<void>();
  stream.on("data", ({ length }: Uint8Array) => {
    pieces.push(length);
    if (pieces.length === 20) assert.deepEqual(pauses, []);
    if (pieces.length === 100) enough.resolve(void stream.destroy());
  });
  await enough.promise;
  assert(Math.max(...pieces) <= 8_192, `a piece of ${Math.max(...pieces)} bytes`);
  assert(pauses.length > 60 && pauses.every((ms) => ms > 0), `paused ${pauses.length} times`);
});

Deno.test("a piece that TLS keeps is not overwritten by the next", async () => {
  let next = 0;
  const read = (into: Uint8Array) => Promise.resolve(into.fill(++next, 0, 10) && 10);
  const stream = new WireStream(wire({ read }), new BufferPool(), NO_PAUSE);
  const [first] = await once(stream, "data");
  await once(stream, "data");
  stream.destroy();
  assert.deepEqual([...first], Array(10).fill(1));
});

for (
  const { name, broken } of [
    { name: "read", broken: { read: () => Promise.reject(new Error("gone")) } },
    { name: "write", broken: { write: () => Promise.reject(new Error("gone")) } },
  ]
) {
  Deno.test(`a connection under TLS whose ${name} fails ends without an error event, and says why`, async () => {
    const stream = new WireStream(wire(broken), new BufferPool(), NO_PAUSE);
    stream.on("error", (error) => assert.fail(error));
    const ended = once(stream.resume(), "end");
    await new Promise<void>((resolve) => stream.write("hello", () => resolve()));
    await ended;
    assert.equal(stream.broken?.message, "gone");
  });
}

Deno.test("bytes that come after a failed write has ended the stream under TLS are no error event either", async () => {
  const coming = Promise.withResolvers<number>();
  const reading = Promise.withResolvers<void>();
  const failing = {
    read: () => (reading.resolve(), coming.promise),
    write: () => Promise.reject(new Error("gone")),
  };
  const stream = new WireStream(wire(failing), new BufferPool(), NO_PAUSE);
  const errors: Error[] = [];
  stream.on("error", (error) => errors.push(error));
  const closed = once(stream, "close");
  const ended = once(stream.resume(), "end");
  await reading.promise;
  stream.write("hello");
  await ended;
  coming.resolve(10);
  await coming.promise;
  await closed; // by the stream itself
  assert.deepEqual(errors, []);
});

Deno.test("destroying the stream under TLS closes the connection", () => {
  let closed = 0;
  new WireStream(wire({ close: () => void closed++ }), new BufferPool(), NO_PAUSE).destroy();
  assert.equal(closed, 1);
});
