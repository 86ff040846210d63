import assert from "node:assert/strict";
import { type Clock, SystemClock } from "../../src/base/clock.ts";
import { SILENT } from "../../src/base/log.ts";
import { text } from "../../src/ingress/answer.ts";
import { type Route, Router } from "../../src/ingress/router.ts";
import type { Handler } from "../../src/ingress/http/connection.ts";
import { HttpServer, type ServerLimits } from "../../src/ingress/server.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { get, rawHttp } from "../support/raw_http.ts";

const LIMITS: ServerLimits = {
  readTimeoutMs: 600,
  readHeaderTimeoutMs: 300,
  writeTimeoutMs: 900,
  idleTimeoutMs: 300,
  maxHeaderBytes: 1_000,
  maxConnections: 4,
  maxNewPerSecond: Infinity,
};

function listen(
  handle: Handler["handle"],
  limits: Partial<ServerLimits> = {},
  clock: Clock = new SystemClock(),
): HttpServer {
  return HttpServer.listen({
    host: "127.0.0.1",
    port: 0,
    limits: { ...LIMITS, ...limits },
    handler: { handle, isUrgent: () => false },
    clock,
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
const routed: Handler["handle"] = (request) => router.handle(request);

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
    await using server = listen(routed);
    const answer = await rawHttp(server.port, sent);
    assert.equal(answer.status, status, answer.text);
    if (body !== undefined) assert.equal(answer.text.split("\r\n\r\n")[1], body);
    assert.ok(answer.ended, "the connection was still open after 5 s");
  });
}

Deno.test("server ends a connection that has been idle for too long", async () => {
  await using server = listen(routed);
  const answer = await rawHttp(server.port, "GET /ok HTTP/1.1\r\nHost: a\r\n\r\n");
  assert.equal(answer.status, 200);
  assert.ok(answer.ended);
  assert.ok(answer.tookMs >= 250 && answer.tookMs < 1_200, `took ${answer.tookMs} ms`);
});

Deno.test("server says so when an answer is overdue, and tells the handler", async () => {
  await using server = listen(routed);
  const answer = await rawHttp(server.port, get("/hangs"));
  assert.equal(answer.status, 503);
  assert.match(answer.text, /\r\n\r\nthe answer took too long\n$/);
  assert.ok(answer.ended);
  assert.ok(answer.tookMs >= 850, `took ${answer.tookMs} ms`);
});

Deno.test("server does not cut off an answer that takes long to make", async () => {
  const parts = Array.from({ length: 15 }, (_, i) => `part ${i}\n`);
  await using server = listen(() => ({
    status: 200,
    contentType: "text/plain",
    body: (async function* () {
      for (const part of parts) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        yield part;
      }
    })(),
  }));
  const response = await fetch(`http://127.0.0.1:${server.port}/`);
  assert.equal(await response.text(), parts.join(""));
});

/** Connections that the program below opens. */
const MANY = 100;

/** Opens them all at once, gives each so many milliseconds, and prints how many there are. */
const CROWD = `
  const [port, limitMs] = Deno.args.map(Number);
  const connections = await Promise.all(Array.from({ length: ${MANY} }, () =>
    Deno.connect({ hostname: "127.0.0.1", port, signal: AbortSignal.timeout(limitMs) })
      .catch(() => undefined)));
  console.log(connections.filter((connection) => connection !== undefined).length);
  Deno.exit();
`;

/** How many connections the kernel takes within so many milliseconds while nobody accepts any. */
function queued(port: number, limitMs: number): number {
  // Synchronous on purpose: meanwhile this process's event loop stands still.
  const { stdout, stderr } = new Deno.Command(Deno.execPath(), {
    args: ["eval", CROWD, String(port), String(limitMs)],
  }).outputSync();
  const count = Number(new TextDecoder().decode(stdout));
  assert.ok(count > 0, new TextDecoder().decode(stderr));
  return count;
}

Deno.test({
  name: "server accepts a few of those who wait at a time, however many there are",
  ignore: Deno.build.os !== "linux", // elsewhere a queue's length is a hint, or the client is refused
}, async () => {
  const clock = new class extends SystemClock {
    workedMs = 0;

    override now(): number {
      return super.now() + this.workedMs;
    }
  }();
  let [all, atOnce, mostAtOnce] = [0, 0, 0];
  await using server = HttpServer.listen({
    host: "127.0.0.1",
    port: 0,
    limits: { ...LIMITS, maxConnections: MANY },
    handler: { handle: routed, isUrgent: () => false },
    clock,
    logger: SILENT,
    hasRoom: () => {
      clock.workedMs += 0.2;
      if (atOnce === 0) setImmediate(() => atOnce = 0);
      mostAtOnce = Math.max(mostAtOnce, ++atOnce);
      all++;
      return true;
    },
  });
  assert.equal(queued(server.port, 10_000), MANY);
  while (all < MANY) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.ok(mostAtOnce < 10, `${mostAtOnce} connections accepted in one turn of the event loop`);
});

