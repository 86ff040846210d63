import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { endUnreadable } from "../../src/ingress/unreadable.ts";

const cases = [
  { name: "is no HTTP", code: "HPE_INVALID_METHOD", says: "400 Bad Request" },
  {
    name: "has a head that never ends",
    code: "HPE_HEADER_OVERFLOW",
    says: "431 Request Header Fields Too Large",
  },
  {
    name: "has chunks' extensions without end",
    code: "HPE_CHUNK_EXTENSIONS_OVERFLOW",
    says: "413 Payload Too Large",
  },
  { name: "broke in the middle of an answer", code: "ECONNRESET", isAnswered: true, says: undefined },
  { name: "can't be written to", code: "ECONNRESET", isClosed: true, says: undefined },
];

for (const { name, code, says, isAnswered = false, isClosed = false } of cases) {
  Deno.test(`A connection that ${name} is ended, and its error's stack asked for by nobody`, () => {
    const said: string[] = [];
    const ends: unknown[][] = [];
    const socket = {
      writable: !isClosed,
      _httpMessage: isAnswered ? { headersSent: true } : null,
      write: (text: string) => said.push(text),
      destroy: (...given: unknown[]) => ends.push(given),
    };
    const error = Object.assign(new Error("what the parser says"), { code });
    Object.defineProperty(error, "stack", { get: () => assert.fail("the stack was asked for") });
    endUnreadable(error, socket as unknown as Socket);
    assert.deepEqual(said, says ? [`HTTP/1.1 ${says}\r\nConnection: close\r\n\r\n`] : []);
    assert.deepEqual(ends, [[]]);
  });
}
