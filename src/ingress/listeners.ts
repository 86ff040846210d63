import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import type { IngressConfig } from "../config/mod.ts";
import type { Handler } from "./http/connection.ts";
import { HttpServer, type ServerLimits } from "./server.ts";

/** How long running answers may take to finish on an address that is left, ms. */
const LEFT_DRAIN_MS = 5_000;

/**
 * New connections a second on the main port where verdicts have one of their own: what a crowd's coming and going takes
 * of the one thread, verdicts wait for.
 */
const MAX_NEW_PER_SECOND_ASIDE = 500;

/** Who answers on each of the ports. */
export interface Handlers {
  readonly main: Handler;
  /** On `healthPort`, where there is one. */
  readonly health: Handler;
}

export interface ListenersOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether the process has memory for more. Default: always. */
  readonly hasRoom?: () => boolean;
}

/** What a configuration wants to be listened on. */
interface Address {
  readonly role: keyof Handlers;
  readonly host: string;
  readonly port: number;
}

/** An address and the socket that listens there. */
interface Listener {
  readonly address: Address;
  readonly server: HttpServer;
}

/** The sockets that listen: one for everything and, where there is a `healthPort`, one for verdicts. */
export class Listeners {
  readonly #options: ListenersOptions;
  #listening: readonly Listener[] = [];
  /** Those whose address was left, while they finish what they began; and when they have. */
  readonly #left = new Map<HttpServer, Promise<void>>();

  /** Listens on nothing yet. */
  constructor(options: ListenersOptions) {
    this.#options = options;
  }

  /** The main port; 0: nothing is listened on yet. */
  get port(): number {
    return this.#server("main")?.port ?? 0;
  }

  /** The port for verdicts alone; `undefined`: there is none. */
  get healthPort(): number | undefined {
    return this.#server("health")?.port;
  }

  /** Open ones, on all addresses. */
  get connections(): number {
    return this.#listening.reduce((sum, { server }) => sum + server.connections, 0);
  }

  /**
   * Goes over to the addresses of another configuration, its limits and these handlers. What listens on one of them
   * already goes on listening, be it in the other's role; new ones are listened on before old ones drain.
   * @throws that an address can't be had, and why; then nothing has changed
   */
  async move(config: IngressConfig, handlers: Handlers): Promise<void> {
    const before = this.#listening;
    const opened: HttpServer[] = [];
    const after: Listener[] = [];
    for (const address of addressesOf(config)) {
      const kept = before.find((one) => isSame(one.address, address))?.server;
      try {
        const server = kept ?? this.#open(address, config, handlers);
        if (!kept) opened.push(server);
        after.push({ address, server });
      } catch (error) {
        await Promise.all(opened.map((server) => server.close(0)));
        throw hostAloneChanged(address, before) ? new Error(`${messageOf(error)}; ${HOST_ALONE}`) : error;
      }
    }
    for (const { address, server } of after) {
      server.setHandler(handlers[address.role]);
      server.setLimits(limitsOf(address, config));
    }
    this.#listening = after;
    for (const { server } of before) {
      if (!after.some((one) => one.server === server)) this.#leave(server);
    }
  }

  /** Takes no new requests, and lets those that run finish within the limit. */
  async close(drainMs: number): Promise<void> {
    const left = [...this.#left.values()];
    const servers = [...this.#listening.map(({ server }) => server), ...this.#left.keys()];
    await Promise.all(servers.map((server) => server.close(drainMs)));
    await Promise.all(left);
  }

  #server(role: Address["role"]): HttpServer | undefined {
    return this.#listening.find(({ address }) => address.role === role)?.server;
  }

  #open(
    address: Address,
    config: IngressConfig,
    handlers: Handlers,
  ): HttpServer {
    const { role, host, port } = address;
    const limits = limitsOf(address, config);
    return HttpServer.listen({ ...this.#options, host, port, limits, handler: handlers[role] });
  }

  /** Nobody waits for it: a slow client of the old address must not hold up the reload. */
  #leave(server: HttpServer): void {
    const closed = server.close(LEFT_DRAIN_MS).catch((error) =>
      this.#options.logger.error("the old address could not be closed", { error: messageOf(error) })
    ).finally(() => this.#left.delete(server));
    this.#left.set(server, closed);
  }
}

function addressesOf({ host, port, healthPort }: IngressConfig): Address[] {
  if (healthPort === undefined) return [{ role: "main", host, port }];
  return [
    { role: "main", host, port },
    { role: "health", host, port: healthPort },
  ];
}

function limitsOf({ role }: Address, config: IngressConfig): ServerLimits {
  const stepsAside = role === "main" && config.healthPort !== undefined;
  return { ...config, maxNewPerSecond: stepsAside ? MAX_NEW_PER_SECOND_ASIDE : Infinity };
}

/** Whether a socket for one will do for the other. Of two "any free one" neither is the other's. */
function isSame(one: Address, other: Address): boolean {
  return one.host === other.host && one.port === other.port && (one.port !== 0 || one.role === other.role);
}

/** Whether this port is listened on already, on another host: the two may overlap, which is no fault of anybody else's. */
function hostAloneChanged({ port }: Address, before: readonly Listener[]): boolean {
  return port !== 0 && before.some(({ address }) => address.port === port);
}

const HOST_ALONE = "a host that changes alone takes effect at the next start, or with another port";