/** Connects and sends a request, the first part of its answer read. */
async function holdAfter(port: number, path: string): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`));
  await connection.read(new Uint8Array(1_000));
  return connection;
}

const PATIENT = { idleTimeoutMs: 60_000, readHeaderTimeoutMs: 60_000, readTimeoutMs: 60_000 };

Deno.test("server ends the longest idle connection for a new one when there are maxConnections", async () => {
  await using server = listen(routed, PATIENT);
  const held: Deno.TcpConn[] = [];
  try {
    for (let i = 0; i < LIMITS.maxConnections; i++) held.push(await holdAfter(server.port, "/ok"));
    assert.equal((await rawHttp(server.port, get("/ok"))).status, 200);
    assert.equal(await held[0].read(new Uint8Array(10)), null);
    await held[1].write(new TextEncoder().encode("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert.ok((await held[1].read(new Uint8Array(1_000)))! > 0);
    assert.ok(server.connections <= LIMITS.maxConnections);
  } finally {
    for (const connection of held) connection.close();
  }
});

Deno.test("server turns a new connection away when all others are being answered", async () => {
  const { promise: release, resolve: answer } = Promise.withResolvers<void>();
  let asked = 0;
  await using server = listen(async () => {
    asked++;
    await release;
    return text(200, "done\n");
  }, { ...PATIENT, writeTimeoutMs: 60_000 });
  const running = Array.from({ length: LIMITS.maxConnections }, () => rawHttp(server.port, get("/")));
  while (asked < LIMITS.maxConnections) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.equal((await rawHttp(server.port, get("/"))).text, "");
  answer();
  for (const { status } of await Promise.all(running)) assert.equal(status, 200);
});

Deno.test("server ends a client that does not take its answer when others want to connect", async () => {
  const large = "x".repeat(8 * 1024 * 1024);
  const clock = new FakeClock();
  await using server = listen(
    (request) => text(200, request.path === "large" ? large : "small\n"),
    { ...PATIENT, writeTimeoutMs: 60_000, maxConnections: 1 },
    clock,
  );
  using _slow = await holdAfter(server.port, "/large");
  await clock.advance(249);
  assert.equal((await rawHttp(server.port, get("/small"))).text, "");
  await clock.advance(1); // a client that takes so long is slow
  assert.equal((await rawHttp(server.port, get("/small"))).status, 200);
});

Deno.test("server bounds what waits to be taken, all clients together", async () => {
  const large = "x".repeat(8 * 1024 * 1024);
  const clock = new FakeClock();
  const limits = { ...PATIENT, writeTimeoutMs: 60_000, maxConnections: 100 };
  await using server = listen(() => text(200, large), limits, clock);
  const held: Deno.TcpConn[] = [];
  try {
    for (let i = 0; i < 6; i++) held.push(await holdAfter(server.port, "/"));
    await clock.advance(250);
    held.push(await holdAfter(server.port, "/"));
    assert.ok(server.connections <= 3, `${server.connections} connections hold 8 MiB each`);
  } finally {
    for (const connection of held) connection.close();
  }
});

Deno.test("server leaves requests that come ahead of the answers unread until it is their turn", async () => {
  let asked = 0;
  await using server = listen(async (request) => {
    asked++;
    await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
    return text(200, "late\n");
  });
  const answer = await rawHttp(server.port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(1_000));
  assert.equal(answer.text.match(/HTTP/g)?.length, 1, "one overdue answer, and the end");
  assert.equal(asked, 1);
});

Deno.test("server answers requests that come ahead of the answers in their order", async () => {
  await using server = listen((request) => text(200, `${request.path}\n`));
  const ahead = ["a", "b", "c"].map((path) => `GET /${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join("");
  const { text: all } = await rawHttp(server.port, ahead + get("/d"));
  assert.deepEqual(all.match(/^[a-d]$/gm), ["a", "b", "c", "d"]);
});

async function* numbers(count: number, onNext: () => void = () => {}): AsyncGenerator<string, void, void> {
  for (let i = 0; i < count; i++) {
    onNext();
    yield `${i},`.repeat(1_000);
  }
}

Deno.test("server sends an answer that is made while it is sent", async () => {
  await using server = listen(() => ({ status: 200, contentType: "text/plain", body: numbers(100) }));
  const response = await fetch(`http://127.0.0.1:${server.port}/`);
  assert.equal(await response.text(), (await Array.fromAsync(numbers(100))).join(""));
  const head = await rawHttp(server.port, get("/", "HEAD"));
  assert.equal(head.text.split("\r\n\r\n")[1], "");
});

Deno.test("server sends such an answer to HTTP/1.0 without chunks, and ends the connection behind it", async () => {
  await using server = listen(() => ({ status: 200, contentType: "text/plain", body: numbers(100) }));
  const { text: all, ended } = await rawHttp(server.port, "GET / HTTP/1.0\r\n\r\n");
  assert.equal(all.split("\r\n\r\n")[1], (await Array.fromAsync(numbers(100))).join(""));
  assert.ok(ended);
});

