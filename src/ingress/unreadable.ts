import type { Socket } from "node:net";

/** Statuses of what the parser makes nothing of, by its error's code. */
const STATUSES: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  HPE_CHUNK_EXTENSIONS_OVERFLOW: "413 Payload Too Large",
};

/**
 * Ends a connection on which something came that is no HTTP, or that broke. node:http does the same unless it is
 * listened to, but hands the error on to the socket, which has its stack put into words: nobody reads it, and to those
 * who send rubbish it costs nothing.
 */
export function endUnreadable(error: Error & { readonly code?: string }, socket: Socket): void {
  const { _httpMessage: answer } = socket as { _httpMessage?: { readonly headersSent: boolean } };
  if (socket.writable && !answer?.headersSent) {
    const status = STATUSES[error.code ?? ""] ?? "400 Bad Request";
    socket.write(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
  }
  socket.destroy();
}
