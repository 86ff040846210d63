import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import { atOnce, inSlices, type Steps } from "../base/steps.ts";
import { fingerprint, type HealthConfig, type IngressConfig } from "../config/mod.ts";
import type { Instrument } from "../model/instruments.ts";
import type { Meter } from "../model/meter.ts";
import type { ProbeStatusSource } from "../model/probe_status.ts";
import type { Queryable } from "../model/store.ts";
import type { Tracing } from "../model/trace.ts";
import { type Engine, type Expr, parseExpr } from "../query/mod.ts";
import { type Answer, text } from "./answer.ts";
import { apiRoutes } from "./api/routes.ts";
import { Share } from "./api/share.ts";
import type { RuntimeFacts } from "./api/status_calls.ts";
import { makeEvaluator } from "./evaluator.ts";
import { HealthEndpoint } from "./health_endpoint.ts";
import { healthRoute } from "./health_route.ts";
import { probesOfQuery } from "./probes_of_query.ts";
import { type Route, Router } from "./router.ts";
import { HttpServer } from "./server.ts";
import { statusPageRoutes } from "./status_page/routes.ts";

/** A page made elsewhere; told what the client accepts. */
export type Page = (accept: string) =>
  | { readonly contentType: string; readonly body: string }
  | Promise<
    { readonly contentType: string; readonly body: string }
  >;

export interface IngressDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly meter: Meter;
  readonly tracing: Tracing;
  readonly store: Queryable;
  readonly probes: ProbeStatusSource;
  /** Those of all series that are measured now. */
  readonly instruments: () => Iterable<Instrument>;
  readonly openTelemetryMetrics: Page;
  readonly prometheusMetrics: Page;
  readonly facts: () => RuntimeFacts;
}

/** How long running answers may take to finish when a listening socket is replaced, ms. */
const REPLACED_DRAIN_MS = 5_000;

interface Entry {
  readonly fingerprint: string;
  readonly engine: Engine;
  readonly endpoint: HealthEndpoint;
}

/** By path. */
type Entries = ReadonlyMap<string, Entry>;

/** Everything that Bunny answers on its port. A new configuration swaps routes by one reference. */
export class Ingress {
  readonly #deps: IngressDeps;
  #config: IngressConfig;
  #server: HttpServer;
  /** Those whose address was left, while they finish what they began; and when they have. */
  readonly #left = new Map<HttpServer, Promise<void>>();
  #endpoints: Entries = new Map();

  /** @throws the system's error when the address can't be had */
  static async listen(config: IngressConfig, engine: Engine, deps: IngressDeps): Promise<Ingress> {
    const ingress = new Ingress(await openServer(config, engine, deps), config, deps);
    ingress.#swap(atOnce(ingress.#making(config, engine)), config, engine);
    return ingress;
  }

  private constructor(server: HttpServer, config: IngressConfig, deps: IngressDeps) {
    this.#server = server;
    this.#config = config;
    this.#deps = deps;
  }

  get port(): number {
    return this.#server.port;
  }

  /** Open ones. */
  get connections(): number {
    return this.#server.connections;
  }

