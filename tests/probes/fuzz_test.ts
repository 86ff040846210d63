/** Rubbish of every kind, from a seed that is printed when something breaks: no throw, no endless loop, no wild growth. */
import assert from "node:assert/strict";
import { SystemClock } from "../../src/base/clock.ts";
import { Quoter } from "../../src/probes/excerpt.ts";
import { decodeCheck } from "../../src/probes/grpc/health_message.ts";
import { BodySink, MAX_BODY_BYTES, readBody } from "../../src/probes/http/response_body.ts";
import { MAX_HEAD_BYTES, readHead } from "../../src/probes/http/response_head.ts";
import { Exchange, EXCHANGE_INBOX_BYTES } from "../../src/probes/http2/exchange.ts";
import { concat } from "../../src/base/bytes.ts";
import { encodeFrame, FLAG, FRAME } from "../../src/probes/http2/frame.ts";
import { encodeHeaders, HpackDecoder } from "../../src/probes/http2/hpack.ts";
import { BufferPool, Inbox } from "../../src/probes/net/inbox.ts";
import { Run } from "../../src/probes/net/run.ts";
import type { Wire } from "../../src/probes/net/wire.ts";
import { Conversation } from "../../src/probes/tcp/conversation.ts";
import { regex } from "./harness.ts";

const SEED = Number(Deno.env.get("SEED") ?? Math.floor(Math.random() * 2 ** 31));
const ROUNDS = 1_500;

/** Numbers that follow from a seed (mulberry32). */
class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** 0 up to, but not including, `end`. */
  below(end: number): number {
    this.#state = this.#state + 0x6d2b79f5 | 0;
    let mixed = Math.imul(this.#state ^ this.#state >>> 15, 1 | this.#state);
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed;
    return ((mixed ^ mixed >>> 14) >>> 0) % end;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }

  /** A copy that was hit a few times: bytes changed, cut out, said twice. */
  damage(bytes: Uint8Array): Uint8Array {
    let damaged = bytes.slice();
    for (let hits = this.below(4); hits > 0 && damaged.length > 0; hits--) {
      const at = this.below(damaged.length);
      const length = 1 + this.below(8);
      const kind = this.below(4);
      if (kind === 0) damaged[at] = this.below(256);
      if (kind === 1) damaged = concat([damaged.subarray(0, at), damaged.subarray(at + length)]).slice();
      if (kind === 2) damaged = concat([damaged.subarray(0, at + length), damaged.subarray(at)]).slice();
      if (kind === 3) {
        damaged = concat([damaged.subarray(0, at), this.bytes(length), damaged.subarray(at)]).slice();
      }
    }
    return damaged;
  }
}

/** Says these bytes in pieces of any size, and closes. */
class ScriptedWire implements Wire {
  readonly #bytes: Uint8Array;
  readonly #random: Random;
  #at = 0;
  reads = 0;

  constructor(bytes: Uint8Array, random: Random) {
    this.#bytes = bytes;
    this.#random = random;
  }

