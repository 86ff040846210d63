import { concat } from "../../base/bytes.ts";
import type { Inbox } from "../net/inbox.ts";
import type { Wire } from "../net/wire.ts";
import { encodeFrame, errorName, FLAG, FRAME, FRAME_HEADER_BYTES, MAX_PAYLOAD_BYTES, u32 } from "./frame.ts";
import { encodeHeaders, type Header, HpackDecoder } from "./hpack.ts";

/** What an `Inbox` for an exchange must be able to hold: a whole frame. */
export const EXCHANGE_INBOX_BYTES = FRAME_HEADER_BYTES + MAX_PAYLOAD_BYTES;

/** The one request of a connection (clients use odd numbers). */
const STREAM = 1;

/** Most bytes of header blocks in an answer: interim answers', its own, trailers. */
const MAX_BLOCK_BYTES = 64 * 1024;

/** Frames that an answer may take; someone who sends more of them wants to keep us busy. */
const MAX_FRAMES = 2_000;

/** Frames to reply to (SETTINGS, PING): each is a write of ours. */
const MAX_REPLIES = 100;

/** Frames that bring nothing for our request, and bytes of such frames and of padding: no window bounds them. */
const MAX_IDLE_FRAMES = 200;
const MAX_IDLE_BYTES = 64 * 1024;

const PREFACE = new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const NO_PUSH = new Uint8Array([0, 2, 0, 0, 0, 0]); // SETTINGS_ENABLE_PUSH = 0

/** What the peer says next about our request. */
export type ExchangeEvent =
  | { readonly kind: "headers"; readonly headers: readonly Header[]; readonly isEnd: boolean }
  /** `bytes` is a view that is good until the next call. */
  | { readonly kind: "data"; readonly bytes: Uint8Array; readonly isEnd: boolean }
  /** The peer calls the request off (RST_STREAM, GOAWAY). */
  | { readonly kind: "reset"; readonly detail: string }
  /** The connection was closed. */
  | { readonly kind: "closed" }
  /** This is not HTTP/2 at all. `beginning`: what there is instead, a view. */
  | { readonly kind: "not_http2"; readonly beginning: Uint8Array }
  /** This is broken HTTP/2. */
  | { readonly kind: "broken"; readonly detail: string };

interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Uint8Array;
}

/**
 * One request and its answer over a fresh HTTP/2 connection (RFC 9113), by prior knowledge or after ALPN. As small as
 * one request lets it be: no priorities, no windows to manage (the answer has the 64 KiB that every stream begins
 * with), no tables of our own.
 */
export class Exchange {
  readonly #wire: Wire;
  readonly #inbox: Inbox;
  readonly #hpack = new HpackDecoder();
  #sawSettings = false;
  #frames = 0;
  #replies = 0;
  #idleFrames = 0;
  #idleBytes = 0;
  #blockBytes = 0;

  constructor(wire: Wire, inbox: Inbox) {
    // The acknowledgement of SETTINGS is small and alone: held back for a fuller segment it costs a peer's answer 40 ms.
    wire.setNoDelay();
    this.#wire = wire;
    this.#inbox = inbox;
  }

  /** Sends everything there is to say, in one go. Pseudo-headers come first; header and body each fit one frame. */
  async send(headers: readonly Header[], body: Uint8Array | undefined): Promise<void> {
    const flags = FLAG.endHeaders | (body ? 0 : FLAG.endStream);
    const parts = [
      PREFACE,
      encodeFrame(FRAME.settings, 0, 0, NO_PUSH),
      ...headerFrames(encodeHeaders(headers), flags),
    ];
    if (body) parts.push(encodeFrame(FRAME.data, FLAG.endStream, STREAM, body));
    await this.#wire.write(concat(parts));
  }

  /** Waits for what comes next. Rejects with the socket's error. */
  async next(): Promise<ExchangeEvent> {
    for (;;) {
      const frame = await this.#nextFrame();
      if ("kind" in frame) return frame;
      const event = await this.#take(frame);
      if (event) return event;
    }
  }

