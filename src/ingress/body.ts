import type { IncomingMessage } from "node:http";
import { concat } from "../base/bytes.ts";
import { callAt, type Clock } from "../base/clock.ts";
import { type BodyResult, MAX_BODY_BYTES } from "./answer.ts";

/** Bytes of bodies that all requests together may have sent without being answered … */
const MAX_TOGETHER_BYTES = 4 * 1024 * 1024;

/** … not counting so many of each: a query of ordinary length has its place in any case. */
const FREE_BYTES = 4 * 1024;

/** What bodies take, all requests of a server together: a thousand of them would be more than a container has. */
export class BodyRoom {
  readonly #hasRoom: () => boolean;
  #heldBytes = 0;

  /** `hasRoom`: whether the process has memory for more. */
  constructor(hasRoom: () => boolean) {
    this.#hasRoom = hasRoom;
  }

  /** @returns whether there was so much left */
  take(bytes: number): boolean {
    if (this.#heldBytes + bytes > MAX_TOGETHER_BYTES) return false;
    // Not only what is held counts: what has been read and let go is garbage that only the asking has collected.
    if (bytes > 0 && !this.#hasRoom()) return false;
    this.#heldBytes += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#heldBytes -= bytes;
  }
}

export interface BodyOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly room: BodyRoom;
  /** Aborts when the request is over: until then the body has its place in the room. */
  readonly signal: AbortSignal;
}

/** Reads a request's body within its bounds. Never rejects. */
export function readBody(
  message: IncomingMessage,
  { clock, timeoutMs, room, signal }: BodyOptions,
): Promise<BodyResult> {
  // Nobody waits for what is known to be too large: to read it up to the bound takes longer than to answer.
  if (Number(message.headers["content-length"] ?? 0) > MAX_BODY_BYTES) {
    return Promise.resolve({ kind: "too_large" });
  }
  return new Promise((resolve) => {
    const parts: Uint8Array[] = [];
    let size = 0;
    let takenBytes = 0;
    let isOver = signal.aborted;
    const limit = callAt(clock, clock.now() + timeoutMs, () => resolve({ kind: "broken" }));
    const end = (result: BodyResult) => {
      limit[Symbol.dispose]();
      resolve(result);
    };
    signal.addEventListener("abort", () => {
      isOver = true;
      room.giveBack(takenBytes);
      parts.length = 0;
    });
    const refuse = (kind: "too_large" | "no_room") => {
      isOver = true;
      message.pause();
      end({ kind });
    };
    message.on("data", (part: Uint8Array) => {
      if (isOver) return;
      size += part.length;
      if (size > MAX_BODY_BYTES) return refuse("too_large");
      const bytes = Math.max(0, size - FREE_BYTES) - takenBytes;
      if (!room.take(bytes)) return refuse("no_room");
      takenBytes += bytes;
      parts.push(part);
    });
    message.on("end", () => end({ kind: "ok", bytes: concat(parts) }));
    message.on("error", () => end({ kind: "broken" }));
    message.on("close", () => end({ kind: "broken" }));
  });
}
