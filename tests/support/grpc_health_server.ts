import { Buffer } from "node:buffer";
import http2 from "node:http2";
import type { AddressInfo } from "node:net";
import { decodeRequest, encodeResponse, GRPC_CODE, type ServingStatus } from "./grpc_health_wire.ts";

const CHECK_PATH = "/grpc.health.v1.Health/Check";

/** A health check's request is a service's name: nobody needs more. */
const MAX_REQUEST_BYTES = 64 * 1024;

/** What the server does with one call. All but the first two are misbehaviour, for probes to meet. */
export type GrpcAnswer =
  | { kind: "serving_status"; status: ServingStatus }
  /** An error as gRPC tells it: a trailers-only answer. */
  | { kind: "error"; code: number; message: string }
  /** No answer, ever. */
  | { kind: "hang" }
  /** Response headers, then nothing. */
  | { kind: "hang_after_headers" }
  /** RST_STREAM with this HTTP/2 error code (RFC 9113, 7). */
  | { kind: "reset"; code: number }
  /** GOAWAY, then the connection is closed. */
  | { kind: "go_away" }
  /** The connection goes without a word. */
  | { kind: "disconnect" }
  /** An HTTP answer which is not gRPC's, as proxies give. */
  | { kind: "http"; status: number; contentType: string; body: string }
  /** Any bytes as body, then these trailers (none: the stream ends without). */
  | { kind: "raw"; body: Uint8Array; trailers?: Record<string, string> };

export interface GrpcCall {
  path: string;
  /** The service asked for; "" means the server as a whole. */
  service: string;
  /** Request headers, pseudo-headers included. */
  headers: Readonly<Record<string, string>>;
}

export interface GrpcHealthServerOptions {
  /** Address to bind. Default 127.0.0.1. */
  host?: string;
  /** TCP port. Default 0: any free one. */
  port?: number;
  /** PEM certificate chain and key: serve over TLS. Default: in the clear, by prior knowledge. */
  tls?: { cert: string; key: string };
  /** Decides on a well-formed call of `Check`. */
  answer(call: GrpcCall): GrpcAnswer;
}

/** A gRPC server that knows one method: `grpc.health.v1.Health/Check`. Callers may leave at any moment. */
export class GrpcHealthServer implements AsyncDisposable {
  readonly port: number;
  readonly #server: http2.Http2Server;
  readonly #sessions: Set<http2.ServerHttp2Session>;

  private constructor(server: http2.Http2Server, sessions: Set<http2.ServerHttp2Session>) {
    this.port = (server.address() as AddressInfo).port;
    this.#server = server;
    this.#sessions = sessions;
  }

  /** Starts listening. @throws when the port is taken */
  static async listen(options: GrpcHealthServerOptions): Promise<GrpcHealthServer> {
    const { host = "127.0.0.1", port = 0, tls, answer } = options;
    const server = tls ? http2.createSecureServer(tls) : http2.createServer();
    const sessions = new Set<http2.ServerHttp2Session>();
    server.on("session", (session) => {
      sessions.add(session);
      session.on("error", ignore);
      session.on("close", () => sessions.delete(session));
    });
    // A caller's broken or cut connection is its own business.
    for (const event of ["sessionError", "clientError", "tlsClientError"]) server.on(event, ignore);
    server.on("stream", (stream, headers) => serve(stream, headers, answer));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, () => {
        server.off("error", reject);
        server.on("error", ignore);
        resolve();
      });
    });
    return new GrpcHealthServer(server, sessions);
  }

  /** Stops listening and drops every connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const session of this.#sessions) session.destroy();
    await closed;
  }
}

function serve(
  stream: http2.ServerHttp2Stream,
  headers: http2.IncomingHttpHeaders,
  answer: (call: GrpcCall) => GrpcAnswer,
): void {
  stream.on("error", ignore);
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  stream.on("data", (chunk: Buffer) => {
    sizeBytes += chunk.length;
    if (sizeBytes <= MAX_REQUEST_BYTES) chunks.push(chunk);
  });
  stream.on("end", () => {
    // Out of the event first: ending a session inside a stream's "end" is what HTTP/2 libraries like least.
    queueMicrotask(() => {
      if (stream.destroyed) return;
      try {
        act(
          stream,
          decide(headers, sizeBytes > MAX_REQUEST_BYTES ? undefined : Buffer.concat(chunks), answer),
        );
      } catch {
        stream.destroy(); // the caller left between the check and the answer
      }
    });
  });
}

/** Reads the call and asks for the answer; calls that are no health check are answered as gRPC servers do. */
function decide(
  headers: http2.IncomingHttpHeaders,
  body: Uint8Array | undefined,
  answer: (call: GrpcCall) => GrpcAnswer,
): GrpcAnswer {
  const path = String(headers[":path"]);
  if (!String(headers["content-type"]).startsWith("application/grpc")) {
    return { kind: "http", status: 415, contentType: "text/plain", body: "this is a gRPC server\n" };
  }
  if (path !== CHECK_PATH) return error(GRPC_CODE.unimplemented, `unknown method ${path}`);
  if (!body) {
    return error(GRPC_CODE.resourceExhausted, `the request is larger than ${MAX_REQUEST_BYTES} bytes`);
  }
  const request = decodeRequest(body);
  if (request.kind === "malformed") return error(GRPC_CODE.internal, request.message);
  const plain = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
  return answer({ path, service: request.value, headers: plain });
}

function act(stream: http2.ServerHttp2Stream, answer: GrpcAnswer): void {
  const grpcHeaders = { ":status": 200, "content-type": "application/grpc+proto" };
  switch (answer.kind) {
    case "serving_status":
      return act(stream, {
        kind: "raw",
        body: encodeResponse(answer.status),
        trailers: { "grpc-status": "0" },
      });
    case "error":
      return stream.respond({
        ...grpcHeaders,
        "grpc-status": String(answer.code),
        "grpc-message": percentEncode(answer.message),
      }, { endStream: true });
    case "raw":
      stream.respond(grpcHeaders, { waitForTrailers: answer.trailers !== undefined });
      stream.on("wantTrailers", () => stream.sendTrailers(answer.trailers ?? {}));
      stream.end(Buffer.from(answer.body));
      return;
    case "http":
      stream.respond({ ":status": answer.status, "content-type": answer.contentType });
      stream.end(answer.body);
      return;
    case "hang":
      return;
    case "hang_after_headers":
      return stream.respond(grpcHeaders);
    case "reset":
      return stream.close(answer.code);
    case "go_away":
      stream.session?.goaway(http2.constants.NGHTTP2_NO_ERROR);
      stream.session?.destroy();
      return;
    case "disconnect":
      stream.session?.socket?.destroy();
      stream.session?.destroy();
      return;
  }
}

function error(code: number, message: string): GrpcAnswer {
  return { kind: "error", code, message };
}

/** `grpc-message` as the protocol has it: printable ASCII but "%" as it is, the UTF-8 bytes of the rest as %XX. */
function percentEncode(message: string): string {
  let encoded = "";
  for (const byte of new TextEncoder().encode(message)) {
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    encoded += plain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return encoded;
}

function ignore(): void {}
