import assert from "node:assert/strict";
import type { Reason } from "../../src/model/probe_result.ts";
import { concat } from "../../src/base/bytes.ts";
import { encodeFrame, FLAG, FRAME } from "../../src/probes/http2/frame.ts";
import { encodeHeaders, type Header } from "../../src/probes/http2/hpack.ts";
import { type Script, tcpPeer } from "../support/tcp_peer.ts";
import { assertOutcome, grpc, http, probeOnce, regex } from "./harness.ts";

const NOTHING = new Uint8Array();
const SETTINGS = encodeFrame(FRAME.settings, 0, 0, NOTHING);

function bytes(...values: number[]): Uint8Array {
  return new Uint8Array(values);
}

function headers(list: readonly Header[], flags: number = FLAG.endHeaders, stream = 1): Uint8Array {
  return encodeFrame(FRAME.headers, flags, stream, encodeHeaders(list));
}

function data(payload: Uint8Array, flags = 0, stream = 1): Uint8Array {
  return encodeFrame(FRAME.data, flags, stream, payload);
}

const HEAD: readonly Header[] = [[":status", "200"], ["content-type", "application/grpc"]];
const SERVING = bytes(0, 0, 0, 0, 2, 8, 1);
const TRAILERS = headers([["grpc-status", "0"]], FLAG.endHeaders | FLAG.endStream);

/** Sends these once the preface is there; then waits for the caller to leave. */
function says(...frames: Uint8Array[]): Script {
  return async (conversation) => {
    await conversation.readUntil("SM\r\n\r\n");
    for (const frame of frames) await conversation.send(frame);
    await conversation.hang();
  };
}

function floods(frames: Uint8Array[], again: Uint8Array): Script {
  return async (conversation) => {
    await conversation.readUntil("SM\r\n\r\n");
    for (const frame of frames) await conversation.send(frame);
    await conversation.flood(concat(Array(500).fill(again)));
  };
}

interface Case {
  readonly name: string;
  readonly script: Script;
  readonly want: "pass" | Reason;
  readonly detail?: RegExp;
  readonly timeoutMs?: number;
}

