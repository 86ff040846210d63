/** What arrives on a connection, byte by character, and which answers it may get. */
export interface HostileRequest {
  readonly name: string;
  /** One character a byte. */
  readonly sent: string;
  /** Statuses of the answers, in order; [] when the connection is ended without one. Interim answers don't count. */
  readonly want: readonly number[];
}

const HOST = "Host: bunny\r\n";
const CLOSE = "Connection: close\r\n";
/** What a smuggler would like to see answered. */
const HIDDEN = `GET /-/ready HTTP/1.1\r\n${HOST}\r\n`;
/** A body that the API's forms take. */
const FORM = "query=1";

function get(more = "", path = "/-/healthy"): string {
  return `GET ${path} HTTP/1.1\r\n${HOST}${more}${CLOSE}\r\n`;
}

function post(headers: string, body: string): string {
  return `POST /api/v1/format_query HTTP/1.1\r\n${HOST}` +
    `Content-Type: application/x-www-form-urlencoded\r\n${headers}\r\n${body}`;
}

function chunked(body: string, more = CLOSE): string {
  return post(`Transfer-Encoding: chunked\r\n${more}`, body);
}

const CHUNKS = `7\r\n${FORM}\r\n0\r\n\r\n`;

/** Whose end a proxy and we might see in different places (RFC 9112, 6.3 and 11.2). */
const SMUGGLING: readonly HostileRequest[] = [
  {
    name: "both lengths, Content-Length first",
    sent: post("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", `0\r\n\r\n${HIDDEN}`),
    want: [400],
  },
  {
    name: "both lengths, Transfer-Encoding first",
    sent: post("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", `0\r\n\r\n${HIDDEN}`),
    want: [400],
  },
  {
    name: "two transfer encodings",
    sent: post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", `0\r\n\r\n${HIDDEN}`),
    want: [400],
  },
  {
    name: "a transfer encoding that nearly is chunked",
    sent: post("Transfer-Encoding: xchunked\r\n", `0\r\n\r\n${HIDDEN}`),
    want: [400],
  },
  {
    name: "chunked before another encoding",
    sent: post("Transfer-Encoding: chunked, identity\r\n", `0\r\n\r\n${HIDDEN}`),
    want: [400],
  },
  {
    name: "another encoding before chunked",
    sent: post("Transfer-Encoding: gzip, chunked\r\n", `0\r\n\r\n${HIDDEN}`),
    want: [501],
  },
  {
    name: "a space before the colon",
    sent: post("Transfer-Encoding : chunked\r\n", `0\r\n\r\n${HIDDEN}`),
    want: [400],
  },
  {
    name: "a vertical tab in the encoding",
    sent: post("Transfer-Encoding:\x0bchunked\r\n", `0\r\n\r\n${HIDDEN}`),
    want: [400],
  },
  { name: "a folded line", sent: get("X: a\r\n folded\r\n"), want: [400] },
  {
    name: "a folded transfer encoding",
    sent: post("Transfer-Encoding:\r\n chunked\r\n", `0\r\n\r\n${HIDDEN}`),
    want: [400],
  },
  { name: "lines that end in LF", sent: "GET /-/healthy HTTP/1.1\nHost: bunny\n\n", want: [400] },
  {
    name: "one line that ends in LF",
    sent: `GET /-/healthy HTTP/1.1\r\nHost: bunny\nX: a\r\n\r\n`,
    want: [400],
  },
  { name: "a CR alone", sent: `GET /-/healthy HTTP/1.1\r\nHost: bunny\rX: a\r\n\r\n`, want: [400] },
  { name: "chunks", sent: chunked(CHUNKS), want: [200] },
  { name: "a chunk extension", sent: chunked(`7;a=b\r\n${FORM}\r\n0\r\n\r\n`), want: [200] },
  {
    name: "a chunk extension that ends in LF",
    sent: chunked(`7;a\n${FORM}\r\n0\r\n\r\n${HIDDEN}`, ""),
    want: [400],
  },
  { name: "chunk lines that end in LF", sent: chunked(`7\n${FORM}\n0\n\n${HIDDEN}`, ""), want: [400] },
  { name: "a chunk of negative size", sent: chunked(`-7\r\n${FORM}\r\n0\r\n\r\n`), want: [400] },
  { name: "a chunk size with 0x", sent: chunked(`0x7\r\n${FORM}\r\n0\r\n\r\n`), want: [400] },
  {
    name: "a chunk size past 64 bits",
    sent: chunked(`ffffffffffffffffff\r\n${FORM}\r\n0\r\n\r\n`),
    want: [400],
  },
  { name: "no chunk size", sent: chunked(`\r\n${FORM}\r\n0\r\n\r\n`), want: [400] },
  {
    name: "the same length twice",
    sent: post("Content-Length: 7\r\nContent-Length: 7\r\n", FORM),
    want: [400],
  },
  {
    name: "two lengths",
    sent: post("Content-Length: 7\r\nContent-Length: 0\r\n", FORM + HIDDEN),
    want: [400],
  },
  { name: "a list of lengths", sent: post("Content-Length: 7, 7\r\n", FORM), want: [400] },
  { name: "a length with a sign", sent: post("Content-Length: +7\r\n", FORM), want: [400] },
  { name: "a negative length", sent: post("Content-Length: -7\r\n", FORM), want: [400] },
  { name: "a length in hex", sent: post("Content-Length: 0x7\r\n", FORM), want: [400] },
  {
    name: "a length past 64 bits",
    sent: post("Content-Length: 99999999999999999999999\r\n", FORM),
    want: [400],
  },
  { name: "two words as a length", sent: post("Content-Length: 7 7\r\n", FORM), want: [400] },
  { name: "no length", sent: post("Content-Length: \r\n", HIDDEN), want: [400] },
  {
    name: "a body that nobody reads, and a request in it",
    sent: `GET /-/healthy HTTP/1.1\r\n${HOST}Content-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
    want: [200],
  },
  {
    name: "a transfer encoding under HTTP/1.0",
    sent: `POST /api/v1/format_query HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${HIDDEN}`,
    want: [400],
  },
  {
    name: "a length among the trailers",
    sent: chunked(`7\r\n${FORM}\r\n0\r\nContent-Length: 5\r\n\r\n`),
    want: [400],
  },
  {
    name: "requests ahead of their answers",
    sent: get().replace(CLOSE, "").repeat(3) + get(),
    want: [200, 200, 200, 200],
  },
];

/** Whom or what a request is for. */
const TARGETS: readonly HostileRequest[] = [
  { name: "two hosts", sent: `GET /-/healthy HTTP/1.1\r\n${HOST}Host: other\r\n\r\n`, want: [400] },
  { name: "the same host twice", sent: `GET /-/healthy HTTP/1.1\r\n${HOST}${HOST}\r\n`, want: [400] },
  { name: "no host", sent: "GET /-/healthy HTTP/1.1\r\n\r\n", want: [400] },
  { name: "a host that is none", sent: "GET /-/healthy HTTP/1.1\r\nHost: a b/c@d\r\n\r\n", want: [400] },
  { name: "an empty host", sent: `GET /-/healthy HTTP/1.1\r\nHost:\r\n${CLOSE}\r\n`, want: [200] },
  { name: "a whole URL", sent: get("", "http://other/-/healthy"), want: [200] },
  { name: "a URL of another scheme", sent: get("", "ftp://other/-/healthy"), want: [400] },
  { name: "an authority", sent: get("", "other:80"), want: [400] },
  { name: "an asterisk", sent: `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, want: [400] },
  { name: "CONNECT", sent: `CONNECT other:80 HTTP/1.1\r\n${HOST}\r\n${HIDDEN}`, want: [400] },
  { name: "TRACE", sent: get().replace("GET", "TRACE"), want: [405] },
  { name: "OPTIONS", sent: get().replace("GET", "OPTIONS"), want: [405] },
  { name: "DELETE", sent: get().replace("GET", "DELETE"), want: [405] },
  { name: "HEAD", sent: get().replace("GET", "HEAD"), want: [200] },
  {
    name: "HEAD with a body",
    sent: `HEAD /-/healthy HTTP/1.1\r\n${HOST}Content-Length: 5\r\n\r\nhello`,
    want: [200],
  },
  { name: "a method in lower case", sent: get().replace("GET", "get"), want: [400] },
  { name: "a method that nobody knows", sent: get().replace("GET", "BUNNY"), want: [400] },
  { name: "a path that climbs", sent: get("", "/../../../../etc/passwd"), want: [404] },
  { name: "a path that climbs in disguise", sent: get("", "/%2e%2e%2f%2e%2e%2fetc%2fpasswd"), want: [404] },
  { name: "a path with two slashes", sent: get("", "//other/x"), want: [404] },
  { name: "a NUL in disguise", sent: get("", "/%00"), want: [404] },
  { name: "a broken escape", sent: get("", "/%zz"), want: [400] },
  { name: "bytes past ASCII in the path", sent: get("", "/\xff\xfe"), want: [400] },
  { name: "a NUL in the path", sent: get("", "/a\0b"), want: [400] },
  { name: "a space in the path", sent: get("", "/a b"), want: [400] },
];

