import type { HttpAction } from "../../src/config/mod.ts";
import type { Reason } from "../../src/model/probe_result.ts";
import type { Script } from "../support/tcp_peer.ts";
import { regex } from "./harness.ts";
import { gzipSync } from "node:zlib";

/** Sends these once the request is there, and closes. */
export function answers(...parts: (string | Uint8Array)[]): Script {
  return async (conversation) => {
    await conversation.readUntil("\r\n\r\n");
    for (const part of parts) await conversation.send(part);
  };
}

/** Sends these and then says nothing more. */
export function hangsAfter(...parts: string[]): Script {
  return async (conversation) => {
    await answers(...parts)(conversation);
    await conversation.hang();
  };
}

export function floods(head: string, chunk: string | Uint8Array): Script {
  return async (conversation) => {
    await answers(head)(conversation);
    await conversation.flood(chunk);
  };
}

const OK = "HTTP/1.1 200 OK\r\n";
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;

/** What a target answers to an HTTP/1 probe, and what the probe makes of it. */
export interface HttpAnswer {
  readonly name: string;
  readonly script: Script;
  readonly action?: Partial<HttpAction>;
  readonly want: "pass" | Reason;
  readonly detail?: RegExp;
  readonly status?: number;
  readonly timeoutMs?: number;
}

