import { concat } from "../../src/base/bytes.ts";
import type { Reason } from "../../src/model/probe_result.ts";
import { encodeFrame, FLAG, FRAME } from "../../src/probes/http2/frame.ts";
import { encodeHeaders, type Header } from "../../src/probes/http2/hpack.ts";
import type { Script } from "../support/tcp_peer.ts";

/** What a target answers over HTTP/2, and what the probe makes of it. */
export interface Http2Answer {
  readonly name: string;
  readonly script: Script;
  readonly want: "pass" | Reason;
  readonly detail?: RegExp;
  readonly timeoutMs?: number;
}

export const NOTHING = new Uint8Array();
export const SETTINGS = encodeFrame(FRAME.settings, 0, 0, NOTHING);

export function bytes(...values: number[]): Uint8Array {
  return new Uint8Array(values);
}

export function headers(list: readonly Header[], flags: number = FLAG.endHeaders, stream = 1): Uint8Array {
  return encodeFrame(FRAME.headers, flags, stream, encodeHeaders(list));
}

export function data(payload: Uint8Array, flags = 0, stream = 1): Uint8Array {
  return encodeFrame(FRAME.data, flags, stream, payload);
}

/** Sends these once the preface is there; then waits for the caller to leave. */
export function says(...frames: Uint8Array[]): Script {
  return async (conversation) => {
    await conversation.readUntil("SM\r\n\r\n");
    for (const frame of frames) await conversation.send(frame);
    await conversation.hang();
  };
}

/** Sends these, and then one of them as fast as it is taken. */
export function floods(frames: Uint8Array[], again: Uint8Array): Script {
  let chunk: Uint8Array | undefined;
  return async (conversation) => {
    await conversation.readUntil("SM\r\n\r\n");
    for (const frame of frames) await conversation.send(frame);
    chunk ??= concat(Array(Math.ceil(FLOOD_CHUNK_BYTES / again.length)).fill(again));
    await conversation.flood(chunk);
  };
}

const FLOOD_CHUNK_BYTES = 512 * 1024;
