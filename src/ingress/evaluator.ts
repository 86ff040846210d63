import type { Clock } from "../base/clock.ts";
import type { HealthQuery, HealthSource } from "../config/mod.ts";
import type { Queryable } from "../model/store.ts";
import type { Engine, Expr, QueryResult } from "../query/mod.ts";
import { remoteEvaluator } from "./remote_evaluator.ts";

/** Puts one health query at one moment (wall clock, ms). Never rejects: what goes wrong is in the result. */
export type Evaluator = (nowMs: number) => Promise<QueryResult>;

/**
 * The evaluator for a query: over the store beside us, or over a Prometheus-compatible API elsewhere.
 * @param expr what the query's text says
 */
export function makeEvaluator(
  query: HealthQuery,
  expr: Expr,
  source: HealthSource,
  engine: Engine,
  store: Queryable,
  clock: Clock,
): Evaluator {
  if (source.kind === "remote") return remoteEvaluator(query, source.url, clock);
  const limits = { timeoutMs: Math.min(query.timeoutMs, engine.options.timeoutMs), urgent: true };
  if (query.kind === "instant") {
    return (nowMs) => engine.instant(store, expr, nowMs + query.relativeTimeMs, limits);
  }
  return (nowMs) =>
    engine.range(
      store,
      expr,
      nowMs + query.relativeStartMs,
      nowMs + query.relativeEndMs,
      query.intervalMs,
      limits,
    );
}
