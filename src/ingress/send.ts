import type { IncomingMessage, ServerResponse } from "node:http";
import type { Answer, Pieces } from "./answer.ts";
import type { Departure } from "./departure.ts";

export interface SendOptions {
  /** Whether the connection is of no use after this answer. */
  readonly isLast: boolean;
  /** Whether the answer has been taken, or nobody waits for it any more. */
  readonly departure: Departure;
  /** Told how many bytes wait for the client to take them. */
  readonly onWaiting: (bytes: number) => void;
}

const encoder = new TextEncoder();

/** Sends an answer. Resolves when all of it is written, or nobody waits for it any more. */
export async function send(
  message: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  options: SendOptions,
): Promise<void> {
  if (response.headersSent || options.departure.isGone) return;
  const { body } = answer;
  response.statusCode = answer.status;
  response.setHeader("Content-Type", answer.contentType);
  response.setHeader("Cache-Control", "no-store");
  response.setHeader("X-Content-Type-Options", "nosniff");
  for (const name in answer.headers) response.setHeader(name, answer.headers[name]);
  if (options.isLast) response.setHeader("Connection", "close");
  if (typeof body !== "string" && !(body instanceof Uint8Array)) {
    return await sendPieces(message, response, body, options);
  }
  const bytes = typeof body === "string" ? encoder.encode(body) : body;
  response.setHeader("Content-Length", bytes.length);
  if (message.method === "HEAD") return void response.end();
  options.onWaiting(bytes.length);
  response.end(bytes);
}

async function sendPieces(
  message: IncomingMessage,
  response: ServerResponse,
  pieces: Pieces,
  { onWaiting, departure }: SendOptions,
): Promise<void> {
  if (message.method === "HEAD") return void response.end();
  try {
    for await (const piece of pieces) {
      if (departure.isGone) break;
      if (response.write(piece)) continue;
      onWaiting(response.writableLength);
      await taken(response, departure.signal);
      if (departure.isGone) break;
      onWaiting(0);
    }
    if (departure.isGone) response.destroy(); // older runtimes leave it open when its socket is destroyed
    else response.end();
  } catch (error) {
    response.destroy(); // half an answer must not look like a whole one
    throw error;
  }
}

/** Waits until the client has taken what was written, or has gone. */
function taken(response: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off("drain", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    response.on("drain", done);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}