const CASES: readonly Case[] = [
  // What HTTP/2 allows.
  { name: "an answer", script: says(SETTINGS, headers(HEAD), data(SERVING), TRAILERS), want: "pass" },
  {
    name: "an answer in the smallest pieces",
    script: async (conversation) => {
      await conversation.readUntil("SM\r\n\r\n");
      const pieces = [...SERVING].map((byte) => data(bytes(byte)));
      for (const frame of [SETTINGS, headers(HEAD), ...pieces, TRAILERS]) {
        for (const byte of frame) await conversation.send(bytes(byte));
      }
      await conversation.hang();
    },
    want: "pass",
  },
  {
    name: "padding, priorities, unknown frames, pings and windows in between",
    script: says(
      SETTINGS,
      encodeFrame(FRAME.settings, FLAG.ack, 0, NOTHING),
      encodeFrame(FRAME.ping, 0, 0, new Uint8Array(8)),
      encodeFrame(FRAME.windowUpdate, 0, 0, bytes(0, 0, 1, 0)),
      encodeFrame(0xfa, 0xff, 7, bytes(1, 2, 3)),
      encodeFrame(
        FRAME.headers,
        FLAG.endHeaders | FLAG.padded | FLAG.priority,
        1,
        bytes(2, 0, 0, 0, 3, 16, ...encodeHeaders(HEAD), 0, 0),
      ),
      data(bytes(3, ...SERVING, 0, 0, 0), FLAG.padded),
      TRAILERS,
    ),
    want: "pass",
  },
  {
    name: "headers in several frames",
    script: says(
      SETTINGS,
      encodeFrame(FRAME.headers, 0, 1, encodeHeaders([HEAD[0]])),
      encodeFrame(FRAME.continuation, 0, 1, NOTHING),
      encodeFrame(FRAME.continuation, FLAG.endHeaders, 1, encodeHeaders([HEAD[1]])),
      data(SERVING),
      TRAILERS,
    ),
    want: "pass",
  },
  {
    name: "an answer after a goodbye that lets us finish",
    script: says(
      SETTINGS,
      encodeFrame(FRAME.goAway, 0, 0, bytes(0, 0, 0, 1, 0, 0, 0, 0)),
      headers(HEAD),
      data(SERVING),
      TRAILERS,
    ),
    want: "pass",
  },
  {
    name: "an interim answer first",
    script: says(SETTINGS, headers([[":status", "103"]]), headers(HEAD), data(SERVING), TRAILERS),
    want: "pass",
  },
  {
    name: "a goodbye that doesn't",
    script: says(SETTINGS, encodeFrame(FRAME.goAway, 0, 0, bytes(0, 0, 0, 0, 0, 0, 0, 11))),
    want: "rpc",
    detail: /ENHANCE_YOUR_CALM/,
  },
  // What it doesn't.
  {
    name: "HTTP/1",
    script: says(new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n")),
    want: "rpc",
    detail: /is not HTTP\/2: it begins with "HTTP\/1.1 400/,
  },
  { name: "a banner", script: says(new TextEncoder().encode("220 mail\r\n")), want: "rpc" },
  { name: "zeros", script: floods([], new Uint8Array(10_000)), want: "rpc" },
  { name: "ones", script: floods([], new Uint8Array(10_000).fill(0xff)), want: "rpc" },
  {
    name: "an answer before the settings",
    script: says(headers(HEAD), data(SERVING), TRAILERS),
    want: "rpc",
  },
  {
    name: "a frame larger than allowed",
    script: says(SETTINGS, bytes(1, 0, 0, 0, 0, 0, 0, 0, 1)),
    want: "rpc",
    detail: /longer than is allowed/,
  },
  {
    name: "headers that can't be unpacked",
    script: says(
      SETTINGS,
      encodeFrame(FRAME.headers, FLAG.endHeaders, 1, bytes(0xff, 0xff, 0xff, 0xff, 0xff, 0x7f)),
    ),
    want: "rpc",
  },
  {
    name: "headers out of an empty table",
    script: says(SETTINGS, encodeFrame(FRAME.headers, FLAG.endHeaders, 1, bytes(0xbf))),
    want: "rpc",
  },
  {
    name: "a string longer than its block",
    script: says(SETTINGS, encodeFrame(FRAME.headers, FLAG.endHeaders, 1, bytes(0, 0x7f, 1))),
    want: "rpc",
  },
  {
    name: "a broken Huffman code",
    script: says(
      SETTINGS,
      encodeFrame(FRAME.headers, FLAG.endHeaders, 1, bytes(0, 0x84, 0xff, 0xff, 0xff, 0xff, 0)),
    ),
    want: "rpc",
  },
  {
    name: "a table larger than allowed",
    script: says(SETTINGS, encodeFrame(FRAME.headers, FLAG.endHeaders, 1, bytes(0x3f, 0xff, 0xff, 0x3))),
    want: "rpc",
  },
  {
    name: "a header bomb",
    script: says(
      SETTINGS,
      encodeFrame(
        FRAME.headers,
        0,
        1,
        bytes(0x40, 1, 0x78, 0x7f, 0xa1, 0x1e, ...new Uint8Array(4_000).fill(0x61)),
      ),
      encodeFrame(FRAME.continuation, FLAG.endHeaders, 1, new Uint8Array(16_000).fill(0xbe)),
    ),
    want: "rpc",
  },
  {
    name: "headers without end",
    script: floods(
      [SETTINGS, headers(HEAD, 0)],
      encodeFrame(FRAME.continuation, 0, 1, new Uint8Array(10_000)),
    ),
    want: "rpc",
    detail: /too long/,
  },
  {
    name: "empty continuations without end",
    script: floods([SETTINGS, headers(HEAD, 0)], encodeFrame(FRAME.continuation, 0, 1, NOTHING)),
    want: "rpc",
  },
  {
    name: "something else amid headers",
    script: says(SETTINGS, headers(HEAD, 0), data(SERVING)),
    want: "rpc",
  },
  {
    name: "a continuation of nothing",
    script: says(SETTINGS, encodeFrame(FRAME.continuation, 0, 1, NOTHING)),
    want: "rpc",
  },
  {
    name: "a push",
    script: says(SETTINGS, encodeFrame(FRAME.pushPromise, FLAG.endHeaders, 1, bytes(0, 0, 0, 2))),
    want: "rpc",
  },
  {
    name: "an answer to another request",
    script: says(SETTINGS, headers(HEAD, FLAG.endHeaders, 3)),
    want: "rpc",
  },
  {
    name: "more padding than content",
    script: says(SETTINGS, headers(HEAD), data(bytes(9, 1), FLAG.padded)),
    want: "rpc",
  },
  {
    name: "a padded frame of nothing",
    script: says(SETTINGS, headers(HEAD), data(NOTHING, FLAG.padded)),
    want: "rpc",
  },
  { name: "a short goodbye", script: says(SETTINGS, encodeFrame(FRAME.goAway, 0, 0, bytes(1))), want: "rpc" },
  { name: "a short reset", script: says(SETTINGS, encodeFrame(FRAME.rstStream, 0, 1, NOTHING)), want: "rpc" },
  { name: "a short ping", script: says(SETTINGS, encodeFrame(FRAME.ping, 0, 0, bytes(1))), want: "rpc" },
  {
    name: "pings without end",
    script: floods([SETTINGS], encodeFrame(FRAME.ping, 0, 0, new Uint8Array(8))),
    want: "rpc",
    detail: /too many frames/,
  },
  {
    name: "settings without end",
    script: floods([SETTINGS], SETTINGS),
    want: "rpc",
    detail: /too many frames/,
  },
  {
    name: "empty data without end",
    script: floods([SETTINGS, headers(HEAD)], data(NOTHING)),
    want: "rpc",
    detail: /too many frames/,
  },
  { name: "data before headers", script: says(SETTINGS, data(SERVING, FLAG.endStream)), want: "rpc" },
  {
    name: "half a frame",
    script: says(SETTINGS, headers(HEAD).subarray(0, 12)),
    want: "timeout",
    timeoutMs: 100,
  },
  { name: "settings alone", script: says(SETTINGS), want: "timeout", timeoutMs: 100 },
  { name: "silence", script: says(), want: "timeout", timeoutMs: 100 },
  { name: "a close", script: () => {}, want: "rpc" },
  {
    name: "a reset of the connection",
    script: async (c) => {
      await c.readUntil("SM");
      c.reset();
    },
    want: "rpc",
  },
];

for (const { name, script, want, detail, timeoutMs } of CASES) {
  Deno.test(`grpc probe, HTTP/2 with ${name}: ${want}`, async () => {
    await using peer = await tcpPeer(script);
    assertOutcome(await probeOnce(grpc({ port: peer.port }), { timeoutMs }), want, detail);
  });
}

const H2C_CASES: readonly Case[] = [
  {
    name: "an answer",
    script: says(
      SETTINGS,
      headers([[":status", "200"], ["x-ready", "yes"]]),
      data(new TextEncoder().encode("all ready"), FLAG.endStream),
    ),
    want: "pass",
  },
  {
    name: "a body that doesn't match",
    script: says(SETTINGS, headers([[":status", "200"], ["x-ready", "yes"]]), data(bytes(1), FLAG.endStream)),
    want: "body",
  },
  {
    name: "an answer without a body",
    script: says(SETTINGS, headers([[":status", "200"]], FLAG.endHeaders | FLAG.endStream)),
    want: "headers",
  },
  {
    name: "an error",
    script: says(
      SETTINGS,
      headers([[":status", "503"]]),
      data(new TextEncoder().encode("busy"), FLAG.endStream),
    ),
    want: "status",
    detail: /answered 503, expected 200-399: "busy"/,
  },
  {
    name: "a redirect to another host",
    script: says(
      SETTINGS,
      headers([[":status", "302"], ["location", "http://elsewhere.test/"], ["x-ready", "yes"]]),
      data(new TextEncoder().encode("ready"), FLAG.endStream),
    ),
    want: "pass",
  },
  {
    name: "a body without end",
    script: floods(
      [SETTINGS, headers([[":status", "200"], ["x-ready", "yes"]])],
      data(new TextEncoder().encode("ready ".repeat(100))),
    ),
    want: "pass",
  },
  { name: "no status", script: says(SETTINGS, headers([["x", "y"]])), want: "status" },
  {
    name: "HTTP/1",
    script: says(new TextEncoder().encode("HTTP/1.1 200 OK\r\n\r\nready")),
    want: "status",
    detail: /not HTTP\/2/,
  },
  {
    name: "a reset",
    script: says(SETTINGS, encodeFrame(FRAME.rstStream, 0, 1, bytes(0, 0, 0, 2))),
    want: "connect",
    detail: /INTERNAL_ERROR/,
  },
  {
    name: "a body that breaks off",
    script: async (c) => {
      await c.readUntil("SM\r\n\r\n");
      for (const f of [SETTINGS, headers([[":status", "200"]]), data(bytes(1))]) await c.send(f);
    },
    want: "body",
  },
  {
    name: "a body that stalls",
    script: says(SETTINGS, headers([[":status", "200"]]), data(bytes(1))),
    want: "timeout",
    timeoutMs: 100,
  },
];

for (const { name, script, want, detail, timeoutMs } of H2C_CASES) {
  Deno.test(`http probe over h2c, ${name}: ${want}`, async () => {
    await using peer = await tcpPeer(script);
    const action = http({
      port: peer.port,
      protocol: "h2c",
      expectedHeaders: { "x-ready": regex("yes") },
      body: { matches: regex("ready"), notMatches: undefined },
    });
    assertOutcome(await probeOnce(action, { timeoutMs }), want, detail);
  });
}

Deno.test("http probe over h2c follows redirects, and asks with its headers", async () => {
  let connections = 0;
  await using peer = await tcpPeer(async (conversation) => {
    const isFirst = connections++ === 0;
    await conversation.readUntil("SM\r\n\r\n");
    await conversation.send(SETTINGS);
    const location: Header[] = isFirst ? [["location", "/next"]] : [];
    await conversation.send(
      headers([[":status", isFirst ? "307" : "204"], ...location], FLAG.endHeaders | FLAG.endStream),
    );
    await conversation.hang();
  });
  const run = await probeOnce(
    http({ port: peer.port, protocol: "h2c", headers: [{ name: "X-Who", value: "bunny?" }] }),
  );
  assertOutcome(run, "pass");
  assert.equal(run.facts.httpRedirects, 1);
  assert.equal(run.facts.httpStatusCode, 204);
  const request = new TextDecoder("latin1").decode(peer.conversations[1].received);
  for (const part of [":method\x03GET", ":path\x05/next", ":scheme\x04http", "x-who\x06bunny?"]) {
    assert(request.includes(part));
  }
});
