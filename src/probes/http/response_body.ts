import type { Inbox } from "../net/inbox.ts";
import { fail, type Failure } from "../probe.ts";
import { type ResponseHead, valuesOf } from "./response_head.ts";

/** How much of a body is read; the rest is dropped with the connection, as in the kubelet. */
export const MAX_BODY_BYTES = 10 * 1024;

/** Longest line that a chunk's size may stand in; Go's client takes as much. */
const MAX_CHUNK_LINE_BYTES = 4_096;

/** Most bytes of chunk lines: someone who sends more of them than content is up to no good. */
const MAX_CHUNK_LINES_BYTES = 64 * 1024;

/** Longest text of a length: it may be given more than once, but not a thousand times. */
const MAX_LENGTH_TEXT = 200;

/** A chunk's size in hex: more than 2^48 bytes is no chunk. */
const MAX_SIZE_DIGITS = 12;

const LF = 0x0a;
const CR = 0x0d;
const SEMICOLON = 0x3b;

/** Takes what a body brings, up to the limit. */
export class BodySink {
  readonly #keeps: boolean;
  /** One for all: a body in crumbs has ten thousand of them. */
  #kept = new Uint8Array();
  length = 0;

  /** `keeps`: whether anyone will look at the bytes. */
  constructor(keeps: boolean) {
    this.#keeps = keeps;
  }

  get isFull(): boolean {
    return this.length >= MAX_BODY_BYTES;
  }

  /** The bytes are copied. */
  add(bytes: Uint8Array): void {
    const taken = bytes.subarray(0, MAX_BODY_BYTES - this.length);
    const at = this.length;
    this.length += taken.length;
    if (!this.#keeps) return;
    if (this.length > this.#kept.length) this.#grow();
    this.#kept.set(taken, at);
  }

  bytes(): Uint8Array {
    return this.#kept.subarray(0, this.length);
  }

  #grow(): void {
    const larger = new Uint8Array(Math.min(MAX_BODY_BYTES, Math.max(this.length, 2 * this.#kept.length)));
    larger.set(this.#kept);
    this.#kept = larger;
  }
}

type Framing =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly bytes: number }
  | { readonly kind: "chunked" }
  | { readonly kind: "until_close" };

/** Reads the body to its end or to the limit. @returns what is wrong with it, if anything is */
export async function readBody(
  inbox: Inbox,
  head: ResponseHead,
  method: string,
  sink: BodySink,
): Promise<Failure | undefined> {
  const framing = framingOf(head, method);
  switch (framing.kind) {
    case "fail":
      return framing;
    case "none":
      return undefined;
    case "length":
      if (await consume(inbox, framing.bytes, sink)) return undefined;
      return fail("body", `the body ended after ${sink.length} of ${framing.bytes} bytes`);
    case "chunked":
      return await readChunks(inbox, sink);
    case "until_close":
      await consume(inbox, Infinity, sink);
      return undefined;
  }
}

/** How the body's end is found (RFC 9112, 6.3). */
function framingOf(head: ResponseHead, method: string): Framing | Failure {
  const { status } = head;
  if (method === "HEAD" || status < 200 || status === 204 || status === 304) return { kind: "none" };
  const codings = valuesOf(head, "transfer-encoding").join(",").toLowerCase();
  if (codings.trim() === "chunked") return { kind: "chunked" };
  if (codings !== "") return fail("headers", "the answer's transfer encoding is not chunked");
  const all = valuesOf(head, "content-length");
  if (all.length === 0) return { kind: "until_close" };
  const given = all.join(",");
  if (given.length > MAX_LENGTH_TEXT) return fail("headers", "the answer's content length makes no sense");
  const lengths = new Set(given.split(",").map((length) => length.trim()));
  const [length] = lengths;
  if (lengths.size > 1 || !/^\d{1,15}$/.test(length)) {
    return fail("headers", "the answer's content length makes no sense");
  }
  return { kind: "length", bytes: Number(length) };
}

/** Moves so many bytes into the sink. @returns whether they came; a full sink is content */
async function consume(inbox: Inbox, bytes: number, sink: BodySink): Promise<boolean> {
  for (let left = bytes; left > 0 && !sink.isFull;) {
    if (inbox.length === 0 && !await inbox.fill()) return false;
    const taken = inbox.take(Math.min(left, inbox.length));
    sink.add(taken);
    left -= taken.length;
  }
  return true;
}

//  │ size <hex> [; extension…] CRLF │ content <size bytes> │ CRLF │ … │ 0 CRLF │ trailers, which nobody waits for
async function readChunks(inbox: Inbox, sink: BodySink): Promise<Failure | undefined> {
  for (let overheadBytes = 0; !sink.isFull;) {
    const lineBytes = lineLength(inbox) ?? await nextLineLength(inbox);
    if (lineBytes === 0) return brokenOff(sink);
    overheadBytes += lineBytes;
    const size = chunkSize(inbox.take(lineBytes));
    if (size === undefined || overheadBytes > MAX_CHUNK_LINES_BYTES) return broken();
    if (size === 0) return undefined;
    if (size <= inbox.length) sink.add(inbox.take(size));
    else if (!await consume(inbox, size, sink)) return brokenOff(sink);
    if (sink.isFull) return undefined;
    if ((lineLength(inbox) ?? await nextLineLength(inbox)) !== 2) return broken();
    inbox.take(2);
  }
}

function broken(): Failure {
  return fail("body", "the body's chunks are broken");
}

function brokenOff(sink: BodySink): Failure {
  return fail("body", `the body ended after ${sink.length} bytes, in the middle of a chunk`);
}

/**
 * The number in a chunk's line; `undefined`: there is none. By hand, for a body in crumbs has ten thousand of them.
 * Blanks around the number are let pass, as Go's client does.
 */
function chunkSize(line: Uint8Array): number | undefined {
  let at = 0;
  while (isBlank(line[at])) at++;
  let size = 0;
  let digits = 0;
  for (let digit = hexDigit(line[at]); digit >= 0; digit = hexDigit(line[at])) {
    size = size * 16 + digit;
    digits++;
    at++;
  }
  while (isBlank(line[at])) at++;
  const isEnd = at === line.length - 1 || line[at] === SEMICOLON;
  return isEnd && line.at(-1) === LF && digits > 0 && digits <= MAX_SIZE_DIGITS ? size : undefined;
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === CR;
}

/** -1: none. */
function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** Length of the next line with its end; 0 when there is none; a line that is too long is cut. */
async function nextLineLength(inbox: Inbox): Promise<number> {
  for (;;) {
    const length = lineLength(inbox);
    if (length !== undefined) return length;
    if (!await inbox.fill()) return 0;
  }
}

/** The same of what has come already; `undefined`: it is not there yet. */
function lineLength({ bytes, start, end, length }: Inbox): number | undefined {
  const at = bytes.indexOf(LF, start);
  if (at >= 0 && at < end) return at + 1 - start;
  return length >= MAX_CHUNK_LINE_BYTES ? length : undefined;
}