Deno.test("server tells a client that waits for it to send its body, once somebody wants it", async () => {
  await using server = listen(routed);
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  const [encoder, buffer] = [new TextEncoder(), new Uint8Array(1_000)];
  const said = async () => new TextDecoder().decode(buffer.subarray(0, await connection.read(buffer) ?? 0));
  await connection.write(
    encoder.encode(post("hello").replace("hello", "").replace("Host", "Expect: 100-continue\r\nHost")),
  );
  assert.equal(await said(), "HTTP/1.1 100 Continue\r\n\r\n");
  await connection.write(encoder.encode("hello"));
  assert.match(await said(), /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nhello$/);
});

for (const before of [0, 2]) {
  Deno.test(`server tells whoever makes an answer that its client has left, after ${before} others`, async () => {
    const { promise: told, resolve: onTold } = Promise.withResolvers<void>();
    const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>();
    let left = before;
    await using server = listen(async (request) => {
      if (left-- > 0) return text(200, "");
      request.signal.addEventListener("abort", () => onTold());
      onAsked();
      await told;
      return text(200, "late\n");
    }, { ...PATIENT, writeTimeoutMs: 60_000 });
    const connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
    await connection.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(before + 1)));
    await asked;
    connection.close();
    await told;
  });
}

Deno.test("server answers a client that says it has said all, and tells whoever makes the answer", async () => {
  const { promise: told, resolve: onTold } = Promise.withResolvers<void>();
  await using server = listen(async (request) => {
    request.signal.addEventListener("abort", () => onTold());
    await told;
    return text(200, `${request.path}\n`);
  }, PATIENT);
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  await connection.write(new TextEncoder().encode("GET /a HTTP/1.1\r\nHost: a\r\n\r\n".repeat(2)));
  await connection.closeWrite();
  const all = await new Response(connection.readable).text();
  assert.deepEqual(all.match(/^a$/gm), ["a", "a"]);
});

Deno.test("server answers a client that says it has said all in the middle of a body, after an answer", async () => {
  await using server = listen(routed, PATIENT);
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  const buffer = new Uint8Array(1_000);
  const said = async () => new TextDecoder().decode(buffer.subarray(0, await connection.read(buffer) ?? 0));
  await connection.write(
    new TextEncoder().encode("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n" + post("he", 10)),
  );
  assert.match(await said(), /^HTTP\/1\.1 200 OK\r\n/);
  await connection.closeWrite();
  assert.match(await said(), /^HTTP\/1\.1 400 Bad Request\r\n[^]*broken\n$/);
});

Deno.test("server reads on for a while behind a refusal, for a client that is still sending", async () => {
  await using server = listen(routed, PATIENT);
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  await connection.write(new TextEncoder().encode(post("", 600_000)));
  assert.ok(await connection.read(new Uint8Array(1_000)));
  for (let i = 0; i < 5; i++) await connection.write(new Uint8Array(1_000));
  assert.equal(await connection.read(new Uint8Array(1_000)), null);
});

Deno.test("server dates its answers by the wall clock", async () => {
  const clock = new FakeClock();
  await using server = listen(routed, PATIENT, clock);
  const { text: answer } = await rawHttp(server.port, get("/ok"));
  const second = Math.floor(clock.wallNow() / 1_000) * 1_000;
  assert.match(answer, new RegExp(`\r\nDate: ${new Date(second).toUTCString()}\r\n`));
});

Deno.test("server makes no more of an answer than its client takes", async () => {
  let made = 0;
  await using server = listen(() => ({
    status: 200,
    contentType: "text/plain",
    body: numbers(1_000_000, () => made++),
  }));
  using _slow = await holdAfter(server.port, "/");
  let before = -1;
  while (made !== before) {
    before = made;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  assert.ok(made > 0 && made < 10_000, `${made} pieces made for a client that takes none`);
});

Deno.test("server breaks off an answer that can't be made to its end", async () => {
  await using server = listen(() => ({
    status: 200,
    contentType: "text/plain",
    body: numbers(3, () => {
      throw new Error("a bug");
    }),
  }));
  const { text: all } = await rawHttp(server.port, get("/"));
  assert.ok(!all.endsWith("0\r\n\r\n"), "an answer that broke off looks whole");
});

Deno.test("server's close lets a running answer finish", async () => {
  const { promise: release, resolve: answer } = Promise.withResolvers<void>();
  const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>();
  const server = listen(async () => {
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
  const server = listen(routed, { readHeaderTimeoutMs: 60_000, readTimeoutMs: 60_000 });
  const half = rawHttp(server.port, "GET / HT", 60_000);
  while (server.connections === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  await server.close(100);
  assert.ok((await half).ended);
});

Deno.test("server's limits change while it listens", async () => {
  await using server = listen(routed);
  const sent = `GET /ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: ${"x".repeat(2_000)}\r\n\r\n`;
  assert.equal((await rawHttp(server.port, sent)).status, 431);
  server.setLimits({ ...LIMITS, maxHeaderBytes: 10_000 });
  assert.equal((await rawHttp(server.port, sent)).status, 200);
  server.setLimits({ ...LIMITS, maxHeaderBytes: 200_000 });
  const large = sent.replace(/x{2000}/, "x".repeat(150_000));
  assert.equal((await rawHttp(server.port, large)).status, 200);
});