/** Other protocols, other versions, broken lines. */
const WORDS: readonly HostileRequest[] = [
  { name: "HTTP/0.9", sent: "GET /-/healthy\r\n\r\n", want: [505] },
  { name: "HTTP/1.0", sent: "GET /-/healthy HTTP/1.0\r\n\r\n", want: [200] },
  { name: "HTTP/1.2", sent: `GET /-/healthy HTTP/1.2\r\n${HOST}\r\n`, want: [400] },
  { name: "HTTP/1.10", sent: `GET /-/healthy HTTP/1.10\r\n${HOST}\r\n`, want: [400] },
  { name: "HTTP/2.0 as a version", sent: `GET /-/healthy HTTP/2.0\r\n${HOST}\r\n`, want: [505] },
  {
    name: "HTTP/2 by prior knowledge",
    sent: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
    want: [400],
  },
  {
    name: "an upgrade to HTTP/2",
    sent: get("Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"),
    want: [200],
  },
  {
    name: "an upgrade to WebSocket",
    sent:
      `GET /-/healthy HTTP/1.0\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    want: [200],
  },
  { name: "TLS", sent: "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + "\x5a".repeat(500), want: [400] },
  {
    name: "a request to wait",
    sent: post(`Expect: 100-continue\r\nContent-Length: 7\r\n${CLOSE}`, FORM),
    want: [200],
  },
  {
    name: "an expectation that nobody knows",
    sent: post(`Expect: tea\r\nContent-Length: 7\r\n${CLOSE}`, FORM),
    want: [417],
  },
  { name: "a NUL in a header", sent: get("X: a\0b\r\n"), want: [400] },
  { name: "a header without a name", sent: get(": a\r\n"), want: [400] },
  { name: "a header without a colon", sent: get("nonsense\r\n"), want: [400] },
  { name: "a space in a header's name", sent: get("X Y: a\r\n"), want: [400] },
  {
    name: "a blank before the first header",
    sent: `GET /-/healthy HTTP/1.1\r\n X: a\r\n${HOST}\r\n`,
    want: [400],
  },
  { name: "a blank before the method", sent: ` ${get()}`, want: [400] },
  { name: "empty lines before the method", sent: `\r\n\r\n${get()}`, want: [200] },
  { name: "more headers than anybody needs", sent: get("a: b\r\n".repeat(5_000)), want: [431] },
  { name: "a header past the limit", sent: get(`a: ${"b".repeat(70_000)}\r\n`), want: [431] },
  { name: "a path past the limit", sent: get("", `/${"b".repeat(70_000)}`), want: [431] },
  { name: "half a request", sent: get().slice(0, 30), want: [408] },
  { name: "half a body", sent: post("Content-Length: 100\r\n", FORM), want: [400] },
  { name: "nothing", sent: "", want: [408] },
];

export const HOSTILE_REQUESTS: readonly HostileRequest[] = [...SMUGGLING, ...TARGETS, ...WORDS];
