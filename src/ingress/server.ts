import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import { TokenBucket } from "../base/token_bucket.ts";
import type { IngressConfig } from "../config/mod.ts";
import { BodyRoom } from "./http/body.ts";
import { Connection, type Handler, type Host } from "./http/connection.ts";
import { Connections } from "./http/connections.ts";
import { Pace } from "./http/pace.ts";

/** Limits of one listening socket: they can change while it listens. */
export interface ServerLimits extends
  Pick<
    IngressConfig,
    | "readTimeoutMs"
    | "readHeaderTimeoutMs"
    | "writeTimeoutMs"
    | "idleTimeoutMs"
    | "maxHeaderBytes"
    | "maxConnections"
  > {
  /** New connections that are accepted each second, but for a burst; more wait in the system's queue. Infinity: all. */
  readonly maxNewPerSecond: number;
}

export interface ServerOptions {
  readonly host: string;
  /** 0: one that is free. */
  readonly port: number;
  readonly limits: ServerLimits;
  readonly handler: Handler;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether the process has memory for more; asking makes some where it is short. Default: always. */
  readonly hasRoom?: () => boolean;
}

/** How often idle and overdue connections are looked for. */
const SWEEP_MS = 250;

/** The same as long as there are more of them than one look may end. */
const HURRIED_SWEEP_MS = 10;

/**
 * Connections that may wait to be accepted. A client that finds no room tries again after a second, which is all the
 * time that the kubelet gives; one that finds it behind thousands of others waits for them.
 */
const BACKLOG = 512;

/** New connections that are accepted at once where so many a second are: a browser, a dashboard and a scraper. */
const BURST = 50;

/** How long no connection is accepted after one could not be: there may be no file descriptor for it. */
const ACCEPT_FAILED_PAUSE_MS = 50;

/** How often a failure to accept is told at most. */
const ACCEPT_FAILED_LOG_MS = 10_000;

/**
 * The listening socket, and what comes by it: HTTP/1.1, spoken by ourselves. What a server of the runtime accepts and
 * reads at once holds up probes and verdicts for a tenth of a second under a flood; this one does little at a time, keeps
 * nothing for a connection but what it has sent, ends the least useful one for a newcomer, and is the same on all
 * runtimes.
 */
export class HttpServer implements AsyncDisposable {
  readonly #listener: Deno.TcpListener;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #hasRoom: () => boolean;
  readonly #connections = new Connections();
  readonly #host: Host & { limits: ServerLimits; handler: Handler; isDraining: boolean };
  readonly #pace: Pace;
  readonly #newcomers = new TokenBucket(BURST);
  readonly #stopping = new AbortController();
  readonly #sweeping: Promise<void>;
  readonly #accepting: Promise<void>;
  readonly #allServed = Promise.withResolvers<void>();
  #serving = 0;
  #drainsUntilMs = Infinity;
  #closing: Promise<void> | undefined;
  #failedAtMs = -Infinity;

  /** Listens. @throws that the address can't be had, and why */
  static listen(options: ServerOptions): HttpServer {
    const { host, port } = options;
    let listener: Deno.TcpListener;
    try {
      listener = Deno.listen({ hostname: host, port, tcpBacklog: BACKLOG });
    } catch (error) {
      const [first, ...rest] = messageOf(error);
      const where = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
      throw new Error(`${where}: ${first.toLowerCase()}${rest.join("")}`);
    }
    return new HttpServer(listener, options);
  }

