import type { Clock } from "../base/clock.ts";
import { formatDuration } from "../base/duration.ts";
import type { Logging } from "../base/log.ts";
import type { Config, IngressConfig, StoreConfig } from "../config/mod.ts";
import { Ingress, type RuntimeFacts } from "../ingress/mod.ts";
import { type ExecPolicy, Schedule } from "../probes/mod.ts";
import { Engine } from "../query/mod.ts";
import { Store } from "../store/mod.ts";
import { ExporterTotals, Internals, MeterRegistry, type Reading, Telemetry } from "../telemetry/mod.ts";
import { connectionsWithin, samplesWithin } from "./memory_limit.ts";
import { engineReadings, QueryTotals } from "./query_totals.ts";
import { redactedConfig } from "./redacted_config.ts";
import { type ReloadFacts, ReloadMeters } from "./reload_meters.ts";
import type { Mishaps } from "./uncaught.ts";

/** What a service is made from, beside its configuration. */
export interface Assembly {
  readonly clock: Clock;
  readonly logging: Logging;
  readonly environment: Readonly<Record<string, string>>;
  readonly execPolicy: ExecPolicy;
  /** What the process may take; queries hold less then. */
  readonly memoryLimitBytes?: number;
  /** Whether there is memory for queries. Default: always. */
  readonly hasRoom?: () => boolean;
  /** Errors that nobody caught, where someone counts them. */
  readonly mishaps?: Mishaps;
}

/** What outlives a restart: the samples, and all that counts. */
export interface Foundation {
  readonly startedAtMs: number;
  readonly store: Store;
  /** What the store was opened with: it stays so until the process ends. */
  readonly storeConfig: StoreConfig;
  readonly meter: MeterRegistry;
  readonly queries: QueryTotals;
  readonly exports: ExporterTotals;
}

/** The other parts of a running service, in the order in which they are opened; they are closed in the opposite one. */
export interface Parts {
  readonly telemetry: Telemetry;
  readonly reloads: ReloadMeters;
  readonly internals: Internals;
  engine: Engine;
  readonly schedule: Schedule;
  readonly ingress: Ingress;
}

/** Opens the store. @throws when it can't be opened in a way that it could carry on from */
export async function layFoundation(config: Config, { clock, logging }: Assembly): Promise<Foundation> {
  const storeConfig = config.telemetry.store;
  const { tsdbPath, retentionMs, retentionSizeBytes, minBlockMs, maxBlockMs } = storeConfig;
  const startedAtMs = clock.wallNow();
  const store = await Store.open({
    dir: tsdbPath,
    clock,
    logger: logging.logger("store"),
    retentionMs,
    retentionSizeBytes,
    minBlockMs,
    maxBlockMs,
  });
  const meter = new MeterRegistry(store, { clock, logger: logging.logger("telemetry") });
  const queries = new QueryTotals(logging.logger("query"));
  return { startedAtMs, store, storeConfig, meter, queries, exports: new ExporterTotals() };
}

/**
 * Makes and starts all other parts. What has been opened is closed again when a later part can't be had.
 * @param config the configuration in force, asked for anew each time
 * @param before how the reloads before a restart went
 * @throws when the address can't be had
 */
export async function assemble(
  config: () => Config,
  foundation: Foundation,
  assembly: Assembly,
  before?: ReloadFacts,
): Promise<Parts> {
  const { clock, logging, environment, execPolicy, mishaps } = assembly;
  const { store, meter, queries, exports } = foundation;
  await using opened = new AsyncDisposableStack();
  const first = config();
  const reloads = opened.use(new ReloadMeters(meter, clock, before));
  const telemetry = await Telemetry.start(first.telemetry, {
    registry: meter,
    clock,
    logger: logging.logger("telemetry"),
    env: environment,
    totals: exports,
  });
  opened.defer(() => telemetry.shutdown(0));
  const engine = makeEngine(first, assembly, queries);
  const internals = opened.use(
    new Internals(clock, {
      store: () => store.stats(),
      meter: () => meter.stats(),
      more: [
        () => telemetry.readings(),
        () => queries.readings(),
        () => engineReadings(parts.engine),
        () => ingressReadings(parts.ingress),
        () => mishaps?.readings() ?? [],
      ],
    }, logging.logger("telemetry")),
  );
  const schedule = opened.use(
    new Schedule({ clock, meter, tracing: telemetry.tracing, logger: logging.logger("egress"), execPolicy }),
  );
  const ingress = await Ingress.listen(ingressWithin(first, assembly), engine, {
    clock,
    logger: logging.logger("ingress"),
    meter,
    tracing: telemetry.tracing,
    store,
    probes: schedule,
    instruments: () => meter.instruments(),
    openTelemetryMetrics: (accept) => meter.page(accept),
    prometheusMetrics: (accept) => internals.page(accept),
    facts: () => factsOf(config(), foundation, reloads),
  });
  // Last: a verdict asked for from now on finds its probes beating.
  schedule.apply(first.egress.probes);
  opened.move();
  const parts: Parts = { telemetry, reloads, internals, engine, schedule, ingress };
  return parts;
}

function ingressReadings({ connections }: Ingress): Reading[] {
  const help = "Open connections; ingress.httpServer.maxConnections bounds those of each port.";
  return [{ name: "bunny_http_connections", kind: "gauge", help, value: connections }];
}

export function makeEngine(
  { telemetry: { promql } }: Config,
  { clock, memoryLimitBytes, hasRoom }: Assembly,
  queries: QueryTotals,
): Engine {
  const maxSamplesTogether = samplesWithin(memoryLimitBytes);
  return new Engine({
    ...promql,
    maxSamples: Math.min(promql.maxSamples, maxSamplesTogether ?? Infinity),
    maxSamplesTogether,
    hasRoom,
    clock,
    onQuery: (report) => queries.add(report),
  });
}

/** The server's configuration, with no more connections on all its ports than there is memory for. */
export function ingressWithin({ ingress }: Config, { memoryLimitBytes }: Assembly): IngressConfig {
  const ports = ingress.healthPort === undefined ? 1 : 2;
  const most = Math.floor(connectionsWithin(memoryLimitBytes) / ports);
  return ingress.maxConnections <= most ? ingress : { ...ingress, maxConnections: most };
}

function factsOf(config: Config, foundation: Foundation, reloads: ReloadMeters): RuntimeFacts {
  const { startedAtMs, store, storeConfig } = foundation;
  const { headSeries, headChunks, headMinTimeMs = 0, headMaxTimeMs = 0, walCorruptions } = store.stats();
  const { retentionMs, retentionSizeBytes } = storeConfig;
  return {
    startedAtMs,
    lastConfigAtMs: reloads.facts.appliedAtMs,
    reloadConfigSuccess: reloads.facts.successful,
    configYaml: () => redactedConfig(config),
    flags: {},
    retention: formatDuration(retentionMs) +
      (retentionSizeBytes === undefined ? "" : ` or ${retentionSizeBytes} bytes`),
    head: { series: headSeries, chunks: headChunks, minTimeMs: headMinTimeMs, maxTimeMs: headMaxTimeMs },
    corruptions: walCorruptions,
  };
}
