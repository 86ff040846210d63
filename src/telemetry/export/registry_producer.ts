import type { Resource } from "@opentelemetry/resources";
import type { CollectionResult, MetricProducer } from "@opentelemetry/sdk-metrics";
import { VERSION } from "../../model/version.ts";
import type { Cell } from "../cell.ts";
import type { MeterRegistry } from "../meter.ts";
import { type Baseline, baselineOf, metricDataOf } from "./metric_points.ts";

export interface RegistryProducerOptions {
  readonly registry: MeterRegistry;
  readonly temporality: "cumulative" | "delta";
  readonly histograms: "exponential" | "explicit";
  readonly resource: () => Resource;
  readonly wallNow: () => number;
}

/** What was said last, and when, so that a delta can be told from it. */
interface Said {
  readonly atMs: number;
  readonly baselines: ReadonlyMap<Cell, Baseline>;
}

/**
 * The registry as a source for the SDK's metric readers. Nothing is counted a second time: points are made of the
 * registry's own cells when they are asked for.
 */
export class RegistryProducer implements MetricProducer {
  readonly #options: RegistryProducerOptions;
  /** The last one that arrived; only deltas are told from it, so a lost export loses nothing. */
  #acknowledged: Said;
  #collected: Said;

  constructor(options: RegistryProducerOptions) {
    this.#options = options;
    this.#acknowledged = this.#collected = { atMs: options.wallNow(), baselines: new Map() };
  }

  collect(): Promise<CollectionResult> {
    const { registry, temporality, histograms, resource, wallNow } = this.#options;
    const isDelta = temporality === "delta";
    const endMs = wallNow();
    const said = this.#acknowledged;
    const baselines = new Map<Cell, Baseline>();
    const before = (cell: Cell) => isDelta ? said.baselines.get(cell) : undefined;
    const timeOf = (cell: Cell) => ({
      startMs: before(cell) ? said.atMs : Math.min(cell.startedAtMs, endMs),
      endMs,
    });
    const metrics = registry.snapshot().filter(({ instrument }) => instrument.otlp).map((family) => {
      if (isDelta) { for (const cell of family.cells) baselines.set(cell, baselineOf(cell)); }
      return metricDataOf(family.instrument, family.cells, { isDelta, histograms, before, timeOf });
    });
    this.#collected = { atMs: endMs, baselines };
    const scopeMetrics = metrics.length === 0
      ? []
      : [{ scope: { name: "bunny", version: VERSION }, metrics }];
    return Promise.resolve({ resourceMetrics: { resource: resource(), scopeMetrics }, errors: [] });
  }

  /** What was collected last has arrived. */
  acknowledge(): void {
    this.#acknowledged = this.#collected;
  }
}
