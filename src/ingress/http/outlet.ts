import { concat } from "../../base/bytes.ts";
import { free } from "../../base/memory.ts";
import type { Answer, Pieces } from "../answer.ts";

export interface SendOptions {
  readonly isHead: boolean;
  /** A client that knows no chunks has the connection's end for the answer's. */
  readonly isVersion10: boolean;
  /** Whether the connection is of no use after this answer. */
  readonly isLast: boolean;
  /** Whether nobody waits for it any more. */
  readonly isGone: () => boolean;
  /** Told how many bytes wait for the client to take them. */
  readonly onWaiting: (bytes: number) => void;
}

const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  204: "No Content",
  301: "Moved Permanently",
  302: "Found",
  304: "Not Modified",
  400: "Bad Request",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  408: "Request Timeout",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  417: "Expectation Failed",
  422: "Unprocessable Content",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
};

const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";
const LAST_CHUNK = "0\r\n\r\n";

const encoder = new TextEncoder();
const CRLF = encoder.encode("\r\n");

/** Where a connection's answers go. */
export class Outlet {
  readonly #connection: Deno.TcpConn;
  readonly #date: () => string;

  /** `date`: what time it is, as answers say it. */
  constructor(connection: Deno.TcpConn, date: () => string) {
    this.#connection = connection;
    this.#date = date;
  }

  /** Tells a client that waits for it to send its request's body. @returns whether it could be told */
  sendContinue(): Promise<boolean> {
    return this.#write(encoder.encode(CONTINUE));
  }

  /**
   * Sends an answer. @returns whether its client has taken all of it, as far as the system knows
   * @throws when the answer can't be made to its end
   */
  async send(answer: Answer, options: SendOptions): Promise<boolean> {
    const { body } = answer;
    if (typeof body !== "string" && !(body instanceof Uint8Array)) {
      return await this.#sendPieces(answer, body, options);
    }
    const all = this.#whole(answer, body, options);
    options.onWaiting(all.length);
    return await this.#write(all);
  }

  /** Says that nothing more will come. @returns whether that could be said */
  async close(): Promise<boolean> {
    try {
      await this.#connection.closeWrite();
      return true;
    } catch {
      return false; // the client was quicker
    }
  }

  async #sendPieces(answer: Answer, pieces: Pieces, options: SendOptions): Promise<boolean> {
    const { isHead, isVersion10, isGone, onWaiting } = options;
    const isChunked = !isVersion10;
    let before = this.#head(answer, isChunked ? "Transfer-Encoding: chunked\r\n" : "", options);
    const isWritten = (bytes: Uint8Array) => {
      onWaiting(bytes.length);
      return this.#write(bytes);
    };
    if (isHead) return await isWritten(encoder.encode(before));
    this.#hurry();
    for await (const piece of pieces) {
      if (isGone()) return false;
      if (piece === "") continue; // an empty chunk would be the last
      const bytes = isChunked ? framed(before, piece) : encoder.encode(before + piece);
      before = "";
      if (!await isWritten(bytes)) return false;
      onWaiting(0);
    }
    return !isGone() && await isWritten(encoder.encode(isChunked ? before + LAST_CHUNK : before));
  }

  /** Without it the last piece waits until the client has said that it has those before. */
  #hurry(): void {
    try {
      this.#connection.setNoDelay();
    } catch {
      // Closed: writing will show it.
    }
  }

  #whole(answer: Answer, body: string | Uint8Array, options: SendOptions): Uint8Array {
    const content = typeof body === "string" ? encoder.encode(body) : body;
    const head = this.#head(answer, `Content-Length: ${content.length}\r\n`, options);
    // Most are short and plain ASCII: no sooner encoded than joined.
    const isPlain = typeof body === "string" && body.length === content.length;
    if (isPlain && !options.isHead) return encoder.encode(head + body);
    const all = options.isHead ? encoder.encode(head) : concat([encoder.encode(head), content]);
    free(content);
    return all;
  }

  #head({ status, contentType, headers }: Answer, framing: string, { isLast }: SendOptions): string {
    let head = `HTTP/1.1 ${status} ${REASONS[status] ?? ""}\r\nDate: ${this.#date()}\r\n` +
      `Content-Type: ${contentType}\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n${framing}`;
    for (const name in headers) head += `${name}: ${headers[name]}\r\n`;
    return isLast ? `${head}Connection: close\r\n\r\n` : `${head}\r\n`;
  }

  /** Takes the bytes for its own. @returns whether they are written: otherwise the client has gone */
  async #write(bytes: Uint8Array): Promise<boolean> {
    try {
      for (let at = 0; at < bytes.length;) {
        at += await this.#connection.write(at === 0 ? bytes : bytes.subarray(at));
      }
      return true;
    } catch {
      return false;
    } finally {
      free(bytes);
    }
  }
}

/** What goes before it, and the piece in its frame: its length is that of its bytes. */
function framed(before: string, piece: string): Uint8Array {
  const content = encoder.encode(piece);
  const front = encoder.encode(`${before}${content.length.toString(16)}\r\n`);
  const bytes = concat([front, content, CRLF]);
  free(content);
  return bytes;
}
