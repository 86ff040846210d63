import type { Quoter } from "../excerpt.ts";
import type { Inbox } from "../net/inbox.ts";
import { isToken } from "./request.ts";
import type { Run } from "../net/run.ts";
import { fail, type Failure } from "../probe.ts";

/** Longest head of an answer, interim ones before it included, bytes; also the inbox's limit. */
export const MAX_HEAD_BYTES = 64 * 1024;

/** Most lines of a head: ten times as many headers as proxies let pass. Each costs time, however short it is. */
const MAX_HEAD_LINES = 1_000;

/** Interim answers (1xx) before the final one; Go's client takes as many. */
export const MAX_INTERIM = 5;

const LF = 0x0a;
const CR = 0x0d;

export interface ResponseHead {
  readonly kind: "head";
  readonly status: number;
  /** Reason phrase, as the target gave it. */
  readonly phrase: string;
  /** Names in lower case, in the order they came; a repeated header is there more than once. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** All values of a header. */
export function valuesOf(head: ResponseHead, name: string): string[] {
  return head.headers.filter((header) => header[0] === name).map(([, value]) => value);
}

/**
 * Reads the head of an HTTP/1 answer, past any interim ones (RFC 9112; as lenient as Go's client: a bare LF ends a
 * line, a line that begins with a blank goes on with the one before, a blank may stand before the colon).
 */
export async function readHead(inbox: Inbox, run: Run, quoter: Quoter): Promise<ResponseHead | Failure> {
  let maxBytes = MAX_HEAD_BYTES;
  for (let interim = 0; interim <= MAX_INTERIM; interim++) {
    const bytes = await readHeadBytes(inbox, maxBytes, run, quoter);
    if (!(bytes instanceof Uint8Array)) return bytes;
    maxBytes -= bytes.length;
    const head = parseHead(new TextDecoder().decode(bytes), quoter);
    if (head.kind === "fail" || head.status >= 200 || head.status === 101) return head;
  }
  return fail("status", `more than ${MAX_INTERIM} interim (1xx) answers`);
}

async function readHeadBytes(
  inbox: Inbox,
  maxBytes: number,
  run: Run,
  quoter: Quoter,
): Promise<Uint8Array | Failure> {
  for (let scanned = 0;;) {
    if (inbox.length > 0 && !startsLikeHttp(inbox)) {
      return notHttp(inbox.peek(), quoter);
    }
    const length = headLength(inbox, scanned);
    if (length > 0 && length <= maxBytes) return inbox.take(length);
    if (length > 0 || inbox.length >= maxBytes) return tooLong();
    scanned = Math.max(0, inbox.length - 2);
    if (!await inbox.fill()) {
      return inbox.length === 0
        ? run.cutShort("the connection was closed without an answer")
        : fail("headers", "the connection was closed in the middle of the answer's headers");
    }
    run.enter("reading the answer's headers", "headers");
  }
}

function tooLong(): Failure {
  return fail("headers", `the answer's headers are longer than ${MAX_HEAD_BYTES} bytes`);
}

const PREFIX = new TextEncoder().encode("HTTP/1.");

/** Whether what has come so far can be the beginning of an HTTP/1 answer. */
function startsLikeHttp({ bytes, start, length }: Inbox): boolean {
  const known = Math.min(length, PREFIX.length);
  for (let i = 0; i < known; i++) if (bytes[start + i] !== PREFIX[i]) return false;
  return true;
}

/** Says what speaks there instead, where its first bytes give it away. */
function notHttp(beginning: Uint8Array, quoter: Quoter): Failure {
  if (beginning[0] === 0x00 && (beginning[3] ?? 0x04) === 0x04) {
    return fail("status", "the answer is not HTTP/1 but HTTP/2: `protocol: h2c` asks for that");
  }
  if (beginning[0] === 0x15 && (beginning[1] ?? 0x03) === 0x03) {
    return fail("status", "the answer is not HTTP/1 but TLS: `scheme: HTTPS` asks for that");
  }
  return fail(
    "status",
    `the answer is not HTTP/1: it begins with ${quoter.quote(beginning, 40)}`,
  );
}

/** Bytes up to and with the empty line; 0: not there yet. */
function headLength({ bytes, start, end }: Inbox, scanned: number): number {
  for (let at = bytes.indexOf(LF, start + scanned); at >= 0 && at < end; at = bytes.indexOf(LF, at + 1)) {
    const next = bytes[at + 1] === CR ? at + 2 : at + 1;
    if (next < end && bytes[next] === LF) return next + 1 - start;
  }
  return 0;
}

function parseHead(text: string, quoter: Quoter): ResponseHead | Failure {
  const lines = text.split("\n", MAX_HEAD_LINES + 1);
  if (lines.length > MAX_HEAD_LINES) {
    return fail("headers", `the answer has more than ${MAX_HEAD_LINES} headers`);
  }
  const first = lines[0].trimEnd();
  const found = /^HTTP\/1\.\d +(\d{3})(?: (.*))?$/.exec(first);
  if (!found) return fail("status", `the answer has no status: it begins with ${quoter.quote(first)}`);
  const headers: [string, string][] = [];
  for (const line of lines.slice(1)) {
    const colon = line.indexOf(":");
    if (line === "" || line === "\r") break;
    if ((line[0] === " " || line[0] === "\t") && headers.length > 0) {
      headers[headers.length - 1][1] += ` ${line.trim()}`;
      continue;
    }
    const name = line.slice(0, Math.max(0, colon)).trimEnd();
    // One without a name stays, so that a line which goes on with it does not go on with another.
    if (!isToken(name) && (name !== "" || colon < 0)) {
      return fail("headers", "a line of the answer's headers is no header");
    }
    headers.push([name.toLowerCase(), line.slice(colon + 1).trim()]);
  }
  return { kind: "head", status: Number(found[1]), phrase: found[2] ?? "", headers };
}