  /**
   * Answers by the new configuration from the next request on. Endpoints keep their verdicts. Where the
   * address changed, the new one listens before the old one drains.
   * @throws the system's error when the new address can't be had; then nothing has changed
   */
  async apply(config: IngressConfig, engine: Engine): Promise<void> {
    const { clock } = this.#deps;
    const moved = config.port !== this.#config.port || config.host !== this.#config.host;
    const before = this.#server;
    const [left, made] = [this.#endpoints, await inSlices(this.#making(config, engine), clock)];
    if (moved) {
      try {
        this.#server = await this.#listenBeside(config, engine);
      } catch (error) {
        await inSlices(closing(made, left), clock);
        throw error;
      }
    }
    this.#swap(made, config, engine);
    this.#server.setLimits(config);
    this.#config = config;
    if (moved) this.#leave(before);
    // The new ones hold their series already: what they share with the old ones goes on without a stale marker.
    await inSlices(closing(left, made), clock);
  }

  /** @throws the system's error, which may be no fault of anybody else's: two hosts can overlap on one port */
  async #listenBeside(config: IngressConfig, engine: Engine): Promise<HttpServer> {
    try {
      return await openServer(config, engine, this.#deps);
    } catch (error) {
      if (config.port !== this.#config.port) throw error;
      throw new Error(
        `${messageOf(error)}; a host that changes alone takes effect at the next start, or with another port`,
      );
    }
  }

  /** Takes no new requests, finishes those that run within the limit, and ends the endpoints' series. */
  async close(drainMs: number): Promise<void> {
    const left = [...this.#left.values()];
    await Promise.all([this.#server, ...this.#left.keys()].map((server) => server.close(drainMs)));
    await Promise.all(left);
    for (const { endpoint } of this.#endpoints.values()) endpoint.close();
    this.#endpoints = new Map();
  }

  /** Nobody waits for it: a slow client of the old address must not hold up the reload. */
  #leave(server: HttpServer): void {
    const closed = server.close(REPLACED_DRAIN_MS).catch((error) =>
      this.#deps.logger.error("the old address could not be closed", { error: messageOf(error) })
    ).finally(() => this.#left.delete(server));
    this.#left.set(server, closed);
  }

  /** Endpoints of a configuration: those that are there already where nothing changes. */
  *#making(config: IngressConfig, engine: Engine): Steps<Entries> {
    const before = this.#endpoints;
    const after = new Map<string, Entry>();
    for (const health of config.health) {
      const print = fingerprint(health);
      const kept = before.get(health.path);
      const unchanged = kept?.fingerprint === print && kept.engine === engine;
      after.set(
        health.path,
        unchanged
          ? kept
          : { fingerprint: print, engine, endpoint: this.#makeEndpoint(health, engine, kept?.endpoint) },
      );
      yield;
    }
    return after;
  }

  #swap(made: Entries, config: IngressConfig, engine: Engine): void {
    this.#endpoints = made;
    const router = new Router(this.#routes(config, engine));
    this.#server.setHandler((request) => router.handle(request));
  }

  #makeEndpoint(health: HealthConfig, engine: Engine, before: HealthEndpoint | undefined): HealthEndpoint {
    const { clock, meter, tracing, store, probes } = this.#deps;
    const parsed = parseExpr(health.query.expr);
    const expr: Expr | undefined = parsed.kind === "ok" ? parsed.expr : undefined;
    return new HealthEndpoint(health, {
      evaluate: makeEvaluator(health.query, health.source, engine, store, clock),
      clock,
      meter,
      tracing,
      probes: () => expr ? probesOfQuery(expr, probes.probes()).map(({ name }) => name) : [],
    }, before);
  }

  #routes(config: IngressConfig, engine: Engine): Map<string, Route> {
    const routes = new Map<string, Route>();
    const add = (more: ReadonlyMap<string, Route>) => more.forEach((route, path) => routes.set(path, route));
    const share = new Share(engine.turns, this.#deps.clock);
    if (config.api) add(apiRoutes({ ...this.#deps, engine }, share));
    if (config.statusPage) {
      add(statusPageRoutes({ ...this.#deps, api: config.api, endpoints: () => [...this.#endpoints.keys()] }));
    }
    const fixed = (answer: Answer): Route => ({ methods: ["GET"], handle: () => answer });
    routes.set("-/healthy", fixed(text(200, "Bunny is healthy.\n")));
    routes.set("-/ready", fixed(text(200, "Bunny is ready.\n")));
    if (config.openTelemetryMetricsPath) {
      routes.set(config.openTelemetryMetricsPath, pageRoute(this.#deps.openTelemetryMetrics, share));
    }
    if (config.prometheusMetricsPath) {
      routes.set(config.prometheusMetricsPath, pageRoute(this.#deps.prometheusMetrics, share));
    }
    for (const [path, { endpoint }] of this.#endpoints) routes.set(path, healthRoute(endpoint, this.#deps));
    return routes;
  }
}

/** A server that has no routes yet. */
function openServer(
  config: IngressConfig,
  engine: Engine,
  { clock, logger }: IngressDeps,
): Promise<HttpServer> {
  const { host, port } = config;
  const handler = () => text(503, "starting\n");
  return HttpServer.listen({
    host,
    port,
    limits: config,
    handler,
    clock,
    logger,
    hasRoom: engine.options.hasRoom,
  });
}

function pageRoute(page: Page, share: Share): Route {
  return {
    methods: ["GET"],
    handle: async (request) => {
      using work = share.begin();
      await work.turn();
      return { status: 200, ...await page(request.header("accept")) };
    },
  };
}

/** Closes those that are not among the others. */
function* closing(entries: Entries, others: Entries): Steps<void> {
  for (const [path, entry] of entries) {
    if (others.get(path) === entry) continue;
    entry.endpoint.close();
    yield;
  }
}
