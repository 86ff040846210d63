import { type GrpcAnswer, type GrpcCall, serveGrpcHealth } from "./grpc_health_server.ts";
import type { PeerTls } from "./socket_server.ts";
import { GRPC_CODE, type ServingStatus } from "./grpc_health_wire.ts";

export interface GrpcHealthPeerOptions {
  /** Speak TLS. Default: in the clear, by prior knowledge. */
  tls?: Omit<PeerTls, "alpn">;
  /** First status of each service. Default: "" is SERVING. */
  statuses?: Record<string, ServingStatus>;
}

/**
 * A gRPC health server on a free loopback port whose statuses and behaviour a test changes as it goes:
 *
 *     await using peer = await grpcHealthPeer();
 *     peer.setStatus("", "NOT_SERVING");
 *     peer.misbehave({ kind: "hang" });
 *
 * For a peer that speaks no HTTP/2 at all, use `httpPeer` or `tcpPeer`.
 */
export async function grpcHealthPeer(options: GrpcHealthPeerOptions = {}): Promise<GrpcHealthPeer> {
  const statuses = new Map<string, ServingStatus>(Object.entries(options.statuses ?? { "": "SERVING" }));
  const calls: GrpcCall[] = [];
  let misbehaviour: GrpcAnswer | undefined;
  const server = await serveGrpcHealth({
    tls: options.tls,
    answer(call) {
      calls.push(call);
      if (misbehaviour) return misbehaviour;
      const status = statuses.get(call.service);
      if (status) return { kind: "serving_status", status };
      return { kind: "error", code: GRPC_CODE.notFound, message: `unknown service ${call.service}` };
    },
  });
  return {
    port: server.port,
    calls,
    setStatus: (service, status) => void statuses.set(service, status),
    misbehave: (answer) => misbehaviour = answer,
    behave: () => misbehaviour = undefined,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

export interface GrpcHealthPeer extends AsyncDisposable {
  readonly port: number;
  /** Every well-formed call of `Check` so far. */
  readonly calls: readonly GrpcCall[];
  setStatus(service: string, status: ServingStatus): void;
  /** Gives this answer to every call from now on. */
  misbehave(answer: GrpcAnswer): void;
  /** Answers by the statuses again. */
  behave(): void;
}
