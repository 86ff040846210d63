import assert from "node:assert/strict";
import { Outlet } from "../../../src/ingress/http/outlet.ts";

/** Takes the first writes, and nothing of those that follow. */
function stuckAfter(writes: number): Deno.TcpConn {
  return {
    write: (bytes: Uint8Array) => writes-- > 0 ? Promise.resolve(bytes.length) : new Promise(() => {}),
    setNoDelay() {},
  } as unknown as Deno.TcpConn;
}

async function* pieces(): AsyncGenerator<string, void, void> {
  yield "one";
}

const CASES = [
  { what: "the head of an answer in pieces", isHead: true, writes: 0 },
  { what: "a piece of an answer", isHead: false, writes: 0 },
  { what: "the end of an answer in pieces", isHead: false, writes: 1 },
];

for (const { what, isHead, writes } of CASES) {
  Deno.test(`An outlet tells that ${what} waits to be taken`, async () => {
    let waiting = 0;
    const answer = { status: 200, contentType: "text/plain", body: pieces() };
    void new Outlet(stuckAfter(writes), () => "").send(answer, {
      isHead,
      isVersion10: false,
      isLast: false,
      isGone: () => false,
      onWaiting: (bytes) => waiting = bytes,
    });
    for (let i = 0; i < 100; i++) await undefined;
    assert.ok(waiting > 0);
  });
}
