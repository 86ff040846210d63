import { METRIC_NAME } from "../model/labels.ts";
import type { ProbeStatusSource } from "../model/probe_status.ts";
import type { Queryable } from "../model/store.ts";
import { SampleColumns } from "../model/sample.ts";
import {
  type Expr,
  formatApiFloat,
  type MatrixSeries,
  parseExpr,
  type QueryValue,
  selectorsOf,
} from "../query/mod.ts";
import { type Answer, json, type Request, text } from "./answer.ts";
import type { Evaluation, HealthEndpoint } from "./health_endpoint.ts";
import { probeJson } from "./probe_json.ts";
import { probesOfQuery } from "./probes_of_query.ts";
import type { Route } from "./router.ts";

/** Most series that a verbose answer lists. */
const MAX_SERIES = 100;

/** Most steps of each that it lists: the last ones. */
const MAX_STEPS = 100;

/** How far back a verbose answer looks for the newest sample behind the query, ms. */
const NEWEST_SAMPLE_REACH_MS = 3_600_000;

export interface HealthRouteDeps {
  readonly store: Queryable;
  readonly probes: ProbeStatusSource;
}

/** GET and HEAD on a health endpoint's path: a verdict in two lines, or with `?verbose` all of it as JSON. */
export function healthRoute(endpoint: HealthEndpoint, deps: HealthRouteDeps): Route {
  return {
    methods: ["GET"],
    async handle(request: Request): Promise<Answer> {
      const evaluation = await endpoint.evaluate();
      return request.parameters.has("verbose") ? verbose(endpoint, evaluation, deps) : brief(evaluation);
    },
  };
}

function brief({ healthy, status, reason }: Evaluation): Answer {
  return text(status, `${healthy ? "healthy" : "unhealthy"}\n${reason}\n`);
}

function verbose(endpoint: HealthEndpoint, evaluation: Evaluation, deps: HealthRouteDeps): Answer {
  const { config } = endpoint;
  const { query } = config;
  const parsed = parseExpr(query.expr);
  const expr = parsed.kind === "ok" ? parsed.expr : undefined;
  const value = evaluation.result.kind === "ok" ? evaluation.result.value : undefined;
  const probes = expr && config.source.kind === "local" ? probesOfQuery(expr, deps.probes.probes()) : [];
  const newest = expr && config.source.kind === "local"
    ? newestSampleMs(expr, deps.store, evaluation.atMs)
    : undefined;
  return json(evaluation.status, {
    endpoint: config.path,
    description: config.description || undefined,
    verdict: evaluation.healthy ? "healthy" : "unhealthy",
    reason: evaluation.reason,
    result: evaluation.finding.kind,
    since: new Date(evaluation.sinceMs).toISOString(),
    query: query.expr,
    queryType: query.kind,
    source: config.source.kind,
    time: new Date(evaluation.atMs).toISOString(),
    value: value && valueJson(value),
    newestSampleAgeSeconds: newest === undefined ? null : Math.max(0, evaluation.atMs - newest) / 1_000,
    probes: probes.map((probe) => ({ probe: probe.name, ...probeJson(probe) })),
  });
}

function valueJson(value: QueryValue): unknown {
  switch (value.kind) {
    case "scalar":
      return { type: value.kind, value: formatApiFloat(value.value) };
    case "string":
      return { type: value.kind, value: value.value };
    case "vector":
      return {
        type: "vector",
        count: value.samples.length,
        series: value.samples.slice(0, MAX_SERIES).map(({ labels, value, histogram }) => ({
          labels: labels.toRecord(),
          value: histogram ? "histogram" : formatApiFloat(value),
        })),
      };
    case "matrix":
      return {
        type: "matrix",
        count: value.series.length,
        series: value.series.slice(0, MAX_SERIES).map((series) => ({
          labels: series.labels.toRecord(),
          values: lastSteps(series),
        })),
      };
  }
}

function lastSteps({ values, histograms }: MatrixSeries): string[] {
  const first = Math.max(0, values.length - MAX_STEPS);
  return Array.from(
    values.subarray(first),
    (each, i) => histograms?.[first + i] ? "histogram" : formatApiFloat(each),
  );
}

/** Time of the newest sample among the series that the query selects, ms; `undefined`: none in the last hour. */
function newestSampleMs(expr: Expr, store: Queryable, nowMs: number): number | undefined {
  const found = new SampleColumns(16);
  const minTimeMs = nowMs - NEWEST_SAMPLE_REACH_MS;
  for (const matchers of selectorsOf(expr)) {
    if (!matchers.some((matcher) => matcher.name === METRIC_NAME)) continue; // it could be every series there is
    for (const series of store.select({ matchers, minTimeMs, maxTimeMs: nowMs })) {
      series.readLast(minTimeMs, nowMs, found);
    }
  }
  return found.length === 0
    ? undefined
    : found.timestamps.subarray(0, found.length).reduce((a, b) => Math.max(a, b));
}
