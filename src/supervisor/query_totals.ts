import type { Logger } from "../base/log.ts";
import type { Engine, QueryReport } from "../query/mod.ts";
import type { Reading } from "../telemetry/mod.ts";

/** What the engine does now, for the same page. */
export function engineReadings({ load, options }: Engine): Reading[] {
  return [
    {
      name: "prometheus_engine_queries",
      kind: "gauge",
      help: "Long queries that run or wait to.",
      value: load.running + load.waiting,
    },
    {
      name: "prometheus_engine_queries_concurrent_max",
      kind: "gauge",
      help: "Long queries that may run at once.",
      value: options.maxConcurrentQueries,
    },
  ];
}

/** What all queries together came to, for the page of internals. Outlives the engines that a reload replaces. */
export class QueryTotals {
  readonly #logger: Logger;
  /** By outcome. */
  readonly #counts = new Map<QueryReport["outcome"], number>();
  #seconds = 0;
  #waitedSeconds = 0;
  #samples = 0;
  #peak = 0;

  /** `logger` is told of each query, in a whisper but for those that broke through a mistake of ours. */
  constructor(logger: Logger) {
    this.#logger = logger;
  }

  add(report: QueryReport): void {
    const { outcome, durationMs, waitedMs, samplesTotal, samplesPeak } = report;
    this.#logger[outcome === "internal" ? "error" : "debug"]("query", { ...report });
    this.#counts.set(outcome, (this.#counts.get(outcome) ?? 0) + 1);
    this.#seconds += durationMs / 1_000;
    this.#waitedSeconds += waitedMs / 1_000;
    this.#samples += samplesTotal;
    this.#peak = Math.max(this.#peak, samplesPeak);
  }

  readings(): Reading[] {
    const counter = (name: string, help: string, value: number): Reading => ({
      name,
      kind: "counter",
      help,
      value,
    });
    return [
      ...[...this.#counts].map(([outcome, count]): Reading => ({
        ...counter("bunny_queries_total", "Queries that ended, verdicts included, by outcome.", count),
        labels: { outcome },
      })),
      counter(
        "bunny_query_seconds_total",
        "Time that queries took, from the call to the result.",
        this.#seconds,
      ),
      counter(
        "bunny_query_wait_seconds_total",
        "Time that queries waited for their turn.",
        this.#waitedSeconds,
      ),
      counter("prometheus_engine_query_samples_total", "Samples that queries looked at.", this.#samples),
      {
        name: "bunny_query_peak_samples",
        kind: "gauge",
        help: "Most samples that one query held at once, since the start.",
        value: this.#peak,
      },
    ];
  }
}
