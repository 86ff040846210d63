import { gzipSync } from "node:zlib";
import { encodeFrame, FLAG, FRAME } from "../../src/probes/http2/frame.ts";
import { bytes, data, floods, headers, type Http2Answer, says, SETTINGS } from "./http2_script.ts";

/** To an HTTP probe over h2c which expects the header `x-ready: yes` and a body that matches `ready`. */
export const H2C_RUBBISH: readonly Http2Answer[] = [
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
  {
    name: "trailers without end",
    script: floods(
      [SETTINGS, headers([[":status", "200"], ["x-ready", "yes"]])],
      headers([["x-long", "x".repeat(16_000)]]),
    ),
    want: "body",
    detail: /longer than 65536/,
  },
  {
    name: "frames that mean nothing, without end",
    script: floods([SETTINGS], encodeFrame(0xfa, 0, 0, new Uint8Array(16_384))),
    want: "connect",
    detail: /nothing to do with the request/,
  },
  {
    name: "interim answers without end",
    script: floods([SETTINGS], headers([[":status", "103"]])),
    want: "status",
    detail: /more than 5 interim/,
  },
  {
    name: "a bomb in gzip",
    script: floods(
      [SETTINGS, headers([[":status", "200"], ["x-ready", "yes"], ["content-encoding", "gzip"]])],
      data(gzipSync(new Uint8Array(10_000_000)).subarray(0, 9_000)),
    ),
    want: "body",
    detail: /does not match/,
  },
  {
    name: "a redirect to itself",
    script: says(SETTINGS, headers([[":status", "302"], ["location", "/"]])),
    want: "redirect",
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
