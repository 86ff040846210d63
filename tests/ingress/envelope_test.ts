import assert from "node:assert/strict";
import { SystemClock } from "../../src/base/clock.ts";
import type { Request } from "../../src/ingress/answer.ts";
import { apiRoute } from "../../src/ingress/api/envelope.ts";
import { Share } from "../../src/ingress/api/share.ts";
import { Turns } from "../../src/query/mod.ts";

const REQUEST: Request = {
  method: "GET",
  path: "api/v1/pieces",
  parameters: new URLSearchParams(),
  header: () => "",
  body: () => Promise.resolve({ kind: "broken" }),
  signal: new AbortController().signal,
};

for (
  const { name, taken } of [{ name: "are taken", taken: Infinity }, {
    name: "are left by the client",
    taken: 2,
  }]
) {
  Deno.test(`what pieces of a reply were made from is given back when they ${name}`, async () => {
    let isOpen = true;
    function* pieces(): Generator<string, void, void> {
      try {
        for (let i = 0; i < 5; i++) yield `${i}`;
      } finally {
        isOpen = false;
      }
    }
    const share = new Share(new Turns(), new SystemClock());
    const { body } = await apiRoute(["GET"], () => ({ data: pieces() }), share).handle(REQUEST);
    assert.ok(typeof body !== "string" && !(body instanceof Uint8Array));
    assert.ok(isOpen);
    let left = taken;
    for await (const _ of body) if (--left === 0) break;
    assert.equal(isOpen, false);
  });
}
