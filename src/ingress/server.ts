import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import { percentDecoded } from "../base/text.ts";
import type { IngressConfig } from "../config/mod.ts";
import { type Answer, hasTooManyParameters, type Request, text } from "./answer.ts";
import { BodyRoom, readBody } from "./body.ts";
import { Connections } from "./connections.ts";
import { Departure } from "./departure.ts";
import { refusalOf } from "./refusal.ts";
import { send } from "./send.ts";
import { endUnreadable } from "./unreadable.ts";

/** Limits of one listening socket: they can change while it listens. */
export type ServerLimits = Pick<
  IngressConfig,
  | "readTimeoutMs"
  | "readHeaderTimeoutMs"
  | "writeTimeoutMs"
  | "idleTimeoutMs"
  | "maxHeaderBytes"
  | "maxConnections"
>;

export type Handler = (request: Request) => Answer | Promise<Answer>;

export interface ServerOptions {
  readonly host: string;
  /** 0: one that is free. */
  readonly port: number;
  /** Connections that may wait to be accepted. Default: 512. */
  readonly backlog?: number;
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
 * Connections that may wait to be accepted by default. A client that finds no room tries again after a second, which is
 * all the time that the kubelet gives; one that finds it behind thousands of others waits for them.
 */
const BACKLOG = 512;

/** How long the runtime may take to notice that every connection has been ended. */
const CLOSED_WAIT_MS = 250;

/** What the parser itself lets through; `maxHeaderBytes` is enforced behind it, so that it can change at run time. */
const PARSER_HEADER_BYTES = 16 * 1024;

/**
 * The listening socket. Time-outs and too many connections are seen to here: node:http ends all whose time is up at
 * once, which for thousands takes a second, adds a second to its keep-alive time-out, has none for answers, and turns
 * the newest connection away instead of the least useful one.
 */
export class HttpServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #connections = new Connections();
  readonly #bodies: BodyRoom;
  readonly #stopSweeping = new AbortController();
  readonly #sweeping: Promise<void>;
  #limits: ServerLimits;
  #handler: Handler;
  #draining = false;

