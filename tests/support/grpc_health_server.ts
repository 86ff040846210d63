import { decodeRequest, encodeResponse, GRPC_CODE, type ServingStatus } from "./grpc_health_wire.ts";
import type { Exchange } from "./http2/connection.ts";
import { HTTP2_ERROR } from "./http2/frames.ts";
import { Http2Server, type Http2ServerOptions } from "./http2/server.ts";

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

export interface GrpcHealthServerOptions extends Pick<Http2ServerOptions, "host" | "port" | "tls"> {
  /** Decides on a well-formed call of `Check`. */
  answer(call: GrpcCall): GrpcAnswer;
}

/** A gRPC server that knows one method: `grpc.health.v1.Health/Check`. @throws when the port is taken */
export function serveGrpcHealth({ answer, ...where }: GrpcHealthServerOptions): Promise<Http2Server> {
  return Http2Server.listen({
    ...where,
    maxBodyBytes: MAX_REQUEST_BYTES,
    onRequest: (exchange) => act(exchange, decide(exchange, answer)),
  });
}

/** Reads the call and asks for the answer; calls that are no health check are answered as gRPC servers do. */
function decide({ headers, body, bodyCut }: Exchange, answer: (call: GrpcCall) => GrpcAnswer): GrpcAnswer {
  const path = headers[":path"];
  if (!headers["content-type"]?.startsWith("application/grpc")) {
    return { kind: "http", status: 415, contentType: "text/plain", body: "this is a gRPC server\n" };
  }
  if (path !== CHECK_PATH) return error(GRPC_CODE.unimplemented, `unknown method ${path}`);
  if (bodyCut) {
    return error(GRPC_CODE.resourceExhausted, `the request is larger than ${MAX_REQUEST_BYTES} bytes`);
  }
  const request = decodeRequest(body);
  if (request.kind === "malformed") return error(GRPC_CODE.internal, request.message);
  return answer({ path, service: request.value, headers });
}

function act(exchange: Exchange, answer: GrpcAnswer): void {
  const grpcHeaders = { ":status": "200", "content-type": "application/grpc+proto" };
  switch (answer.kind) {
    case "serving_status":
      return act(exchange, {
        kind: "raw",
        body: encodeResponse(answer.status),
        trailers: { "grpc-status": "0" },
      });
    case "error":
      return exchange.sendHeaders({
        ...grpcHeaders,
        "grpc-status": String(answer.code),
        "grpc-message": percentEncode(answer.message),
      }, { endStream: true });
    case "raw":
      exchange.sendHeaders(grpcHeaders);
      exchange.sendData(answer.body, { endStream: answer.trailers === undefined });
      if (answer.trailers) exchange.sendHeaders(answer.trailers, { endStream: true });
      return;
    case "http":
      exchange.sendHeaders({ ":status": String(answer.status), "content-type": answer.contentType });
      return exchange.sendData(new TextEncoder().encode(answer.body), { endStream: true });
    case "hang":
      return;
    case "hang_after_headers":
      return exchange.sendHeaders(grpcHeaders);
    case "reset":
      return exchange.reset(answer.code);
    case "go_away":
      return exchange.goAway(HTTP2_ERROR.noError);
    case "disconnect":
      return exchange.disconnect();
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
