import type { IncomingMessage } from "node:http";
import { concat } from "../base/bytes.ts";
import { callAt, type Clock } from "../base/clock.ts";
import { type BodyResult, MAX_BODY_BYTES } from "./answer.ts";

/** Reads a request's body within its bounds. Never rejects. */
export function readBody(message: IncomingMessage, clock: Clock, timeoutMs: number): Promise<BodyResult> {
  return new Promise((resolve) => {
    const parts: Uint8Array[] = [];
    let size = 0;
    const limit = callAt(clock, clock.now() + timeoutMs, () => resolve({ kind: "broken" }));
    const end = (result: BodyResult) => {
      limit[Symbol.dispose]();
      resolve(result);
    };
    message.on("data", (part: Uint8Array) => {
      size += part.length;
      if (size > MAX_BODY_BYTES) {
        message.pause();
        end({ kind: "too_large" });
      } else parts.push(part);
    });
    message.on("end", () => end({ kind: "ok", bytes: concat(parts) }));
    message.on("error", () => end({ kind: "broken" }));
    message.on("close", () => end({ kind: "broken" }));
  });
}