  /** Listens. @throws the system's error when the address can't be had */
  static async listen(options: ServerOptions): Promise<HttpServer> {
    const server = createServer({
      headersTimeout: 0,
      requestTimeout: 0,
      keepAliveTimeout: 0,
      keepAlive: false,
    });
    const { port, host, backlog = BACKLOG } = options;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ port, host, backlog }, () => {
        server.off("error", reject);
        resolve();
      });
    });
    return new HttpServer(server, options);
  }

  private constructor(server: Server, options: ServerOptions) {
    this.#server = server;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#handler = options.handler;
    this.#limits = options.limits;
    const { hasRoom = () => true } = options;
    this.#bodies = new BodyRoom(hasRoom);
    this.setLimits(options.limits);
    server.on("connection", (socket: Socket) => {
      socket.on("error", () => socket.destroy()); // the client's doing; its answer is lost with it
      hasRoom(); // what connections that have ended leave behind is collected, where it is too much
      this.#connections.add(socket, this.#limits.maxConnections, this.#clock.now());
    });
    server.on(
      "request",
      (request: IncomingMessage, response: ServerResponse) => this.#onRequest(request, response),
    );
    server.on("clientError", endUnreadable);
    server.on("error", (error: Error) => this.#logger.error("HTTP server", { error: messageOf(error) }));
    this.#sweeping = this.#sweep();
  }

  /** The port that it listens on. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  get connections(): number {
    return this.#connections.count;
  }

  setHandler(handler: Handler): void {
    this.#handler = handler;
  }

  setLimits(limits: ServerLimits): void {
    this.#limits = limits;
    // Read for each new connection, though the types don't know it.
    (this.#server as Server & { maxHeaderSize: number }).maxHeaderSize = Math.max(
      PARSER_HEADER_BYTES,
      limits.maxHeaderBytes,
    );
  }

  /** Takes no new connections, lets running answers finish within the limit, then ends what is left. */
  async close(drainMs: number): Promise<void> {
    this.#draining = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#connections.endIdle();
    const deadline = this.#clock.now() + drainMs;
    while (this.#connections.busyCount > 0 && this.#clock.now() < deadline) {
      await this.#clock.sleepUntil(Math.min(deadline, this.#clock.now() + 10));
    }
    this.#server.closeAllConnections();
    this.#connections.endAll();
    this.#stopSweeping.abort();
    await this.#sweeping;
    // Older runtimes' node:http can't cut off an answer that is being worked on, and waits for its end.
    const waited = new AbortController();
    await Promise.race([closed, this.#clock.sleepUntil(this.#clock.now() + CLOSED_WAIT_MS, waited.signal)]);
    waited.abort();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close(0);
  }

  async #sweep(): Promise<void> {
    const { signal } = this.#stopSweeping;
    let waitMs = SWEEP_MS;
    while (await this.#clock.sleepUntil(this.#clock.now() + waitMs, signal)) {
      waitMs = this.#connections.sweep(this.#clock.now(), this.#limits) ? HURRIED_SWEEP_MS : SWEEP_MS;
    }
  }

  #onRequest(message: IncomingMessage, response: ServerResponse): void {
    const { socket } = message;
    const departure = new Departure();
    response.on("error", () => {}); // the socket's own handler has ended it
    response.on("close", () => {
      departure.tell();
      this.#connections.finish(socket, response, this.#clock.now());
    });
    const onWaiting = (bytes: number) =>
      this.#connections.written(socket, response, bytes, this.#clock.now());
    const onFailed = (error: unknown) => this.#logger.error("answer failed", { error: messageOf(error) });
    const hearer = {
      onGone: () => departure.tell(),
      onOverdue: () => {
        send(message, response, OVERDUE, { isLast: true, departure, onWaiting }).catch(onFailed);
        departure.tell();
      },
    };
    const turn = this.#connections.begin(socket, response, this.#clock.now(), hearer);
    if (turn === "refused") return;
    // A rejection or a throw in here would be lost or would end the process.
    this.#answer(message, departure, turn).catch((error) => {
      this.#logger.error("request failed", {
        path: message.url?.split("?")[0].slice(0, 200),
        error: messageOf(error),
      });
      return text(500, "internal error\n");
    }).then((answer) =>
      send(message, response, answer, {
        // A body that nobody read would be taken for the next request, or hold the connection.
        isLast: this.#draining || !message.complete,
        departure,
        onWaiting,
      })
    ).catch(onFailed);
  }

  /** `turn`: when the connection's earlier answers are over, for a client that does not wait for them. */
  async #answer(
    message: IncomingMessage,
    departure: Departure,
    turn: Promise<void> | undefined,
  ): Promise<Answer> {
    if (turn) await turn;
    if (departure.isGone) return NOBODY_WAITS;
    const refusal = refusalOf(message, this.#limits.maxHeaderBytes);
    if (refusal) return refusal;
    const body = () =>
      readBody(message, {
        clock: this.#clock,
        timeoutMs: this.#limits.readTimeoutMs,
        room: this.#bodies,
        signal: departure.signal,
      });
    const request = requestOf(message, departure, body);
    return request ? await this.#handler(request) : text(400, "bad request\n", { Connection: "close" });
  }
}

const NOBODY_WAITS = text(499, "");
const OVERDUE = text(503, "the answer took too long\n");

function requestOf(
  message: IncomingMessage,
  departure: Departure,
  body: Request["body"],
): Request | undefined {
  const target = message.url ?? "/";
  const mark = target.indexOf("?");
  const rawPath = mark < 0 ? target : target.slice(0, mark);
  if (!rawPath.startsWith("/") || hasTooManyParameters(target)) return undefined;
  const path = percentDecoded(rawPath.slice(1));
  if (path === undefined) return undefined;
  let parameters: URLSearchParams | undefined;
  return {
    method: message.method ?? "GET",
    path,
    get parameters() {
      return parameters ??= new URLSearchParams(mark < 0 ? "" : target.slice(mark + 1));
    },
    header: (name) => String(message.headers[name] ?? ""),
    body,
    get signal() {
      return departure.signal;
    },
  };
}
