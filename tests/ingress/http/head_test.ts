import assert from "node:assert/strict";
import { checkTrailers, type Head, HeadScanner, parseHead, Refusal } from "../../../src/ingress/http/head.ts";
import { bytesOf } from "../../hardening/raw_client.ts";

function parsed(text: string): Head {
  const head = parseHead(bytesOf(text));
  assert.ok(!(head instanceof Refusal), `refused: ${(head as Refusal).why}`);
  return head;
}

Deno.test("A head's fields are known by lower-case names, without blanks around, repeated ones in a list", () => {
  const head = parsed(
    "GET /a?b=c HTTP/1.1\r\nHost:bunny\r\nACCEPT: \t text/html\t \r\nAccept: */*\r\nX-Empty:\r\nX-Past: \xe9\xa0\r\n\r\n",
  );
  assert.deepEqual([head.method, head.target, head.isVersion10], ["GET", "/a?b=c", false]);
  assert.deepEqual(Object.fromEntries(head.fields), {
    host: "bunny",
    accept: "text/html, */*",
    "x-empty": "",
    "x-past": "\xe9\xa0",
  });
});

const lasts: { name: string; head: string; isLast: boolean }[] = [
  { name: "HTTP/1.1", head: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", isLast: false },
  { name: "HTTP/1.0", head: "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", isLast: true },
  { name: "close", head: "GET / HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n", isLast: true },
  {
    name: "close among others",
    head: "GET / HTTP/1.1\r\nHost: a\r\nConnection: te, close\r\n\r\n",
    isLast: true,
  },
  { name: "no close", head: "GET / HTTP/1.1\r\nHost: a\r\nConnection: closer\r\n\r\n", isLast: false },
];
for (const { name, head, isLast } of lasts) {
  Deno.test(`A head with ${name} ${isLast ? "ends" : "keeps"} the connection`, () => {
    assert.equal(parsed(head).isLast, isLast);
  });
}

const bodies: { name: string; fields: string; want: Head["bodyLength"] }[] = [
  { name: "nothing said", fields: "", want: 0 },
  { name: "a length", fields: "Content-Length: 0012\r\n", want: 12 },
  { name: "chunks", fields: "Transfer-Encoding: Chunked\r\n", want: "chunked" },
];
for (const { name, fields, want } of bodies) {
  Deno.test(`A head with ${name} has a body of ${want}`, () => {
    assert.equal(parsed(`POST / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`).bodyLength, want);
  });
}

/** How each of them is refused is in the list of hostile requests, which a server is sent. */
Deno.test("A head is found wherever it is cut, and at its last byte only", () => {
  const text = "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nX: \xff\r\n\r\n";
  const bytes = bytesOf(`${text}POST`);
  for (let cut = 1; cut < text.length; cut++) {
    const scanner = new HeadScanner(1_000);
    assert.equal(scanner.scan(bytes.subarray(0, cut)), undefined, `cut at ${cut}`);
    assert.equal(scanner.scan(bytes), text.length, `cut at ${cut}`);
  }
});

const early: { name: string; text: string; status: number }[] = [
  { name: "what is no text", text: "\x16\x03\x01", status: 400 },
  { name: "an LF alone", text: "GET / HTTP/1.1\nHost", status: 400 },
  { name: "more bytes than allowed, with no line's end among them", text: "G".repeat(101), status: 431 },
  { name: "a line's end past the limit", text: `${"G".repeat(100)}\r\n`, status: 431 },
  { name: "nothing but empty lines", text: "\r\n".repeat(60), status: 431 },
];
for (const { name, text, status } of early) {
  Deno.test(`A head is refused with ${status} before its end for ${name}`, () => {
    const found = new HeadScanner(100).scan(bytesOf(text));
    assert.ok(found instanceof Refusal);
    assert.equal(found.status, status);
  });
}

Deno.test("A head has so many fields and no more", () => {
  const text = (count: number) => `GET / HTTP/1.1\r\n${"a: b\r\n".repeat(count)}\r\n`;
  assert.equal(new HeadScanner(10_000).scan(bytesOf(text(200))), text(200).length);
  assert.ok(new HeadScanner(10_000).scan(bytesOf(text(201))) instanceof Refusal);
});

Deno.test("Trailers may not say what has been said before the body", () => {
  assert.equal(checkTrailers(bytesOf("X: a\r\nY: b\r\n\r\n")), undefined);
  assert.equal(checkTrailers(bytesOf("\r\n")), undefined);
  for (const name of ["Content-Length", "Transfer-Encoding", "Host"]) {
    assert.ok(checkTrailers(bytesOf(`X: a\r\n${name}: 1\r\n\r\n`)) instanceof Refusal, name);
  }
});

const targets: Readonly<Record<string, string>> = {
  "http://a/b?c=d": "/b?c=d",
  "HTTPS://a:1/b": "/b",
  "http://a": "/",
  "http://a?b": "/?b",
  "/http://a/b": "/http://a/b",
};
for (const [target, want] of Object.entries(targets)) {
  Deno.test(`A head's target ${target} is ${want}`, () => {
    assert.equal(parsed(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`).target, want);
  });
}
