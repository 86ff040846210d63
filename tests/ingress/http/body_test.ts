import assert from "node:assert/strict";
import { SystemClock } from "../../../src/base/clock.ts";
import { SILENT } from "../../../src/base/log.ts";
import { MAX_BODY_BYTES, text } from "../../../src/ingress/answer.ts";
import { HttpServer } from "../../../src/ingress/server.ts";
import { rawHttp } from "../../support/raw_http.ts";

const post = (length: number, sent = length) =>
  `POST / HTTP/1.1\r\nHost: bunny\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n${
    "x".repeat(sent)
  }`;

const LIMITS = {
  readTimeoutMs: 30_000,
  readHeaderTimeoutMs: 30_000,
  writeTimeoutMs: 30_000,
  idleTimeoutMs: 30_000,
  maxHeaderBytes: 1_000,
  maxConnections: 100,
  maxNewPerSecond: Infinity,
};

function serve(hasRoom?: () => boolean): HttpServer {
  return HttpServer.listen({
    host: "127.0.0.1",
    port: 0,
    limits: LIMITS,
    handler: { handle: async (request) => text(200, (await request.body()).kind), isUrgent: () => false },
    clock: new SystemClock(),
    logger: SILENT,
    hasRoom,
  });
}

Deno.test("bodies that wait for their end leave room for ordinary ones only, until their clients go", async () => {
  await using server = serve();
  const said = async (length: number) => (await rawHttp(server.port, post(length))).text.split("\r\n\r\n")[1];
  const untilSaid = async (length: number, want: string) => {
    const deadline = performance.now() + 10_000;
    for (let now = ""; now !== want; now = await said(length)) {
      assert.ok(performance.now() < deadline, `still ${now}`);
    }
  };
  const holders = await Promise.all(Array.from({ length: 12 }, async () => {
    const holder = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
    const bytes = new TextEncoder().encode(post(MAX_BODY_BYTES, MAX_BODY_BYTES - 1));
    for (let at = 0; at < bytes.length;) at += await holder.write(bytes.subarray(at));
    return holder;
  }));
  await untilSaid(MAX_BODY_BYTES, "no_room");
  assert.equal(await said(4_000), "ok");
  for (const holder of holders) holder.close();
  await untilSaid(MAX_BODY_BYTES, "ok");
});

Deno.test("large bodies are refused while there is no memory for more, ordinary ones are not", async () => {
  let hasRoom = true;
  await using server = serve(() => hasRoom);
  const said = async (length: number) => (await rawHttp(server.port, post(length))).text.split("\r\n\r\n")[1];
  assert.deepEqual([await said(4_000), await said(100_000)], ["ok", "ok"]);
  hasRoom = false;
  assert.deepEqual([await said(4_000), await said(100_000)], ["ok", "no_room"]);
});

Deno.test("a body that is known to be too large is refused before any of it has come", async () => {
  await using server = serve();
  const { text } = await rawHttp(server.port, post(MAX_BODY_BYTES + 1, 0));
  assert.equal(text.split("\r\n\r\n")[1], "too_large");
});
