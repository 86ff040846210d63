import type { IncomingMessage } from "node:http";
import { type Answer, text } from "./answer.ts";

/** Most header fields of one request: enough for every proxy on the way to add its own. */
const MAX_HEADERS = 200;

/** A host and perhaps a port (RFC 9110, 7.2; RFC 3986, 3.2.2), as far as its characters go. May be empty. */
const HOST = /^[\w.~!$&'()*+,;=:%[\]-]*$/;

/**
 * What speaks against answering a request that the parser let through: things that a proxy on the way may understand
 * otherwise than we do (RFC 9112, 3.2 and 6.1), and heads over the limit.
 * @returns the refusal, if it is refused; the connection is of no further use then
 */
export function refusalOf(message: IncomingMessage, maxHeaderBytes: number): Answer | undefined {
  const { rawHeaders, httpVersion } = message;
  if (httpVersion !== "1.1" && httpVersion !== "1.0") return refuse(505, "HTTP version not supported");
  if (rawHeaders.length > 2 * MAX_HEADERS) return TOO_LARGE;
  let bytes = (message.url?.length ?? 0) + 16;
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i];
    const value = rawHeaders[i + 1];
    bytes += name.length + value.length + 4;
    if (name.length === 4 && name.toLowerCase() === "host") {
      if (++hosts > 1 || !HOST.test(value)) return refuse(400, "bad Host");
    } else if (name.length === 17 && name.toLowerCase() === "transfer-encoding") {
      if (value.trim().toLowerCase() !== "chunked") return refuse(501, "transfer encoding not supported");
    }
  }
  return bytes > maxHeaderBytes ? TOO_LARGE : undefined;
}

const TOO_LARGE = refuse(431, "request header fields too large");

function refuse(status: number, why: string): Answer {
  return text(status, `${why}\n`, { Connection: "close" });
}
