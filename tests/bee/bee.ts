import type { Clock } from "../../src/base/clock.ts";
import { messageOf } from "../../src/base/errors.ts";
import { serveGrpc } from "./grpc.ts";
import { serveHealth, serveHello } from "./http.ts";
import { TcpEndpoint } from "./tcp.ts";
import type { Wave } from "./wave.ts";

/** TCP ports of Bee's endpoints; 0 for any free one. */
export interface BeePorts {
  /** HTTP: `/healthz`, `/queue`. */
  health: number;
  /** HTTP: `/hello`. */
  hello: number;
  /** The TCP conversation. */
  tcp: number;
  /** gRPC health. */
  grpc: number;
}

export const DEFAULT_PORTS: Readonly<BeePorts> = { health: 2624, hello: 6560, tcp: 5248, grpc: 3936 };

export interface BeeOptions {
  clock: Clock;
  /** Address to bind. */
  host: string;
  ports: BeePorts;
  wave: Wave;
}

/** The demo app: an app to probe, whose latency and health follow a sine wave. */
export class Bee implements AsyncDisposable {
  /** The ports in use, none of them 0. */
  readonly ports: Readonly<BeePorts>;
  readonly #endpoints: AsyncDisposableStack;

  private constructor(ports: BeePorts, endpoints: AsyncDisposableStack) {
    this.ports = ports;
    this.#endpoints = endpoints;
  }

  /** Opens all endpoints, or none. @throws naming the port that can't be had */
  static async start({ clock, host, ports, wave }: BeeOptions): Promise<Bee> {
    await using endpoints = new AsyncDisposableStack();
    const open = async <T extends AsyncDisposable>(
      name: keyof BeePorts,
      serve: (options: { clock: Clock; host: string; port: number }) => T | Promise<T>,
    ): Promise<T> => {
      try {
        return endpoints.use(await serve({ clock, host, port: ports[name] }));
      } catch (error) {
        throw new Error(`Cannot listen on ${host}:${ports[name]} (${name}): ${messageOf(error)}`, {
          cause: error,
        });
      }
    };
    const health = await open("health", (options) => serveHealth(wave, options));
    const hello = await open("hello", serveHello);
    const tcp = await open("tcp", (options) => new TcpEndpoint(options));
    const grpc = await open("grpc", (options) => serveGrpc(wave, options));
    const opened = { health: health.port, hello: hello.port, tcp: tcp.port, grpc: grpc.port };
    return new Bee(opened, endpoints.move());
  }

  /** Closes every endpoint and drops what is under way. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#endpoints.disposeAsync();
  }
}
