import { decodeResponse, encodeRequest, type ServingStatus } from "./grpc_health_wire.ts";

/** What a caller of `Check` makes of the answer. */
export type HealthAnswer =
  | { kind: "serving_status"; status: ServingStatus }
  /** A trailers-only answer. */
  | { kind: "error"; code: number; message: string }
  /** Not gRPC, or broken gRPC. */
  | { kind: "no_grpc"; detail: string };

export interface HealthCall {
  /** TCP port on 127.0.0.1. */
  port: number;
  /** Service asked for. Default "". */
  service?: string;
  /** Default `Check`'s path. */
  path?: string;
  /** Body to send instead of a request for `service`. */
  body?: Uint8Array<ArrayBuffer>;
  /** PEM certificates of the authority to trust: call `https://localhost`. Default: in the clear. */
  caCert?: string;
  signal?: AbortSignal;
}

/**
 * A gRPC client as small as can be, to try our own servers with. Rejects when the call is cut off or reset.
 * It is not Bunny's probe, and shares no code with it.
 */
export async function checkHealth(call: HealthCall): Promise<HealthAnswer> {
  const { port, service = "", path = "/grpc.health.v1.Health/Check", caCert, signal } = call;
  using client = Deno.createHttpClient({ http1: false, http2: true, caCerts: caCert ? [caCert] : [] });
  const response = await fetch(`${caCert ? "https://localhost" : "http://127.0.0.1"}:${port}${path}`, {
    method: "POST",
    headers: { "content-type": "application/grpc", "te": "trailers" },
    body: call.body ?? encodeRequest(service),
    client,
    signal,
  });
  const body = new Uint8Array(await response.arrayBuffer());
  if (response.status !== 200) return { kind: "no_grpc", detail: `HTTP status ${response.status}` };
  const code = response.headers.get("grpc-status");
  if (code !== null) {
    const message = decodeURIComponent(response.headers.get("grpc-message") ?? "");
    return { kind: "error", code: Number(code), message };
  }
  const decoded = decodeResponse(body);
  if (decoded.kind === "malformed") return { kind: "no_grpc", detail: decoded.message };
  return { kind: "serving_status", status: decoded.value };
}
