import { deflateSync, gzipSync } from "node:zlib";
import { answers, floods, hangsAfter, type HttpAnswer } from "./http_answers.ts";
import { regex } from "./harness.ts";

const OK = "HTTP/1.1 200 OK\r\n";
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;
/** Just below the longest head. */
const LONG_HEADERS = `X-Long: ${"x".repeat(990)}\r\n`.repeat(60);

/** Of which a few KiB are left when they are packed. */
const ZEROS = new Uint8Array(20_000_000);
const GZIP_BOMB = gzipSync(ZEROS);

function redirects(location: string): HttpAnswer["script"] {
  return answers(`HTTP/1.1 302 Found\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`);
}

/** Answers to an HTTP/1 probe of someone who means no good: what takes time, memory or a wrong turn. */
export const HTTP_HOSTILITY: readonly HttpAnswer[] = [
  // Heads.
  {
    name: "more headers than anyone needs",
    script: answers(OK, "a:b\r\n".repeat(2_000), "\r\n"),
    want: "headers",
    detail: /more than 1000 headers/,
  },
  {
    name: "interim answers as long as heads",
    script: answers(...Array(5).fill(`HTTP/1.1 103 Early Hints\r\n${LONG_HEADERS}\r\n`), `${OK}\r\n`),
    want: "headers",
    detail: /longer than 65536/,
  },
  {
    name: "interim answers as fast as they go",
    script: floods("", "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(2_000)),
    want: "status",
    detail: /more than 5 interim/,
  },
  {
    name: "a status line without end",
    script: floods("HTTP/1.1 200 ", "O".repeat(65_536)),
    want: "headers",
    detail: /longer than 65536/,
  },
  {
    name: "blanks in place of a status",
    script: answers(`HTTP/1.1${" ".repeat(60_000)}x\r\n\r\n`),
    want: "status",
    detail: /has no status/,
  },
  {
    name: "a head that is no UTF-8",
    script: answers(`${OK}X-Odd: `, new Uint8Array([0xff, 0xfe, 0x00, 0xc3, 0x28]), "\r\n\r\n"),
    want: "pass",
  },
  {
    name: "a NUL in a header's name",
    script: answers(`${OK}X-\0: y\r\n\r\n`),
    want: "headers",
  },
  { name: "a header without a name", script: answers(`${OK}: y\r\n\r\n`), want: "pass" },
  { name: "an end after the version", script: answers("HTTP/1.1"), want: "headers" },
  { name: "an end after the status line", script: answers(OK), want: "headers" },
  {
    name: "lists of lengths",
    script: answers(`${OK}Content-Length: ${"1,".repeat(30_000)}2\r\n\r\n`),
    want: "headers",
  },
  {
    name: "a length past all numbers",
    script: answers(`${OK}Content-Length: ${"9".repeat(400)}\r\n\r\n`),
    want: "headers",
  },
  // Bodies.
  {
    name: "a length of petabytes, and a body to match",
    script: floods(`${OK}Content-Length: 999999999999999\r\n\r\n`, "x".repeat(65_536)),
    want: "pass",
  },
  {
    name: "the longest body, a byte a chunk",
    script: answers(CHUNKED, "1\r\nx\r\n".repeat(20_000)),
    action: { body: { matches: regex("^xxx"), notMatches: regex("[^x]") } },
    want: "pass",
  },
  { name: "chunks of nothing at all", script: floods(CHUNKED, "\r\n".repeat(30_000)), want: "body" },
  { name: "a chunk of petabytes that ends", script: answers(`${CHUNKED}ffffffffffff\r\nabc`), want: "body" },
  { name: "a chunk past all numbers", script: answers(`${CHUNKED}ffffffffffffffff\r\nabc`), want: "body" },
  { name: "a chunk of negative size", script: answers(`${CHUNKED}-1\r\nabc\r\n0\r\n\r\n`), want: "body" },
  { name: "a chunk size with 0x", script: answers(`${CHUNKED}0x3\r\nabc\r\n0\r\n\r\n`), want: "body" },
  {
    name: "a chunk size with blanks in it",
    script: answers(`${CHUNKED}1 0\r\nabc\r\n0\r\n\r\n`),
    want: "body",
  },
  {
    name: "a chunk size among blanks",
    script: answers(`${CHUNKED} \t3 \t;x=y\r\nabc\r\n0 \r\n\r\n`),
    action: { body: { matches: regex("^abc$"), notMatches: undefined } },
    want: "pass",
  },
  {
    name: "a bomb in gzip",
    script: answers(`${OK}Content-Encoding: gzip\r\n\r\n`, GZIP_BOMB),
    want: "pass",
  },
  {
    name: "a bomb in deflate, in chunks",
    script: answers(
      `${OK}Content-Encoding: deflate\r\nTransfer-Encoding: chunked\r\n\r\n`,
      "4bfe\r\n",
      deflateSync(ZEROS),
    ),
    want: "pass",
  },
  {
    name: "a bomb in the transfer encoding",
    script: answers(`${OK}Transfer-Encoding: gzip\r\n\r\n`, GZIP_BOMB),
    want: "headers",
  },
  {
    name: "an error page without end",
    script: floods("HTTP/1.1 500 Oh\r\n\r\n", "\x1b[2J\u202e\0".repeat(10_000)),
    want: "status",
    detail: /^answered 500 Oh, expected 200-399: "/,
  },
  // Places to go.
  { name: "a redirect to itself", script: redirects("/"), want: "redirect", detail: /more than 10 times/ },
  {
    name: "a redirect to a port of 0",
    script: redirects("//127.0.0.1:0/"),
    want: "redirect",
    detail: /port 0/,
  },
  { name: "a redirect to no port", script: redirects("//127.0.0.1:99999/"), want: "redirect" },
  { name: "a redirect to a file", script: redirects("file:///etc/passwd"), want: "redirect" },
  { name: "a redirect into noise", script: redirects("http://[\0]\x7f%%"), want: "redirect" },
  {
    name: "a redirect to itself as a longer and longer path",
    script: async (conversation) => {
      const path = /^\S+ (\S*)/.exec(await conversation.readUntil("\r\n\r\n") ?? "")?.[1] ?? "/";
      await conversation.send(`HTTP/1.1 302 Found\r\nLocation: ${path}${"x/".repeat(2_500)}\r\n\r\n`);
    },
    want: "redirect",
    detail: /to an address of 10001 characters, more than 8192$/,
  },
  {
    name: "redirects without end, and a body to each",
    script: floods("HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", "x".repeat(65_536)),
    want: "redirect",
  },
  {
    name: "redirects with heads as long as they may be",
    script: answers(`HTTP/1.1 302 Found\r\nLocation: /\r\n${LONG_HEADERS}\r\n`),
    want: "redirect",
  },
  // Time.
  {
    name: "headers in drops",
    script: drops(OK, "X-Drop: y\r\n"),
    want: "timeout",
    detail: /headers/,
    timeoutMs: 100,
  },
  { name: "chunks in drops", script: drops(CHUNKED, "1\r\nx\r\n"), want: "timeout", timeoutMs: 100 },
  {
    name: "an error without a body's end",
    script: hangsAfter("HTTP/1.1 500 Oh\r\nContent-Length: 5\r\n\r\nno"),
    want: "status",
    timeoutMs: 100,
  },
];

/** Sends a little every now and then, so that there is always some hope. */
function drops(head: string, drop: string): HttpAnswer["script"] {
  return async (conversation) => {
    await answers(head)(conversation);
    while (await conversation.send(drop)) await new Promise((resolve) => setTimeout(resolve, 10));
  };
}