export const HTTP_ANSWERS: readonly HttpAnswer[] = [
  // What is fine.
  {
    name: "a body of a known length",
    script: answers(`${OK}Content-Length: 2\r\n\r\nok`),
    want: "pass",
    status: 200,
  },
  {
    name: "an answer after which the connection stays open",
    script: hangsAfter(`${OK}Content-Length: 2\r\n\r\nok`),
    want: "pass",
  },
  { name: "an empty body", script: hangsAfter(`${OK}Content-Length: 0\r\n\r\n`), want: "pass" },
  { name: "a body up to the close", script: answers("HTTP/1.0 200 OK\r\n\r\nok"), want: "pass", status: 200 },
  { name: "no reason phrase", script: answers("HTTP/1.1 204\r\n\r\n"), want: "pass", status: 204 },
  {
    name: "lines that end in a bare LF",
    script: answers("HTTP/1.1 200 OK\nContent-Length: 2\n\nok"),
    want: "pass",
  },
  {
    name: "a 204 with a body all the same",
    script: hangsAfter("HTTP/1.1 204 No Content\r\n\r\nbody"),
    want: "pass",
  },
  {
    name: "a 304 without a body",
    script: hangsAfter("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"),
    want: "pass",
  },
  { name: "bytes after the end", script: answers(`${OK}Content-Length: 2\r\n\r\nok and more`), want: "pass" },
  {
    name: "an interim answer first",
    script: answers(`HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${OK}Content-Length: 2\r\n\r\nok`),
    want: "pass",
    status: 200,
  },
  {
    name: "an answer byte by byte",
    script: async (conversation) => {
      await conversation.readUntil("\r\n\r\n");
      for (const letter of `${CHUNKED}3\r\nabc\r\n1;x=y\r\nd\r\n0\r\n\r\n`) await conversation.send(letter);
    },
    action: { body: { matches: regex("^abcd$"), notMatches: undefined } },
    want: "pass",
  },
  {
    name: "chunks whose trailers never come",
    script: hangsAfter(`${CHUNKED}2\r\nok\r\n0\r\n`),
    want: "pass",
  },
  {
    name: "a header folded over two lines",
    script: answers(`${OK}X-Long: one\r\n two\r\nContent-Length: 0\r\n\r\n`),
    action: { expectedHeaders: { "x-long": regex("^one two$") } },
    want: "pass",
  },
  {
    name: "a header with a blank before the colon",
    script: hangsAfter(`${OK}X-Ready : yes\r\nContent-Length : 2\r\n\r\nok`),
    action: { expectedHeaders: { "x-ready": regex("^yes$") } },
    want: "pass",
  },
  {
    name: "a header without a name, over two lines",
    script: answers(`${OK}X-Ready: yes\r\n: what\r\n is this\r\n\r\n`),
    action: { expectedHeaders: { "x-ready": regex("^yes$") } },
    want: "pass",
  },
  { name: "a body without end", script: floods(`${OK}\r\n`, "x".repeat(65_536)), want: "pass", status: 200 },
  {
    name: "chunks without end",
    script: floods(CHUNKED, "1000\r\n" + "x".repeat(4_096) + "\r\n"),
    want: "pass",
  },
  {
    name: "a body larger than 10 KiB that breaks after them",
    script: answers(`${OK}Content-Length: 99999\r\n\r\n${"x".repeat(20_000)}`),
    want: "pass",
  },
  {
    name: "a compressed body nobody asked for",
    script: answers(
      `${OK}Content-Encoding: gzip\r\n\r\n`,
      gzipSync(new Uint8Array(10_000_000)),
    ),
    want: "pass",
  },
  {
    name: "a body that is no UTF-8",
    script: answers(`${OK}\r\n`, new Uint8Array([0xff, 0xfe, 0x6f, 0x6b, 0xc3])),
    action: { body: { matches: regex("ok"), notMatches: regex("bad") } },
    want: "pass",
  },
  {
    name: "a status that is asked for",
    script: answers("HTTP/1.1 418 teapot\r\n\r\n"),
    action: { expectedStatuses: [{ from: 418, to: 418 }] },
    want: "pass",
    status: 418,
  },
  {
    name: "a HEAD's length without a body",
    script: hangsAfter(`${OK}Content-Length: 100\r\n\r\n`),
    action: { method: "HEAD" },
    want: "pass",
  },
  {
    name: "a redirect without a place to go",
    script: answers("HTTP/1.1 302 Found\r\n\r\n"),
    want: "pass",
    status: 302,
  },
  // Statuses.
  {
    name: "an error, with what it says",
    script: answers("HTTP/1.1 503 Busy\r\n\r\nthe queue\r\n is full"),
    want: "status",
    detail: /^answered 503 Busy, expected 200-399: "the queue is full"$/,
    status: 503,
  },
  {
    name: "an error whose body stalls",
    script: hangsAfter("HTTP/1.1 500 No\r\nContent-Length: 5\r\n\r\n"),
    want: "status",
    status: 500,
    timeoutMs: 100,
  },
  {
    name: "a change of protocols",
    script: hangsAfter("HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n"),
    want: "status",
    status: 101,
  },
  {
    name: "a success where another was asked for",
    script: answers("HTTP/1.1 200 OK\r\n\r\n"),
    action: { expectedStatuses: [{ from: 204, to: 204 }, { from: 300, to: 302 }] },
    want: "status",
    detail: /expected 204, 300-302/,
  },
  {
    name: "interim answers without end",
    script: answers(...Array(20).fill("HTTP/1.1 100 Continue\r\n\r\n")),
    want: "status",
  },
  // What is no HTTP.
  {
    name: "HTTP/0.9",
    script: answers("<html>hello</html>"),
    want: "status",
    detail: /is not HTTP\/1: it begins with "<html>/,
  },
  { name: "a banner", script: hangsAfter("SSH-2.0-OpenSSH_9.6\r\n"), want: "status", detail: /SSH-2.0/ },
  { name: "noise", script: answers(new Uint8Array(5_000).map((_, i) => i * 7 % 251)), want: "status" },
  { name: "HTTP/2", script: hangsAfter("\0\0\0\x04\0\0\0\0\0"), want: "status" },
  { name: "a version from the future", script: answers("HTTP/3.0 200 OK\r\n\r\n"), want: "status" },
  {
    name: "a status of two digits",
    script: answers("HTTP/1.1 20 OK\r\n\r\n"),
    want: "status",
    detail: /has no status/,
  },
  { name: "a status in words", script: answers("HTTP/1.1 fine\r\n\r\n"), want: "status" },
  // Headers.
  {
    name: "headers without end",
    script: floods(OK, "X-Again: and again\r\n".repeat(500)),
    want: "headers",
    detail: /longer than 65536/,
  },
  { name: "a header line without end", script: floods(`${OK}X: `, "x".repeat(10_000)), want: "headers" },
  { name: "a line that is no header", script: answers(`${OK}what is this\r\n\r\n`), want: "headers" },
  { name: "a header name with a blank", script: answers(`${OK}Content Length: 3\r\n\r\n`), want: "headers" },
  {
    name: "two lengths",
    script: answers(`${OK}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`),
    want: "headers",
  },
  { name: "a negative length", script: answers(`${OK}Content-Length: -1\r\n\r\n`), want: "headers" },
  {
    name: "an unknown transfer encoding",
    script: answers(`${OK}Transfer-Encoding: gzip, chunked\r\n\r\n`),
    want: "headers",
  },
  {
    name: "headers that break off",
    script: answers(`${OK}Content-Le`),
    want: "headers",
    detail: /in the middle/,
  },
  {
    name: "a header that is missing",
    script: answers(`${OK}\r\n`),
    action: { expectedHeaders: { "x-ready": regex("yes") } },
    want: "headers",
    detail: /no header x-ready/,
  },
  {
    name: "a header that doesn't match, unquoted",
    script: answers(`${OK}X-Ready: secret\r\n\r\n`),
    action: { expectedHeaders: { "x-ready": regex("^yes$") } },
    want: "headers",
    detail: /^header x-ready does not match \/\^yes\$\/$/,
  },
  // Bodies.
  {
    name: "a body that breaks off",
    script: answers(`${OK}Content-Length: 5\r\n\r\nab`),
    want: "body",
    detail: /after 2 of 5 bytes/,
    status: 200,
  },
  { name: "a chunk that breaks off", script: answers(`${CHUNKED}5\r\nab`), want: "body" },
  { name: "chunks without their end", script: answers(`${CHUNKED}2\r\nab\r\n`), want: "body" },
  { name: "a chunk without a size", script: answers(`${CHUNKED}no\r\nab\r\n`), want: "body" },
  { name: "a chunk longer than it says", script: answers(`${CHUNKED}2\r\nabcd\r\n0\r\n\r\n`), want: "body" },
  { name: "a chunk line without end", script: floods(CHUNKED, "1;" + "x".repeat(10_000)), want: "body" },
  {
    name: "crumbs in endless wrapping",
    script: floods(CHUNKED, `1;${"x".repeat(4_000)}\r\ny\r\n`),
    want: "body",
  },
  {
    name: "a body that doesn't match",
    script: answers(`${OK}\r\nstarting`),
    action: { body: { matches: regex("^ready"), notMatches: undefined } },
    want: "body",
    detail: /does not match \/\^ready\//,
  },
  {
    name: "a body that matches what it must not",
    script: answers(`${OK}\r\nready, with errors`),
    action: { body: { matches: regex("ready"), notMatches: regex("errors?") } },
    want: "body",
    detail: /which it must not/,
  },
  // Ends and stalls.
  { name: "a close without a word", script: answers(), want: "connect", detail: /without an answer/ },
  {
    name: "a reset",
    script: async (c) => {
      await c.readUntil("\r\n\r\n");
      c.reset();
    },
    want: "connect",
  },
  {
    name: "a reset in the body",
    script: async (c) => {
      await answers(`${OK}Content-Length: 5\r\n\r\nab`)(c);
      c.reset();
    },
    want: "body",
  },
  {
    name: "silence",
    script: hangsAfter(),
    want: "timeout",
    detail: /within 100ms: still waiting for an answer/,
    timeoutMs: 100,
  },
  {
    name: "half a head",
    script: hangsAfter(`${OK}Content-`),
    want: "timeout",
    detail: /headers/,
    timeoutMs: 100,
  },
  {
    name: "half a body",
    script: hangsAfter(`${OK}Content-Length: 5\r\n\r\nab`),
    want: "timeout",
    detail: /body/,
    timeoutMs: 100,
    status: 200,
  },
  {
    name: "a body in drops",
    script: async (conversation) => {
      await answers(`${OK}\r\n`)(conversation);
      for (let left = 100; left > 0 && await conversation.send("."); left--) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    want: "timeout",
    timeoutMs: 100,
  },
];