  async #nextFrame(): Promise<Frame | ExchangeEvent> {
    const inbox = this.#inbox;
    if (++this.#frames > MAX_FRAMES) return broken("too many frames");
    while (inbox.length < FRAME_HEADER_BYTES) {
      if (!this.#sawSettings && !mayBeSettings(inbox)) return this.#notHttp2();
      if (!await inbox.fill()) return { kind: "closed" };
    }
    if (!this.#sawSettings && !mayBeSettings(inbox)) return this.#notHttp2();
    const at = inbox.start;
    const length = u32(inbox.bytes, at) >>> 8;
    const type = inbox.bytes[at + 3];
    const flags = inbox.bytes[at + 4];
    const stream = u32(inbox.bytes, at + 5) & 0x7fffffff;
    if (length > MAX_PAYLOAD_BYTES) return broken("a frame is longer than is allowed");
    if (!await inbox.has(FRAME_HEADER_BYTES + length)) return { kind: "closed" };
    inbox.take(FRAME_HEADER_BYTES);
    return { type, flags, stream, payload: inbox.take(length) };
  }

  #notHttp2(): ExchangeEvent {
    return { kind: "not_http2", beginning: this.#inbox.peek() };
  }

  /** @returns what it means for our request, if anything */
  async #take(frame: Frame): Promise<ExchangeEvent | undefined> {
    const { type, flags, stream, payload } = frame;
    switch (type) {
      case FRAME.settings:
        this.#sawSettings = true;
        if (!(flags & FLAG.ack)) return await this.#reply(FRAME.settings, new Uint8Array());
        return this.#idle(payload.length);
      case FRAME.ping:
        if (payload.length !== 8) return broken("a PING is not 8 bytes long");
        if (!(flags & FLAG.ack)) return await this.#reply(FRAME.ping, payload);
        return this.#idle(payload.length);
      case FRAME.goAway: {
        if (payload.length < 8) return broken("a GOAWAY is cut short");
        const code = u32(payload, 4);
        // A server that is about to go may still answer what it has accepted.
        if (code === 0 && (u32(payload, 0) & 0x7fffffff) >= STREAM) return this.#idle(payload.length);
        return { kind: "reset", detail: `the server goes away (${errorName(code)})` };
      }
      case FRAME.rstStream:
        if (stream !== STREAM) return this.#idle(payload.length);
        return { kind: "reset", detail: `the server called the stream off (${errorName(u32(payload, 0))})` };
      case FRAME.data:
      case FRAME.headers:
        if (stream !== STREAM) return broken("an answer to a request that was never made");
        return type === FRAME.headers ? await this.#headers(frame) : this.#data(frame);
      case FRAME.continuation:
      case FRAME.pushPromise:
        return broken("a frame that has no place here");
      default:
        return this.#idle(payload.length); // WINDOW_UPDATE, PRIORITY, and whatever the future brings
    }
  }

  async #reply(type: number, payload: Uint8Array): Promise<ExchangeEvent | undefined> {
    if (++this.#replies > MAX_REPLIES) return broken("too many frames that want a reply");
    await this.#wire.write(encodeFrame(type, FLAG.ack, 0, payload));
  }

  #idle(bytes: number): ExchangeEvent | undefined {
    if (++this.#idleFrames > MAX_IDLE_FRAMES) return broken("too many frames that bring nothing");
    this.#idleBytes += bytes;
    if (this.#idleBytes > MAX_IDLE_BYTES) {
      return broken("too many bytes that have nothing to do with the request");
    }
  }

  #data(frame: Frame): ExchangeEvent {
    const bytes = unpadded(frame);
    if (!bytes) return broken("a DATA frame is cut short");
    const isEnd = (frame.flags & FLAG.endStream) !== 0;
    const idleBytes = frame.payload.length - bytes.length;
    const isIdle = idleBytes > 0 || (bytes.length === 0 && !isEnd);
    return (isIdle ? this.#idle(idleBytes) : undefined) ?? { kind: "data", bytes, isEnd };
  }

  async #headers(frame: Frame): Promise<ExchangeEvent> {
    const first = unpadded(frame);
    if (!first || (frame.flags & FLAG.priority && first.length < 5)) {
      return broken("a HEADERS frame is cut short");
    }
    let block = first.slice(frame.flags & FLAG.priority ? 5 : 0);
    this.#blockBytes += block.length;
    for (let flags = frame.flags; !(flags & FLAG.endHeaders);) {
      const next = await this.#nextFrame();
      if ("kind" in next) return next;
      if (next.type !== FRAME.continuation || next.stream !== STREAM) {
        return broken("a header block is cut short");
      }
      const idle = next.payload.length === 0 ? this.#idle(0) : undefined;
      if (idle) return idle;
      this.#blockBytes += next.payload.length;
      if (this.#blockBytes > MAX_BLOCK_BYTES) break;
      block = concat([block, next.payload]);
      flags = next.flags;
    }
    if (this.#blockBytes > MAX_BLOCK_BYTES) {
      return broken(`the answer's headers are longer than ${MAX_BLOCK_BYTES} bytes`);
    }
    const headers = this.#hpack.decode(block);
    if (!headers) return broken("a header block is broken");
    return { kind: "headers", headers, isEnd: (frame.flags & FLAG.endStream) !== 0 };
  }
}

function headerFrames(block: Uint8Array, flags: number): Uint8Array[] {
  if (block.length <= MAX_PAYLOAD_BYTES) return [encodeFrame(FRAME.headers, flags, STREAM, block)];
  const frames = [
    encodeFrame(FRAME.headers, flags & ~FLAG.endHeaders, STREAM, block.subarray(0, MAX_PAYLOAD_BYTES)),
  ];
  for (let at = MAX_PAYLOAD_BYTES; at < block.length; at += MAX_PAYLOAD_BYTES) {
    const isLast = at + MAX_PAYLOAD_BYTES >= block.length;
    const part = block.subarray(at, at + MAX_PAYLOAD_BYTES);
    frames.push(encodeFrame(FRAME.continuation, isLast ? FLAG.endHeaders : 0, STREAM, part));
  }
  return frames;
}

//  │ pad length <1b> │ content │ padding <pad length bytes> │   when the flag says so
function unpadded({ flags, payload }: Frame): Uint8Array | undefined {
  if (!(flags & FLAG.padded)) return payload;
  const end = payload.length - payload[0];
  return payload.length > 0 && end >= 1 ? payload.subarray(1, end) : undefined;
}

/** A server's first frame is SETTINGS, on the connection itself: whatever begins otherwise is no HTTP/2. */
function mayBeSettings({ bytes, start, length }: Inbox): boolean {
  if (length >= 1 && bytes[start] !== 0) return false;
  return length < 4 || bytes[start + 3] === FRAME.settings;
}

function broken(detail: string): ExchangeEvent {
  return { kind: "broken", detail };
}
