import { Buffer } from "node:buffer";
import http from "node:http";
import https from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { listening, type PeerTls } from "./socket_server.ts";

/** A request as it came, body and all. */
export interface ReceivedRequest {
  method: string;
  /** Path and query, as sent. */
  url: string;
  headers: http.IncomingHttpHeaders;
  /** Names and values by turns, as sent: case, order and repetitions kept. */
  rawHeaders: string[];
  body: string;
}

/** Answers a request through node:http's response; answering never is a way to hang. */
export type HttpHandler = (request: ReceivedRequest, response: http.ServerResponse) => void | Promise<void>;

export interface HttpPeerOptions {
  /** Speak HTTPS. Default: in the clear. */
  tls?: PeerTls;
}

/**
 * An HTTP/1.1 server on a free loopback port:
 *
 *     await using http = await httpPeer((request, response) => void response.writeHead(503).end());
 *     await fetch(`${http.url}/healthz`);
 *     assert.equal(http.requests[0].url, "/healthz");
 *
 * For answers that are not HTTP use `tcpPeer`. An error that a handler throws comes out when the peer is disposed of.
 */
export async function httpPeer(
  handler: HttpHandler = (_, response) => void response.end("ok\n"),
  { tls }: HttpPeerOptions = {},
): Promise<HttpPeer> {
  const requests: ReceivedRequest[] = [];
  const errors: unknown[] = [];
  let connections = 0;
  const listener = async (incoming: http.IncomingMessage, response: http.ServerResponse) => {
    response.on("error", ignore);
    const request = await receive(incoming);
    if (!request) return;
    requests.push(request);
    try {
      await handler(request, response);
    } catch (error) {
      errors.push(error);
      response.destroy();
    }
  };
  const limits = { requestTimeout: 0, headersTimeout: 0, maxHeaderSize: 1024 * 1024 };
  const server = tls
    ? https.createServer({
      ...limits,
      cert: tls.cert,
      key: tls.key,
      ca: tls.clientCa,
      requestCert: tls.clientCa !== undefined,
      rejectUnauthorized: true,
    }, listener)
    : http.createServer(limits, listener);
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.on(tls ? "secureConnection" : "connection", () => connections++);
  for (const event of ["clientError", "tlsClientError"]) {
    server.on(event, (_error: Error, socket: { destroy(): void }) => socket.destroy());
  }
  await listening(server, 0, "127.0.0.1");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `${tls ? "https://localhost" : "http://127.0.0.1"}:${port}`,
    requests,
    get connections() {
      return connections;
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
      if (errors.length > 0) throw errors[0];
    },
  };
}

export interface HttpPeer extends AsyncDisposable {
  readonly port: number;
  /** Scheme, host and port, without a slash at the end. */
  readonly url: string;
  /** Requests so far whose body came to its end, oldest first. */
  readonly requests: readonly ReceivedRequest[];
  /** Connections accepted so far (under TLS: after the handshake). */
  readonly connections: number;
}

/** @returns the request, or `undefined` if the caller left in the middle of it */
async function receive(incoming: http.IncomingMessage): Promise<ReceivedRequest | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of incoming) chunks.push(chunk);
  } catch {
    return undefined;
  }
  const { method = "", url = "", headers, rawHeaders } = incoming;
  return { method, url, headers, rawHeaders, body: Buffer.concat(chunks).toString() };
}

function ignore(): void {}
