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

/** What was said of a series last, and when, so that a delta can be told from it. */
interface Said {
  readonly atMs: number;
  readonly baseline: Baseline;
}

/**
 * The registry as a source for the SDK's metric readers. Nothing is counted a second time: points are made of the
 * registry's own cells when they are asked for.
 */
export class RegistryProducer implements MetricProducer {
  readonly #options: RegistryProducerOptions;
  /**
   * The last that arrived, which deltas are told from: a lost export loses nothing. A series that is gone for a while
   * and comes back with its total goes on from here, too.
   */
  readonly #acknowledged = new WeakMap<Cell, Said>();
  #collected = new Map<Cell, Said>();

  constructor(options: RegistryProducerOptions) {
    this.#options = options;
    if (options.temporality !== "delta") return;
    const atMs = options.wallNow(); // what was counted before is not this one's to tell: another may have told it
    for (const cell of options.registry.totals()) {
      this.#acknowledged.set(cell, { atMs, baseline: baselineOf(cell) });
    }
  }

  collect(): Promise<CollectionResult> {
    const { registry, temporality, histograms, resource, wallNow } = this.#options;
    const isDelta = temporality === "delta";
    const endMs = wallNow();
    const said = (cell: Cell) => isDelta ? this.#acknowledged.get(cell) : undefined;
    const timeOf = (cell: Cell) => ({
      startMs: Math.min(said(cell)?.atMs ?? cell.startedAtMs, endMs),
      endMs,
    });
    const before = (cell: Cell) => said(cell)?.baseline;
    const families = registry.snapshot().filter(({ instrument }) => instrument.otlp);
    this.#collected = new Map();
    const metrics = families.map((family) => {
      if (isDelta && family.instrument.kind !== "gauge") {
        for (const cell of family.cells) {
          this.#collected.set(cell, { atMs: endMs, baseline: baselineOf(cell) });
        }
      }
      return metricDataOf(family.instrument, family.cells, { isDelta, histograms, before, timeOf });
    });
    const scopeMetrics = metrics.length === 0
      ? []
      : [{ scope: { name: "bunny", version: VERSION }, metrics }];
    return Promise.resolve({ resourceMetrics: { resource: resource(), scopeMetrics }, errors: [] });
  }

  /** What was collected last has arrived. */
  acknowledge(): void {
    for (const [cell, said] of this.#collected) this.#acknowledged.set(cell, said);
    this.#collected.clear();
  }
}
