import assert from "node:assert/strict";
import { SystemClock } from "../../src/base/clock.ts";
import { SILENT } from "../../src/base/log.ts";
import { text } from "../../src/ingress/answer.ts";
import { type Route, Router } from "../../src/ingress/router.ts";
import { HttpServer } from "../../src/ingress/server.ts";
import { HOSTILE_REQUESTS } from "./hostile_requests.ts";
import { converse } from "./raw_client.ts";

const fine: Route = { methods: ["GET"], handle: () => text(200, "fine\n") };
const router = new Router(
  new Map<string, Route>([
    ["-/healthy", fine],
    ["-/ready", fine],
    ["api/v1/format_query", {
      methods: ["POST"],
      async handle(request) {
        const body = await request.body();
        const whole = body.kind === "ok" && new TextDecoder().decode(body.bytes) === "query=1";
        return whole ? text(200, "fine\n") : text(400, `${body.kind}\n`);
      },
    }],
  ]),
);

for (const { name, sent, want } of HOSTILE_REQUESTS) {
  Deno.test(`the port answers ${want.join(", ") || "nothing"} to ${name}`, async () => {
    await using server = HttpServer.listen({
      host: "127.0.0.1",
      port: 0,
      limits: {
        readTimeoutMs: 400,
        readHeaderTimeoutMs: 300,
        writeTimeoutMs: 900,
        idleTimeoutMs: 300,
        maxHeaderBytes: 10_000,
        maxConnections: 10,
        maxNewPerSecond: Infinity,
      },
      handler: { handle: (request) => router.handle(request), isUrgent: () => false },
      clock: new SystemClock(),
      logger: SILENT,
    });
    const reply = await converse(server.port, sent);
    assert.deepEqual(reply.statuses, want, reply.text);
    assert.ok(reply.ended, "the connection was still open after ten seconds");
  });
}