  read(into: Uint8Array): Promise<number | null> {
    this.reads++;
    assert(into.length > 0, "a read into nothing never ends");
    if (this.#at >= this.#bytes.length) return Promise.resolve(null);
    const length = Math.min(into.length, 1 + this.#random.below(2_000), this.#bytes.length - this.#at);
    into.set(this.#bytes.subarray(this.#at, this.#at += length));
    return Promise.resolve(length);
  }

  write(): Promise<void> {
    return Promise.resolve();
  }

  setNoDelay(): void {}
  close(): void {}
}

const quoter = new Quoter();
const pool = new BufferPool();

function newRun(): Run {
  return new Run({ signal: new AbortController().signal, clock: new SystemClock(), timeoutMs: 1_000 });
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function fuzz(name: string, round: (random: Random) => Promise<void> | void): void {
  Deno.test(`${name} survives rubbish`, async () => {
    const random = new Random(SEED);
    for (let i = 0; i < ROUNDS; i++) {
      try {
        await round(random);
      } catch (error) {
        throw new Error(`SEED=${SEED}, round ${i}`, { cause: error });
      }
    }
  });
}

const ANSWERS = [
  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3;x=y\r\nabc\r\n0\r\n\r\n",
  "HTTP/1.0 404 Not Found\n\nnothing here",
  "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204\r\n\r\n",
  `HTTP/1.1 200 OK\r\n${"X-Filler: y\r\n".repeat(6_000)}\r\n`,
  `HTTP/1.1 200 OK\r\n\r\n${"z".repeat(20_000)}`,
].map(text);

fuzz("HTTP/1's reader", async (random) => {
  const bytes = random.below(5) === 0
    ? random.bytes(random.below(5_000))
    : random.damage(random.pick(ANSWERS));
  using run = newRun();
  using inbox = new Inbox(new ScriptedWire(bytes, random), pool, run, MAX_HEAD_BYTES);
  const head = await readHead(inbox, run, quoter);
  if (head.kind === "fail") return;
  const sink = new BodySink(true);
  await readBody(inbox, head, random.pick(["GET", "HEAD"]), sink);
  assert(sink.bytes().length <= MAX_BODY_BYTES);
});

const HEADERS = encodeHeaders([[":status", "200"], ["content-type", "application/grpc"]]);
const STREAM = concat([
  encodeFrame(FRAME.settings, 0, 0, new Uint8Array(6)),
  encodeFrame(FRAME.headers, 0, 1, HEADERS.subarray(0, 9)),
  encodeFrame(FRAME.continuation, FLAG.endHeaders, 1, HEADERS.subarray(9)),
  encodeFrame(FRAME.ping, 0, 0, new Uint8Array(8)),
  encodeFrame(FRAME.data, FLAG.padded, 1, new Uint8Array([2, 0, 0, 0, 0, 2, 8, 1, 0, 0])),
  encodeFrame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, 1, encodeHeaders([["grpc-status", "0"]])),
]);

fuzz("HTTP/2's reader", async (random) => {
  const bytes = random.below(5) === 0
    ? concat([STREAM.subarray(0, 15), random.bytes(random.below(3_000))])
    : random.damage(STREAM);
  const wire = new ScriptedWire(bytes, random);
  using run = newRun();
  using inbox = new Inbox(wire, pool, run, EXCHANGE_INBOX_BYTES);
  const exchange = new Exchange(wire, inbox);
  for (let events = 0;; events++) {
    assert(events < 5_000, "it has to end some day");
    const event = await exchange.next();
    if (event.kind !== "headers" && event.kind !== "data") break;
  }
});

fuzz("HPACK's reader", (random) => {
  const decoder = new HpackDecoder();
  for (let blocks = 0; blocks < 5; blocks++) {
    decoder.decode(random.below(3) === 0 ? random.bytes(random.below(300)) : random.damage(HEADERS));
  }
});

fuzz("gRPC's message reader", (random) => {
  decodeCheck(random.damage(new Uint8Array([0, 0, 0, 0, 9, 8, 1, 18, 2, 1, 2, 29, 1, 2, 3, 4])));
  const message = random.bytes(random.below(40));
  decodeCheck(concat([new Uint8Array([0, 0, 0, 0, message.length]), message]));
});

const EXPECT = new Conversation(
  [
    { kind: "receive", regex: regex("a"), delimiter: "\r\n", maxBytes: 50, not: false },
    { kind: "send", text: "x", delimiter: "" },
    { kind: "receive", regex: regex("b"), delimiter: "aab", maxBytes: 5_000, not: true },
    { kind: "receive", regex: regex("."), delimiter: "", maxBytes: 6_000, not: false },
  ],
  quoter,
  pool,
);

fuzz("expect", async (random) => {
  const letters = text("aab\r\n\n");
  const bytes = Uint8Array.from({ length: random.below(8_000) }, () => random.pick([...letters]));
  using run = newRun();
  await EXPECT.hold(new ScriptedWire(bytes, random), run);
});

Deno.test("expect finds a delimiter wherever the pieces break", async () => {
  const random = new Random(SEED);
  for (let i = 0; i < 500; i++) {
    const filler = "ab".repeat(random.below(3_000)) + "aa";
    using run = newRun();
    const conversation = new Conversation(
      [{
        kind: "receive",
        regex: regex(`^${filler.slice(0, 500)}`),
        delimiter: "aab!",
        maxBytes: 10_000,
        not: false,
      }, {
        kind: "receive",
        regex: regex("^rest$"),
        delimiter: "aab!",
        maxBytes: 10_000,
        not: false,
      }],
      quoter,
      pool,
    );
    const end = await conversation.hold(new ScriptedWire(text(`${filler}aab!restaab!`), random), run);
    assert.deepEqual(end, { outcome: { kind: "pass" }, failedStep: 0 }, `SEED=${SEED}, round ${i}`);
  }
});

fuzz("quoting", (random) => {
  const secret = `secret-${random.below(1_000)}`;
  const said = new Quoter([`Bearer ${secret}`]).quote(
    concat([random.bytes(random.below(300)), text(secret), random.bytes(300)]),
  );
  assert(said.length <= 203 && !said.includes(secret) && !/[\x00-\x1f\x7f]/.test(said));
});
