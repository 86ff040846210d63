import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/log.ts";
import { atOnce, inSlices, type Steps } from "../base/steps.ts";
import { fingerprint, type HealthConfig, type IngressConfig } from "../config/mod.ts";
import type { Instrument } from "../model/instruments.ts";
import type { Meter } from "../model/meter.ts";
import type { ProbeStatusSource } from "../model/probe_status.ts";
import type { Queryable } from "../model/store.ts";
import type { Tracing } from "../model/trace.ts";
import { type Engine, type Expr, parseExprInSteps } from "../query/mod.ts";
import { type Answer, text } from "./answer.ts";
import { apiRoutes } from "./api/routes.ts";
import { Share } from "./api/share.ts";
import type { RuntimeFacts } from "./api/status_calls.ts";
import { makeEvaluator } from "./evaluator.ts";
import { HealthEndpoint } from "./health_endpoint.ts";
import { healthRoute } from "./health_route.ts";
import { type Page, pageRoute } from "./page_route.ts";
import { probesOfQuery } from "./probes_of_query.ts";
import type { Handler } from "./http/connection.ts";
import { type Handlers, Listeners } from "./listeners.ts";
import { type Route, Router } from "./router.ts";
import { statusPageRoutes } from "./status_page/routes.ts";

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

interface Entry {
  readonly fingerprint: string;
  readonly engine: Engine;
  readonly endpoint: HealthEndpoint;
}

/** By path. */
type Entries = ReadonlyMap<string, Entry>;

/** Everything that Bunny answers on its ports. A new configuration swaps routes by one reference. */
export class Ingress {
  readonly #deps: IngressDeps;
  readonly #listeners: Listeners;
  #endpoints: Entries = new Map();

  /** @throws the system's error when an address can't be had */
  static async listen(config: IngressConfig, engine: Engine, deps: IngressDeps): Promise<Ingress> {
    const { clock, logger } = deps;
    const listeners = new Listeners({ clock, logger, hasRoom: engine.options.hasRoom });
    const ingress = new Ingress(listeners, deps);
    await ingress.#goOver(atOnce(ingress.#making(config, engine)), config, engine);
    return ingress;
  }

  private constructor(listeners: Listeners, deps: IngressDeps) {
    this.#listeners = listeners;
    this.#deps = deps;
  }

  /** The port that everything is answered on. */
  get port(): number {
    return this.#listeners.port;
  }

  /** The one for verdicts alone; `undefined`: there is none. */
  get healthPort(): number | undefined {
    return this.#listeners.healthPort;
  }

  /** Open ones, on all ports. */
  get connections(): number {
    return this.#listeners.connections;
  }

  /**
   * Answers by the new configuration from the next request on. Endpoints keep their verdicts. Where an address changed,
   * the new one listens before the old one drains.
   * @throws the system's error when a new address can't be had; then nothing has changed
   */
  async apply(config: IngressConfig, engine: Engine): Promise<void> {
    await this.#goOver(await inSlices(this.#making(config, engine), this.#deps.clock), config, engine);
  }

  async #goOver(made: Entries, config: IngressConfig, engine: Engine): Promise<void> {
    const { clock } = this.#deps;
    const left = this.#endpoints;
    try {
      await this.#listeners.move(config, this.#handlers(made, config, engine));
    } catch (error) {
      await inSlices(closing(made, left), clock);
      throw error;
    }
    this.#endpoints = made;
    // The new ones hold their series already: what they share with the old ones goes on without a stale marker.
    await inSlices(closing(left, made), clock);
  }

  /** Takes no new requests, finishes those that run within the limit, and ends the endpoints' series. */
  async close(drainMs: number): Promise<void> {
    await this.#listeners.close(drainMs);
    for (const { endpoint } of this.#endpoints.values()) endpoint.close();
    this.#endpoints = new Map();
  }

  /** Endpoints of a configuration: those that are there already where nothing changes. */
  *#making(config: IngressConfig, engine: Engine): Steps<Entries> {
    const before = this.#endpoints;
    const after = new Map<string, Entry>();
    for (const health of config.health) {
      const print = fingerprint(health);
      const kept = before.get(health.path);
      if (kept?.fingerprint === print && kept.engine === engine) {
        after.set(health.path, kept);
      } else {
        const expr = yield* parsing(health);
        const endpoint = this.#makeEndpoint(health, expr, engine, kept?.endpoint);
        after.set(health.path, { fingerprint: print, engine, endpoint });
      }
      yield;
    }
    return after;
  }

  #handlers(made: Entries, config: IngressConfig, engine: Engine): Handlers {
    const verdicts = this.#verdictRoutes(made);
    const handler = (routes: ReadonlyMap<string, Route>): Handler => {
      const router = new Router(routes);
      return { handle: (request) => router.handle(request), isUrgent: (path) => verdicts.has(path) };
    };
    const others = this.#otherRoutes(made, config, engine);
    return { main: handler(new Map([...others, ...verdicts])), health: handler(verdicts) };
  }

  #makeEndpoint(
    health: HealthConfig,
    expr: Expr,
    engine: Engine,
    before: HealthEndpoint | undefined,
  ): HealthEndpoint {
    const { clock, meter, tracing, store, probes } = this.#deps;
    return new HealthEndpoint(health, {
      evaluate: makeEvaluator(health.query, expr, health.source, engine, store, clock),
      clock,
      meter,
      tracing,
      probes: () => probesOfQuery(expr, probes.probes()).map(({ name }) => name),
    }, before);
  }

  /** What the kubelet asks. */
  #verdictRoutes(made: Entries): Map<string, Route> {
    const fixed = (answer: Answer): Route => ({ methods: ["GET"], handle: () => answer });
    const routes = new Map([
      ["-/healthy", fixed(text(200, "Bunny is healthy.\n"))],
      ["-/ready", fixed(text(200, "Bunny is ready.\n"))],
    ]);
    for (const [path, { endpoint }] of made) routes.set(path, healthRoute(endpoint, this.#deps));
    return routes;
  }

  #otherRoutes(made: Entries, config: IngressConfig, engine: Engine): Map<string, Route> {
    const { openTelemetryMetricsPath, prometheusMetricsPath } = config;
    const { openTelemetryMetrics, prometheusMetrics } = this.#deps;
    const routes = new Map<string, Route>();
    const add = (more: ReadonlyMap<string, Route>) => more.forEach((route, path) => routes.set(path, route));
    const share = new Share(engine.turns, this.#deps.clock);
    if (config.api) add(apiRoutes({ ...this.#deps, engine }, share));
    if (config.statusPage) {
      add(statusPageRoutes({ ...this.#deps, api: config.api, endpoints: () => [...made.keys()] }));
    }
    if (openTelemetryMetricsPath) {
      routes.set(openTelemetryMetricsPath, pageRoute(openTelemetryMetrics, share));
    }
    if (prometheusMetricsPath) routes.set(prometheusMetricsPath, pageRoute(prometheusMetrics, share));
    return routes;
  }
}

/** @throws for a query that can't be read: a configuration has none */
function* parsing({ path, query }: HealthConfig): Steps<Expr> {
  const parsed = yield* parseExprInSteps(query.expr);
  if (parsed.kind === "ok") return parsed.expr;
  throw new Error(`health endpoint ${path}: ${parsed.errors[0].reason}`);
}

/** Closes those that are not among the others. */
function* closing(entries: Entries, others: Entries): Steps<void> {
  for (const [path, entry] of entries) {
    if (others.get(path) === entry) continue;
    entry.endpoint.close();
    yield;
  }
}
