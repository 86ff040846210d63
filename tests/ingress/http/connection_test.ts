import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../../src/base/clock.ts";
import { SILENT } from "../../../src/base/log.ts";
import { text } from "../../../src/ingress/answer.ts";
import { BodyRoom } from "../../../src/ingress/http/body.ts";
import { Connection } from "../../../src/ingress/http/connection.ts";
import { Connections } from "../../../src/ingress/http/connections.ts";
import { Pace } from "../../../src/ingress/http/pace.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { SetClock } from "../../support/set_clock.ts";

/** A client whose pieces have all come, each to be read by itself, and who then waits. */
class Client {
  readonly #left: Uint8Array[];
  readonly #over = Promise.withResolvers<null>();
  reads = 0;
  answer = "";
  /** What was written last. */
  written = new Uint8Array();
  /** What each write does besides. */
  onWrite = () => {};
  /** Whether nothing that is written is taken. */
  isStuck = false;
  isEnded = false;
  /** Whether all has been read, and more is asked for. */
  isDrained = false;

  constructor(pieces: readonly string[]) {
    this.#left = pieces.map((piece) => new TextEncoder().encode(piece));
  }

  read(into: Uint8Array): Promise<number | null> {
    this.reads++;
    const next = this.#left.shift();
    if (!next) {
      this.isDrained = true;
      return this.#over.promise;
    }
    const count = Math.min(next.length, into.length);
    into.set(next.subarray(0, count));
    if (count < next.length) this.#left.unshift(next.subarray(count));
    return Promise.resolve(count);
  }

  write(bytes: Uint8Array<ArrayBuffer>): Promise<number> {
    this.answer += new TextDecoder().decode(bytes);
    this.written = bytes;
    this.onWrite();
    if (this.isStuck) return new Promise(() => {});
    return Promise.resolve(bytes.length);
  }

  closeWrite(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    this.isEnded = true;
    this.#over.resolve(null);
  }
}

function connect(client: Client, clock: Clock, body: string | Uint8Array = "fine\n") {
  const pace = new Pace(clock);
  const connection = new Connection(client as unknown as Deno.TcpConn, {
    clock,
    logger: SILENT,
    connections: new Connections(),
    pace,
    room: new BodyRoom(() => true),
    limits: { readTimeoutMs: 60_000, maxHeaderBytes: 10_000 },
    handler: { handle: () => ({ ...text(200, ""), body }), isUrgent: () => false },
    isDraining: false,
    date: () => "",
  });
  const served = connection.serve();
  return {
    timeOut: () => connection.timeOut(),
    async [Symbol.asyncDispose]() {
      connection.end();
      await served;
      pace[Symbol.dispose]();
    },
  };
}

/** Serves it, as far as can be without time going on. */
async function serve(pieces: readonly string[], body?: string | Uint8Array) {
  const client = new Client(pieces);
  const clock = new FakeClock();
  const connection = connect(client, clock, body);
  const pass = async (ms: number) => {
    await clock.advance(ms);
    for (let i = 0; i < 50; i++) await setImmediate();
  };
  await pass(0);
  return {
    client,
    pass,
    timeOut: connection.timeOut,
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

const REQUEST = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

Deno.test("A connection whose request comes in crumbs is not listened to for a while after each", async () => {
  await using one = await serve([...REQUEST]);
  const { client, pass } = one;
  assert.equal(client.reads, 4); // the first word, and three crumbs
  await pass(99);
  assert.equal(client.reads, 4);
  await pass(1);
  assert.equal(client.reads, 5);
  await pass(100);
  assert.equal(client.reads, 6);
});

Deno.test("A connection that has sent crumbs is listened to again when more comes at a time", async () => {
  const large = `${"x".repeat(100)}\r\n`;
  await using one = await serve(["GET / HT", "TP/1.1\r\n", "Host:", " a\r\nX:", large, "Y:", "\r\n\r\n"]);
  assert.equal(one.client.answer, "");
  await one.pass(100);
  assert.match(one.client.answer, /^HTTP\/1\.1 200 OK\r\n/);
});

Deno.test("A connection's crumbs are forgotten with the request that they were of", async () => {
  const crumbly = ["GET / HTTP/1.1\r\n", "Host:", " a\r\n", "\r\n"];
  await using one = await serve([...crumbly, ...crumbly, ...crumbly]);
  assert.equal(one.client.answer.match(/fine/g)?.length, 3);
});

Deno.test("A connection that ends while it is not listened to is over at once", async () => {
  await using _one = await serve([...REQUEST]); // whose end waits for it, without time going on
});

Deno.test("A connection goes on reading behind a refusal for half a second, if its client goes on sending", async () => {
  await using one = await serve(["NONSENSE\r\n\r\n", "x".repeat(1_000)]);
  assert.match(one.client.answer, /^HTTP\/1\.1 400 /);
  await one.pass(499);
  assert.equal(one.client.isEnded, false);
  await one.pass(1);
  assert.ok(one.client.isEnded);
});

Deno.test("A connection reads no more than a megabyte behind a refusal", async () => {
  const MEBIBYTE = 2 ** 20;
  for (
    const { bytes, isEnded } of [{ bytes: MEBIBYTE - 1, isEnded: false }, { bytes: MEBIBYTE, isEnded: true }]
  ) {
    await using one = await serve(["NONSENSE\r\n\r\n", "x".repeat(bytes)]);
    while (!one.client.isEnded && !one.client.isDrained) await setImmediate();
    assert.deepEqual([bytes, one.client.isEnded], [bytes, isEnded]);
  }
});

Deno.test("A connection gives the memory of a large answer back when it is written", async () => {
  const body = "x".repeat(100_000);
  await using one = await serve([REQUEST], body);
  assert.ok(one.client.answer.endsWith(body));
  assert.equal(one.client.written.length, 0);
});

Deno.test("A connection gives the memory of an answer in bytes back as well, and when only its head is sent", async () => {
  for (const { method, sent } of [{ method: "GET", sent: 100_000 }, { method: "HEAD", sent: 0 }]) {
    const bytes = new Uint8Array(100_000).fill("x".charCodeAt(0));
    await using one = await serve([REQUEST.replace("GET", method)], bytes);
    assert.match(one.client.answer, /Content-Length: 100000\r\n/);
    assert.equal(one.client.answer.match(/x*$/)![0].length, sent);
    assert.equal(bytes.length, 0);
  }
});

Deno.test("A connection's answers count as work for as long as writing them takes", async () => {
  const clock = new SetClock();
  const client = new Client([REQUEST.repeat(6)]);
  client.onWrite = () => clock.nowMs += 0.2;
  await using _connection = connect(client, clock);
  for (let i = 0; i < 1_000; i++) await undefined;
  assert.equal(client.answer.split("fine").length - 1, 3); // the third begins within the slice
});

Deno.test("A connection whose client does not take what it is told last ends half a second later", async () => {
  await using one = await serve(["GET / HT"]);
  one.client.isStuck = true;
  one.timeOut();
  assert.match(one.client.answer, /^HTTP\/1\.1 408 /);
  await one.pass(499);
  assert.equal(one.client.isEnded, false);
  await one.pass(1);
  assert.ok(one.client.isEnded);
});
