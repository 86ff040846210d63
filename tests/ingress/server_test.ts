import assert from "node:assert/strict";
import { SystemClock } from "../../src/base/clock.ts";
import { SILENT } from "../../src/base/log.ts";
import { text } from "../../src/ingress/answer.ts";
import { type Route, Router } from "../../src/ingress/router.ts";
import { type Handler, HttpServer, type ServerLimits } from "../../src/ingress/server.ts";
import { get, rawHttp } from "../support/raw_http.ts";

const LIMITS: ServerLimits = {
  readTimeoutMs: 600,
  readHeaderTimeoutMs: 300,
  writeTimeoutMs: 900,
  idleTimeoutMs: 300,
  maxHeaderBytes: 1_000,
  maxConnections: 4,
};

function listen(handler: Handler, limits: Partial<ServerLimits> = {}): Promise<HttpServer> {
  return HttpServer.listen({
    host: "127.0.0.1",
    port: 0,
    limits: { ...LIMITS, ...limits },
    handler,
    clock: new SystemClock(),
    logger: SILENT,
  });
}

const router = new Router(
  new Map<string, Route>([
    ["ok", { methods: ["GET"], handle: () => text(200, "fine\n") }],
    ["throws", {
      methods: ["GET"],
      handle: () => {
        throw new Error("a bug");
      },
    }],
    ["rejects", { methods: ["GET"], handle: () => Promise.reject(new Error("a bug")) }],
    ["hangs", {
      methods: ["GET"],
      handle: (request) =>
        new Promise((resolve) =>
          request.signal.addEventListener("abort", () => resolve(text(200, "late\n")))
        ),
    }],
    ["echo", {
      methods: ["POST"],
      handle: async (request) => {
        const body = await request.body();
        return body.kind === "ok"
          ? text(200, new TextDecoder().decode(body.bytes))
          : text(400, `${body.kind}\n`);
      },
    }],
    ["under/", { methods: ["GET"], handle: (request) => text(200, request.path) }],
  ]),
);
const routed: Handler = (request) => router.handle(request);

const post = (body: string, length = body.length) =>
  `POST /echo HTTP/1.1\r\nHost: bunny\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n${body}`;

const answers: { name: string; sent: string; status: number; body?: string }[] = [
  { name: "a known path", sent: get("/ok"), status: 200, body: "fine\n" },
  { name: "HEAD as GET without a body", sent: get("/ok", "HEAD"), status: 200, body: "" },
  { name: "an unknown path", sent: get("/nothing"), status: 404, body: "not found\n" },
  { name: "a method that the path does not know", sent: get("/ok", "DELETE"), status: 405 },
  { name: "a path below a prefix", sent: get("/under/a%20b"), status: 200, body: "under/a b" },
  { name: "a path that is no UTF-8", sent: get("/%ff"), status: 400 },
  { name: "a handler that throws", sent: get("/throws"), status: 500, body: "internal error\n" },
  { name: "a handler that rejects", sent: get("/rejects"), status: 500, body: "internal error\n" },
  { name: "a body", sent: post("hello"), status: 200, body: "hello" },
  {
    name: "a body that is too large",
    sent: post("x".repeat(1024 * 1024 + 1)),
    status: 400,
    body: "too_large\n",
  },
  {
    name: "a header over the limit",
    sent: `GET /ok HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(1_000)}\r\n\r\n`,
    status: 431,
  },
  {
    name: "a header over the parser's limit",
    sent: `GET /ok HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(70_000)}\r\n\r\n`,
    status: 431,
  },
  { name: "garbage", sent: "\x16\x03\x01\x00\r\n\r\n", status: 400 },
  { name: "half a header, in time", sent: "GET /ok HTTP/1.1\r\nHos", status: 408 },
  { name: "half a body, in time", sent: post("he", 10), status: 400, body: "broken\n" },
  { name: "nothing at all, in time", sent: "", status: 408 },
];

for (const { name, sent, status, body } of answers) {
  Deno.test(`server answers ${name} with ${status}`, async () => {
    await using server = await listen(routed);
    const answer = await rawHttp(server.port, sent);
    assert.equal(answer.status, status, answer.text);
    if (body !== undefined) assert.equal(answer.text.split("\r\n\r\n")[1], body);
    assert.ok(answer.ended, "the connection was still open after 5 s");
  });
}

Deno.test("server ends a connection that has been idle for too long", async () => {
  await using server = await listen(routed);
  const answer = await rawHttp(server.port, "GET /ok HTTP/1.1\r\nHost: a\r\n\r\n");
  assert.equal(answer.status, 200);
  assert.ok(answer.ended);
  assert.ok(answer.tookMs >= 250 && answer.tookMs < 1_200, `took ${answer.tookMs} ms`);
});

Deno.test("server ends an answer that is overdue, and tells the handler", async () => {
  await using server = await listen(routed);
  const answer = await rawHttp(server.port, get("/hangs"));
  assert.equal(answer.text, "");
  assert.ok(answer.ended);
  assert.equal(server.connections, 0);
});

Deno.test("server takes no more than maxConnections", async () => {
  await using server = await listen(routed, {
    idleTimeoutMs: 60_000,
    readHeaderTimeoutMs: 60_000,
    readTimeoutMs: 60_000,
  });
  const held: Deno.TcpConn[] = [];
  try {
    for (let i = 0; i < LIMITS.maxConnections; i++) {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
      held.push(connection);
      await connection.write(new TextEncoder().encode("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n"));
      await connection.read(new Uint8Array(1_000));
    }
    const refused = await rawHttp(server.port, get("/ok"));
    assert.equal(refused.text, "");
    held.pop()?.close();
    while (server.connections >= LIMITS.maxConnections) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    assert.equal((await rawHttp(server.port, get("/ok"))).status, 200);
  } finally {
    for (const connection of held) connection.close();
  }
});

Deno.test("server's close lets a running answer finish", async () => {
  const { promise: release, resolve: answer } = Promise.withResolvers<void>();
  const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>();
  const server = await listen(async () => {
    onAsked();
    await release;
    return text(200, "done\n");
  });
  const reply = rawHttp(server.port, get("/"));
  await asked;
  const closed = server.close(5_000);
  answer();
  assert.match((await reply).text, /done\n$/);
  await closed;
  await assert.rejects(Deno.connect({ hostname: "127.0.0.1", port: server.port || 1 }));
});

Deno.test("server's close ends half-sent requests", async () => {
  const server = await listen(routed, { readHeaderTimeoutMs: 60_000, readTimeoutMs: 60_000 });
  const half = rawHttp(server.port, "GET / HT", 60_000);
  while (server.connections === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  await server.close(100);
  assert.ok((await half).ended);
});

Deno.test("server's limits change while it listens", async () => {
  await using server = await listen(routed);
  const sent = `GET /ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: ${"x".repeat(2_000)}\r\n\r\n`;
  assert.equal((await rawHttp(server.port, sent)).status, 431);
  server.setLimits({ ...LIMITS, maxHeaderBytes: 10_000 });
  assert.equal((await rawHttp(server.port, sent)).status, 200);
});
