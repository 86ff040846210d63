import { concat } from "../../src/base/bytes.ts";
import { encodeFrame, FLAG, FRAME } from "../../src/probes/http2/frame.ts";
import { encodeHeaders, type Header } from "../../src/probes/http2/hpack.ts";
import { bytes, data, floods, headers, type Http2Answer, NOTHING, says, SETTINGS } from "./http2_script.ts";

const HEAD: readonly Header[] = [[":status", "200"], ["content-type", "application/grpc"]];
const SERVING = bytes(0, 0, 0, 0, 2, 8, 1);
const TRAILERS = headers([["grpc-status", "0"]], FLAG.endHeaders | FLAG.endStream);
const HEAD_BLOCK = encodeHeaders(HEAD);
/** Goes into the table, so that a single byte can stand for it: `x: y`. */
const SMALL_ENTRY = bytes(0x40, 1, 0x78, 1, 0x79);
/** The table's size: none, as much as it may be, none, … */
const RESIZES = concat(Array(2_500).fill(bytes(0x20, 0x3f, 0xe1, 0x1f)));

/** To a gRPC health check. */
export const GRPC_RUBBISH: readonly Http2Answer[] = [
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
    detail: /longer than 65536/,
  },
  {
    name: "empty continuations without end",
    script: floods([SETTINGS, headers(HEAD, 0)], encodeFrame(FRAME.continuation, 0, 1, NOTHING)),
    want: "rpc",
    detail: /too many frames that bring nothing/,
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
    detail: /too many frames that bring nothing/,
  },
  {
    name: "frames that mean nothing, without end",
    script: floods([SETTINGS], encodeFrame(0xfa, 0, 0, new Uint8Array(16_384))),
    want: "rpc",
    detail: /nothing to do with the request/,
  },
  {
    name: "windows without end",
    script: floods([SETTINGS], encodeFrame(FRAME.windowUpdate, 0, 0, bytes(0x7f, 0xff, 0xff, 0xff))),
    want: "rpc",
    detail: /too many frames/,
  },
  {
    name: "no window for us",
    script: says(
      encodeFrame(FRAME.settings, 0, 0, bytes(0, 4, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0)),
      headers(HEAD),
      data(SERVING),
      TRAILERS,
    ),
    want: "pass",
  },
  {
    name: "goodbyes without end",
    script: floods([SETTINGS], encodeFrame(FRAME.goAway, 0, 0, bytes(0, 0, 0, 1, 0, 0, 0, 0))),
    want: "rpc",
    detail: /too many frames/,
  },
  {
    name: "resets of other requests without end",
    script: floods([SETTINGS], encodeFrame(FRAME.rstStream, 0, 3, bytes(0, 0, 0, 8))),
    want: "rpc",
    detail: /too many frames/,
  },
  {
    name: "interim answers without end",
    script: floods([SETTINGS], headers([[":status", "103"]])),
    want: "rpc",
    detail: /more than 5 interim/,
  },
  {
    name: "long headers again and again",
    script: floods([SETTINGS], headers([...HEAD, ["x-long", "x".repeat(16_000)]])),
    want: "rpc",
    detail: /longer than 65536/,
  },
  {
    name: "a header bomb in small parts",
    script: floods(
      [SETTINGS, encodeFrame(FRAME.headers, FLAG.endHeaders, 1, concat([HEAD_BLOCK, SMALL_ENTRY]))],
      encodeFrame(FRAME.headers, FLAG.endHeaders, 1, new Uint8Array(4_000).fill(0xbe)),
    ),
    want: "rpc",
    detail: /header block is broken/,
  },
  {
    name: "a table that changes its size all the time",
    script: floods([SETTINGS, headers(HEAD, 0)], encodeFrame(FRAME.continuation, 0, 1, RESIZES)),
    want: "rpc",
    detail: /longer than 65536/,
  },
  {
    name: "a message in crumbs and padding",
    script: floods(
      [SETTINGS, headers(HEAD)],
      data(concat([bytes(255, 0), new Uint8Array(255)]), FLAG.padded),
    ),
    want: "rpc",
    detail: /too many frames that bring nothing/,
  },
  {
    name: "a message of four gigabytes",
    script: floods(
      [SETTINGS, headers(HEAD), data(bytes(0, 0xff, 0xff, 0xff, 0xff))],
      data(new Uint8Array(1_000)),
    ),
    want: "rpc",
    detail: /too long for a health check/,
  },
  {
    name: "a message longer than it says",
    script: says(SETTINGS, headers(HEAD), data(bytes(0, 0, 0, 0, 1, 8, 1)), TRAILERS),
    want: "rpc",
    detail: /not one message/,
  },
  {
    name: "an error as long as headers may be, and broken",
    script: says(
      SETTINGS,
      headers(
        [...HEAD, ["grpc-status", "13"], ["grpc-message", "%zz\u001b".repeat(3_000)]],
        FLAG.endHeaders | FLAG.endStream,
      ),
    ),
    want: "rpc",
    detail: /INTERNAL: "%zz/,
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