  private constructor(listener: Deno.TcpListener, options: ServerOptions) {
    const { clock, logger, limits, handler, hasRoom = () => true } = options;
    this.#listener = listener;
    this.#clock = clock;
    this.#logger = logger;
    this.#hasRoom = hasRoom;
    this.#pace = new Pace(clock);
    this.#host = {
      clock,
      logger,
      connections: this.#connections,
      pace: this.#pace,
      room: new BodyRoom(hasRoom),
      limits,
      handler,
      isDraining: false,
      date: dateOf(clock),
    };
    this.#sweeping = this.#sweep();
    this.#accepting = this.#accept();
  }

  /** The port that it listens on. */
  get port(): number {
    return this.#listener.addr.port;
  }

  get connections(): number {
    return this.#connections.count;
  }

  setHandler(handler: Handler): void {
    this.#host.handler = handler;
  }

  setLimits(limits: ServerLimits): void {
    this.#host.limits = limits;
  }

  /**
   * Takes no new connections, lets running answers finish within the limit, then ends what is left. Where it closes
   * already, the shorter limit counts.
   */
  async close(drainMs: number): Promise<void> {
    this.#drainsUntilMs = Math.min(this.#drainsUntilMs, this.#clock.now() + drainMs);
    this.#closing ??= this.#close();
    await this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close(0);
  }

  async #close(): Promise<void> {
    this.#host.isDraining = true;
    this.#listener.close();
    this.#connections.endIdle();
    while (this.#connections.busyCount > 0 && this.#clock.now() < this.#drainsUntilMs) {
      await this.#clock.sleepUntil(Math.min(this.#drainsUntilMs, this.#clock.now() + 10));
    }
    this.#connections.endAll();
    this.#stopping.abort("closed");
    this.#pace[Symbol.dispose]();
    if (this.#serving === 0) this.#allServed.resolve();
    await Promise.all([this.#accepting, this.#sweeping, this.#allServed.promise]);
  }

  async #accept(): Promise<void> {
    while (!this.#host.isDraining) {
      let connection: Deno.TcpConn;
      try {
        connection = await this.#listener.accept();
      } catch (error) {
        if (!this.#host.isDraining) await this.#onAcceptFailed(error);
        continue;
      }
      this.#pace.work(() => this.#onConnection(connection));
      const nowMs = this.#clock.now();
      const nextAtMs = this.#newcomers.take(nowMs, this.#host.limits.maxNewPerSecond);
      if (nextAtMs > nowMs) await this.#clock.sleepUntil(nextAtMs, this.#stopping.signal);
      const turn = this.#pace.turn(true); // whoever wants a verdict may be among those who wait
      if (turn) await turn;
    }
  }

  #onConnection(connection: Deno.TcpConn): void {
    if (this.#host.isDraining) return connection.close();
    this.#hasRoom(); // what connections that have ended leave behind is collected, where it is too much
    const client = new Connection(connection, this.#host);
    this.#serving++;
    void client.serve().then(() => {
      if (--this.#serving === 0 && this.#host.isDraining) this.#allServed.resolve();
    });
    this.#connections.add(client, this.#host.limits.maxConnections, this.#clock.now());
  }

  async #onAcceptFailed(error: unknown): Promise<void> {
    const nowMs = this.#clock.now();
    if (nowMs - this.#failedAtMs >= ACCEPT_FAILED_LOG_MS) {
      this.#failedAtMs = nowMs;
      this.#logger.error("HTTP server", { error: messageOf(error) });
    }
    await this.#clock.sleepUntil(nowMs + ACCEPT_FAILED_PAUSE_MS, this.#stopping.signal);
  }

  async #sweep(): Promise<void> {
    const { signal } = this.#stopping;
    let waitMs = SWEEP_MS;
    while (await this.#clock.sleepUntil(this.#clock.now() + waitMs, signal)) {
      waitMs = this.#connections.sweep(this.#clock.now(), this.#host.limits) ? HURRIED_SWEEP_MS : SWEEP_MS;
    }
  }
}

/** The time as answers say it (RFC 9110, 5.6.7), put into words once a second. */
function dateOf(clock: Clock): () => string {
  let saidAt = NaN;
  let said = "";
  return () => {
    const second = Math.floor(clock.wallNow() / 1_000);
    if (second !== saidAt) {
      saidAt = second;
      said = new Date(second * 1_000).toUTCString();
    }
    return said;
  };
}
