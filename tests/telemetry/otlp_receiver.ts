import { Buffer } from "node:buffer";
import http from "node:http";
import https from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { gunzipSync } from "node:zlib";
import { Http2Server } from "../support/http2/server.ts";
import { listening, type PeerTls } from "../support/socket_server.ts";
import {
  decodeProtobuf,
  metricsOf,
  type SeenMetric,
  type SeenSpan,
  type Signal,
  spansOf,
} from "./otlp_messages.ts";

/** One request as it came, decoded. */
export interface SeenExport {
  readonly signal: Signal;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly spans: readonly SeenSpan[];
  readonly metrics: readonly SeenMetric[];
}

/** What the receiver does with a request. */
export type Reply =
  | {
    readonly kind: "answer";
    readonly status: number;
    readonly headers?: Record<string, string>;
    readonly body?: Uint8Array | string;
  }
  /** gRPC: an error as it tells it. */
  | {
    readonly kind: "grpc_error";
    readonly code: number;
    readonly message: string;
    readonly headers?: Record<string, string>;
  }
  /** Never a word. */
  | { readonly kind: "hang" }
  /** The head of an answer, then a byte now and then for ever. */
  | { readonly kind: "drip" }
  /** The connection goes without an answer. */
  | { readonly kind: "disconnect" };

export const ACCEPT: Reply = { kind: "answer", status: 200 };

/** What all receivers keep. */
class Inbox {
  readonly seen: SeenExport[] = [];
  reply: (seen: SeenExport) => Reply = () => ACCEPT;
  #wake: () => void = () => {};

  take(path: string, headers: Record<string, string>, body: Uint8Array): Reply {
    const signal: Signal = /metric/i.test(path) ? "metrics" : "traces";
    const isJson = headers["content-type"] === "application/json";
    const message = isJson ? JSON.parse(new TextDecoder().decode(body)) : decodeProtobuf(signal, body);
    const seen: SeenExport = { signal, path, headers, spans: spansOf(message), metrics: metricsOf(message) };
    this.seen.push(seen);
    this.#wake();
    return this.reply(seen);
  }

  /** Waits until so many exports have come, taken or not. */
  async until(count: number): Promise<void> {
    while (this.seen.length < count) await new Promise<void>((resolve) => this.#wake = resolve);
  }

  get spans(): SeenSpan[] {
    return this.seen.flatMap(({ spans }) => spans);
  }

  get metrics(): SeenMetric[] {
    return this.seen.flatMap(({ metrics }) => metrics);
  }
}

export interface OtlpReceiver extends AsyncDisposable {
  readonly url: string;
  readonly inbox: Inbox;
}

/** An OTLP/HTTP receiver on a free loopback port. */
export async function httpReceiver({ tls }: { tls?: PeerTls } = {}): Promise<OtlpReceiver> {
  const inbox = new Inbox();
  const onRequest = async (request: http.IncomingMessage, response: http.ServerResponse) => {
    response.on("error", () => {});
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk);
    } catch {
      return; // the caller left
    }
    const headers = request.headers as Record<string, string>;
    const body = Buffer.concat(chunks);
    const bytes = headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
    act(inbox.take(request.url ?? "", headers, new Uint8Array(bytes)), response);
  };
  const server = tls
    ? https.createServer({
      cert: tls.cert,
      key: tls.key,
      ca: tls.clientCa,
      requestCert: tls.clientCa !== undefined,
      rejectUnauthorized: true,
    }, onRequest)
    : http.createServer(onRequest);
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  for (const event of ["clientError", "tlsClientError"]) {
    server.on(event, (_error: Error, socket: { destroy(): void }) => socket.destroy());
  }
  await listening(server, 0, "127.0.0.1");
  const { port } = server.address() as AddressInfo;
  return {
    url: tls ? `https://localhost:${port}` : `http://127.0.0.1:${port}`,
    inbox,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function act(reply: Reply, response: http.ServerResponse): void {
  switch (reply.kind) {
    case "answer":
      response.writeHead(reply.status, reply.headers).end(reply.body);
      return;
    case "drip": {
      response.writeHead(200, { "content-length": "1000" });
      const timer = setInterval(() => response.write(" "), 20);
      response.on("close", () => clearInterval(timer));
      return;
    }
    case "disconnect":
      response.socket?.destroy();
      return;
    case "hang":
      return;
    case "grpc_error":
      throw new Error("not over HTTP/1.1");
  }
}

/** An OTLP/gRPC receiver on a free loopback port. */
export async function grpcReceiver({ tls }: { tls?: Omit<PeerTls, "alpn"> } = {}): Promise<OtlpReceiver> {
  const inbox = new Inbox();
  const head = { ":status": "200", "content-type": "application/grpc" };
  const server = await Http2Server.listen({
    tls,
    onRequest(exchange) {
      const length = new DataView(exchange.body.buffer, exchange.body.byteOffset).getUint32(1);
      const frame = exchange.body.subarray(5, 5 + length);
      const bytes = exchange.body[0] === 1 ? gunzipSync(frame) : frame;
      const reply = inbox.take(exchange.headers[":path"], { ...exchange.headers }, new Uint8Array(bytes));
      switch (reply.kind) {
        case "answer": {
          if (reply.status !== 200) {
            exchange.sendHeaders({ ":status": String(reply.status) }, { endStream: true });
            return;
          }
          exchange.sendHeaders({ ...head, ...reply.headers });
          const body = reply.body === undefined ? new Uint8Array() : Buffer.from(reply.body);
          const framed = new Uint8Array(5 + body.length);
          new DataView(framed.buffer).setUint32(1, body.length);
          framed.set(body, 5);
          exchange.sendData(framed);
          exchange.sendHeaders({ "grpc-status": "0" }, { endStream: true });
          return;
        }
        case "grpc_error":
          exchange.sendHeaders(
            { ...head, "grpc-status": String(reply.code), "grpc-message": reply.message, ...reply.headers },
            { endStream: true },
          );
          return;
        case "disconnect":
          exchange.disconnect();
          return;
        case "drip":
          exchange.sendHeaders(head);
          return;
        case "hang":
      }
    },
  });
  return {
    url: `${tls ? "https://localhost" : "http://127.0.0.1"}:${server.port}`,
    inbox,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
