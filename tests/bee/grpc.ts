import type { Clock } from "../../src/base/clock.ts";
import { serveGrpcHealth } from "../support/grpc_health_server.ts";
import { GRPC_CODE } from "../support/grpc_health_wire.ts";
import type { Http2Server } from "../support/http2/server.ts";
import { isHealthyAt, type Wave } from "./wave.ts";

/** The services Bee reports on: itself as a whole, and by name. Both follow the wave. */
const SERVICES = ["", "health"];

export interface GrpcOptions {
  clock: Clock;
  /** Address to bind. */
  host: string;
  /** TCP port; 0 for any free one. */
  port: number;
}

/** `grpc.health.v1.Health/Check`, in the clear: SERVING or NOT_SERVING as the wave has it, NOT_FOUND for others. */
export function serveGrpc(wave: Wave, { clock, host, port }: GrpcOptions): Promise<Http2Server> {
  return serveGrpcHealth({
    host,
    port,
    answer({ service }) {
      if (!SERVICES.includes(service)) {
        return { kind: "error", code: GRPC_CODE.notFound, message: `unknown service ${service}` };
      }
      const status = isHealthyAt(clock.wallNow(), wave) ? "SERVING" : "NOT_SERVING";
      return { kind: "serving_status", status };
    },
  });
}
