/** Values that passed every check → Config. */
import { parseGoDuration } from "../base/duration.ts";
import type { Steps } from "../base/steps.ts";
import { buildEgress, buildMetrics, type ToRegex } from "./build_egress.ts";
import type * as C from "./config.ts";
import type { Patterns } from "./costly.ts";
import { comparedPath } from "./cross_checks.ts";
import { HOUR_MS } from "./limits.ts";
import type { ConfigInput } from "./schema.ts";
import type { HealthInput } from "./schema_ingress.ts";

/** @param patterns every pattern of the file, compiled */
export function* buildConfig(written: ConfigInput, patterns: Patterns): Steps<C.Config> {
  const { egress, ingress, signals, telemetry, reload } = written;
  const toRegex: ToRegex = (source) => {
    const regex = patterns.get(source);
    if (!regex) throw new Error(`Cannot build a pattern that was not checked: ${JSON.stringify(source)}`);
    return regex;
  };
  const builtEgress = yield* buildEgress(egress, toRegex);
  return {
    egress: builtEgress,
    ingress: yield* buildIngress(ingress.httpServer),
    signals: {
      watchedProcess: signals.watchedProcessCommandLineRegEx === undefined
        ? undefined
        : toRegex(signals.watchedProcessCommandLineRegEx),
      shutdownTimeoutMs: signals.shutdownTimeoutMilliseconds,
    },
    telemetry: buildTelemetry(telemetry, builtEgress.probes),
    reload: { delayMs: toMs(reload.delay), jitterMs: toMs(reload.jitter) },
    written,
  };
}

function* buildIngress(server: ConfigInput["ingress"]["httpServer"]): Steps<C.IngressConfig> {
  const health: C.HealthConfig[] = [];
  for (const endpoint of server.health) {
    health.push(buildHealth(endpoint));
    yield;
  }
  return {
    host: server.host,
    port: server.port,
    healthPort: server.healthPort,
    readTimeoutMs: serverTimeout(server.readTimeoutMilliseconds),
    readHeaderTimeoutMs: serverTimeout(server.readHeaderTimeoutMilliseconds),
    writeTimeoutMs: serverTimeout(server.writeTimeoutMilliseconds),
    idleTimeoutMs: serverTimeout(server.idleTimeoutMilliseconds),
    maxHeaderBytes: server.maxHeaderBytes,
    maxConnections: server.maxConnections ?? defaultMaxConnections(server.healthPort),
    openTelemetryMetricsPath: comparedPath(server.openTelemetryMetricsPath),
    prometheusMetricsPath: comparedPath(server.prometheusMetricsPath),
    api: server.api,
    statusPage: server.statusPage,
    health,
  };
}

/** A crowd that leaves at once takes its time, so where verdicts have a port for themselves the other holds a smaller one. */
function defaultMaxConnections(healthPort: number | undefined): number {
  return healthPort === undefined ? 1_000 : 200;
}

/** 0 is Go's "no limit"; the longest that the schema allows stands in for it, so that every wait has an end. */
function serverTimeout(timeoutMs: number): number {
  return timeoutMs === 0 ? HOUR_MS : timeoutMs;
}

function buildHealth(health: HealthInput): C.HealthConfig {
  const forMs = health.forMilliseconds;
  return {
    path: comparedPath(health.path),
    query: buildQuery(health),
    whenEmpty: health.whenEmpty,
    forMs: typeof forMs === "number" ? { healthy: forMs, unhealthy: forMs } : forMs,
    initial: health.initial,
    source: health.source === "remote" ? { kind: "remote", url: health.remoteUrl ?? "" } : { kind: "local" },
    description: health.description,
    metrics: buildMetrics(health.metrics),
  };
}

function buildQuery({ path, instantQuery, rangeQuery }: HealthInput): C.HealthQuery {
  if (instantQuery) {
    return {
      kind: "instant",
      expr: instantQuery.query,
      timeoutMs: toMs(instantQuery.timeout),
      relativeTimeMs: toMs(instantQuery.relativeInstantTime),
    };
  }
  if (!rangeQuery) throw new Error(`Cannot build endpoint ${JSON.stringify(path)}: it has no query`);
  return {
    kind: "range",
    expr: rangeQuery.query,
    timeoutMs: toMs(rangeQuery.timeout),
    relativeStartMs: toMs(rangeQuery.relativeStartTime),
    relativeEndMs: toMs(rangeQuery.relativeEndTime),
    intervalMs: toMs(rangeQuery.interval),
  };
}

function buildTelemetry(
  { openTelemetry, prometheus }: ConfigInput["telemetry"],
  probes: readonly C.ProbeConfig[],
): C.TelemetryConfig {
  const { tsdbPath, tsdbOptions, promql } = prometheus;
  const { maxSamples, timeoutMilliseconds, lookbackDeltaMilliseconds, noStepSubqueryIntervalMilliseconds } =
    promql.engineOptions;
  return {
    exporters: [...new Set(openTelemetry.exporters)],
    traceSuccessRatio: openTelemetry.traces.successRatio,
    resourceAttributes: openTelemetry.resourceAttributes,
    store: {
      tsdbPath,
      retentionMs: tsdbOptions.retentionDurationMilliseconds,
      retentionSizeBytes: tsdbOptions.retentionSizeBytes,
      minBlockMs: tsdbOptions.minBlockDurationMilliseconds,
      maxBlockMs: tsdbOptions.maxBlockDurationMilliseconds,
    },
    promql: {
      maxConcurrentQueries: promql.maxConcurrentQueries,
      maxSamples,
      timeoutMs: timeoutMilliseconds,
      lookbackMs: lookbackDeltaMilliseconds ?? defaultLookbackMs(probes),
      noStepSubqueryIntervalMs: noStepSubqueryIntervalMilliseconds,
    },
  };
}

/** Three missed beats of the slowest probe: long enough to bridge a skip, short enough that no old success lingers. */
function defaultLookbackMs(probes: readonly C.ProbeConfig[]): number {
  const slowestMs = probes.reduce((slowest, { periodMs }) => Math.max(slowest, periodMs), 0);
  return Math.max(5_000, 3 * slowestMs);
}

/** A duration that has been checked, in milliseconds. */
function toMs(text: string): number {
  const ms = parseGoDuration(text);
  if (ms === undefined) throw new Error(`Cannot read a duration that was checked: ${text}`);
  return ms;
}
