import type { Clock } from "../../src/base/clock.ts";
import { backlogAt, delayMsAt, isHealthyAt, type Wave } from "./wave.ts";

/** Each item of the backlog costs the asker this much waiting, milliseconds. */
const DELAY_PER_ITEM_MS = 1;

export interface HttpOptions {
  clock: Clock;
  /** Address to bind. */
  host: string;
  /** TCP port; 0 for any free one. */
  port: number;
}

/**
 * `/healthz`: 200 "healthy" or 503 "unhealthy", late by the height of the wave.
 * `/queue`: 200 "backlog N", late by 1 ms an item.
 */
export function serveHealth(wave: Wave, options: HttpOptions): HttpEndpoint {
  const { clock } = options;
  return new HttpEndpoint(options, {
    "/healthz": async (signal) => {
      const askedAtMs = clock.wallNow();
      await clock.sleepUntil(clock.now() + delayMsAt(askedAtMs, wave), signal);
      return isHealthyAt(askedAtMs, wave) ? text(200, "healthy\n") : text(503, "unhealthy\n");
    },
    "/queue": async (signal) => {
      const backlog = backlogAt(clock.wallNow(), wave);
      await clock.sleepUntil(clock.now() + backlog * DELAY_PER_ITEM_MS, signal);
      return text(200, `backlog ${backlog}\n`);
    },
  });
}

/** `/hello`: 200 "hello", at once and always. */
export function serveHello(options: HttpOptions): HttpEndpoint {
  return new HttpEndpoint(options, { "/hello": () => text(200, "hello\n") });
}

/** Answers a path; the signal aborts when the server closes. An asker who leaves is waited for all the same. */
type Route = (signal: AbortSignal) => Response | Promise<Response>;

/** An HTTP server of a few fixed paths. Closing it drops what is under way. */
export class HttpEndpoint implements AsyncDisposable {
  readonly port: number;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #closing = new AbortController();

  constructor({ host, port }: HttpOptions, routes: Readonly<Record<string, Route>>) {
    this.#server = Deno.serve({
      hostname: host,
      port,
      onListen: () => {},
      handler: (request) => this.#answer(request, routes),
    });
    this.port = this.#server.addr.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#server.shutdown();
  }

  #answer(request: Request, routes: Readonly<Record<string, Route>>): Response | Promise<Response> {
    const path = new URL(request.url).pathname;
    const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
    if (!route) return text(404, "not found\n");
    if (request.method !== "GET" && request.method !== "HEAD") return text(405, "method not allowed\n");
    return route(this.#closing.signal);
  }
}

function text(status: number, body: string): Response {
  return new Response(body, { status, headers: { "content-type": "text/plain; charset=utf-8" } });
}
