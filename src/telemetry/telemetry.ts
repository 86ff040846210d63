import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import { type Exporter, fingerprint, type TelemetryConfig } from "../config/mod.ts";
import type { ProbeResult, ProbeType } from "../model/probe_result.ts";
import { NO_TRACING, type TraceContext, type Tracing, type VerdictChange } from "../model/trace.ts";
import { ContextOnlyTracing } from "./context_only.ts";
import type { ExporterStats } from "./export/dispatcher.ts";
import type { PipelineDeps, PushExporter, Resource, RunningExporter } from "./export/pipeline.ts";
import type { SpanOutbox } from "./export/span_outbox.ts";
import { exporterReadings } from "./exporter_readings.ts";
import { ExporterTotals } from "./exporter_totals.ts";
import type { MeterRegistry } from "./meter.ts";
import { type OtelEnvironment, readOtelEnvironment } from "./otel_environment.ts";
import type { EnvironmentVariables } from "./otel_value.ts";
import type { Reading } from "./reading.ts";
import { TraceIds } from "./trace_ids.ts";

export interface TelemetryDeps {
  readonly registry: MeterRegistry;
  readonly clock: Clock;
  readonly logger: Logger;
  /** OTEL_* and HOSTNAME are read from it, once. */
  readonly env: EnvironmentVariables;
  /** Takes the lines of the stdout exporters. Default: `console.log`. */
  readonly print?: (line: string) => void;
  /** 0 … 1, for jitter. Default: `Math.random`. */
  readonly random?: () => number;
  /** Where exporters' counts go on that an earlier Telemetry's began. Default: they begin at 0. */
  readonly totals?: ExporterTotals;
}

/** How long an exporter that a reload removed may still take to deliver what it has, ms. */
const REMOVED_DRAIN_MS = 10_000;
/** How much later than its limit a shutdown returns at most, ms, whatever an exporter does. */
const GRACE_MS = 250;

/** The part of the configuration that exporters follow. */
export type ExportConfig = Pick<TelemetryConfig, "exporters" | "traceSuccessRatio" | "resourceAttributes">;

/** What pushes metrics and traces out. It never throws into what it watches, and never waits for a receiver. */
export class Telemetry {
  readonly #deps: TelemetryDeps;
  readonly #environment: OtelEnvironment;
  readonly #ids = new TraceIds();
  readonly #instance = crypto.randomUUID();
  readonly #tracing: SwitchedTracing;
  readonly #totals: ExporterTotals;
  readonly #metrics = new Map<PushExporter, RunningExporter>();
  readonly #traces = new Map<PushExporter, SpanOutbox>();
  readonly #draining = new Set<Promise<void>>();
  readonly #told = new Set<string>();
  #resource: Resource | undefined;
  /** What the tracing at work was made from. */
  #tracingMade = "";
  #turn: Promise<void> = Promise.resolve();
  #closed = false;

  static async start(config: ExportConfig, deps: TelemetryDeps): Promise<Telemetry> {
    const telemetry = new Telemetry(deps);
    await telemetry.apply(config);
    return telemetry;
  }

  private constructor(deps: TelemetryDeps) {
    this.#deps = deps;
    this.#totals = deps.totals ?? new ExporterTotals();
    this.#tracing = new SwitchedTracing(deps.logger);
    this.#environment = readOtelEnvironment(deps.env);
    this.#tracing.target = this.#contextOnly();
  }

  /** Stays the same over reloads. */
  get tracing(): Tracing {
    return this.#tracing;
  }

  /**
   * Goes over to another configuration. Exporters that stay are left alone; those that go deliver what they have, in
   * the background. Calls take turns. Never rejects.
   */
  apply(config: ExportConfig): Promise<void> {
    this.#turn = this.#turn.then(() => this.#apply(config)).catch((error) => {
      this.#deps.logger.error("can't set up the exporters", { error: messageOf(error) });
    });
    return this.#turn;
  }

  /** By exporter, those that a reload removed included; counts go on where they were. */
  stats(): readonly ExporterStats[] {
    return this.#totals.stats();
  }

  /** The same, for the page of internals. */
  readings(): readonly Reading[] {
    return exporterReadings(this.stats());
  }

  /** A last flush, then the end, within the limit. Never rejects. */
  async shutdown(limitMs: number): Promise<void> {
    await this.#turn;
    const { clock } = this.#deps;
    this.#closed = true;
    this.#tracing.target = NO_TRACING;
    for (const exporter of [...this.#metrics.values(), ...this.#traces.values()]) {
      this.#drain(exporter, limitMs);
    }
    this.#metrics.clear();
    this.#traces.clear();
    const done = new AbortController();
    const drained = Promise.all(this.#draining).then(() => done.abort());
    await Promise.race([drained, clock.sleepUntil(clock.now() + limitMs + GRACE_MS, done.signal)]);
  }

  async #apply(config: ExportConfig): Promise<void> {
    if (this.#closed) return;
    const { logger } = this.#deps;
    const wanted = this.#wanted(config.exporters);
    if (wanted.length > 0) await this.#export(config, wanted);
    else this.#tracing.target = this.#contextOnly();
    this.#drainAllBut(wanted);
    this.#deps.registry.exemplars = this.#traces.size > 0;
    for (const problem of this.#environment.problems()) {
      if (!this.#told.has(problem)) logger.warn(problem);
      this.#told.add(problem);
    }
  }

  #wanted(configured: readonly Exporter[]): PushExporter[] {
    if (this.#environment.disabled) return [];
    return this.#environment.exporters(configured).filter((exporter) => exporter !== "prometheus");
  }

  /** Starts what is new and points tracing at what there is then. */
  async #export(config: ExportConfig, wanted: readonly PushExporter[]): Promise<void> {
    const pipeline = await import("./export/pipeline.ts");
    const { registry, clock, logger, print = console.log, random = Math.random } = this.#deps;
    const deps: PipelineDeps = { environment: this.#environment, clock, logger, print, random };
    const resource = pipeline.makeResource(config.resourceAttributes, this.#environment, this.#instance);
    this.#resource = resource;
    for (const exporter of wanted) {
      if (exporter.includes("metric")) {
        if (this.#metrics.has(exporter)) continue;
        const running = pipeline.startMetricExporter(
          exporter,
          registry,
          () => this.#resource ?? resource,
          deps,
        );
        this.#metrics.set(exporter, running);
        this.#totals.add(running);
      } else if (!this.#traces.has(exporter)) {
        const outbox = pipeline.startTraceExporter(exporter, deps);
        this.#traces.set(exporter, outbox);
        this.#totals.add(outbox);
      }
    }
    const traces = wanted.filter((exporter) => this.#traces.has(exporter));
    const made = fingerprint([traces, config.traceSuccessRatio, config.resourceAttributes]);
    if (traces.length === 0) this.#tracing.target = this.#contextOnly();
    else if (made !== this.#tracingMade) {
      const outboxes = traces.map((exporter) => this.#traces.get(exporter)!);
      const { traceSuccessRatio } = config;
      this.#tracing.target = pipeline.makeTracing(
        outboxes,
        resource,
        traceSuccessRatio,
        this.#ids,
        this.#environment,
      );
    }
    this.#tracingMade = traces.length === 0 ? "" : made;
  }

  #drainAllBut(wanted: readonly PushExporter[]): void {
    for (const running of [this.#metrics, this.#traces]) {
      for (const [name, exporter] of running) {
        if (wanted.includes(name)) continue;
        running.delete(name);
        this.#drain(exporter, REMOVED_DRAIN_MS);
      }
    }
    if (wanted.length === 0) this.#tracingMade = "";
  }

  #drain(exporter: RunningExporter, limitMs: number): void {
    const drained = exporter.close(limitMs).catch((error) => {
      this.#deps.logger.error("an exporter did not end well", { error: messageOf(error) });
    }).then(() => {
      this.#totals.retire(exporter);
      this.#draining.delete(drained);
    });
    this.#draining.add(drained);
  }

  #contextOnly(): Tracing {
    const { disabled, propagate } = this.#environment;
    return disabled || !propagate ? NO_TRACING : new ContextOnlyTracing(this.#ids);
  }
}

/**
 * What probes and verdicts hold, while what is behind it changes. A span is never worth a probe or a verdict: what goes
 * wrong with one is told the first time, and that is all.
 */
class SwitchedTracing implements Tracing {
  target: Tracing = NO_TRACING;
  readonly #logger: Logger;
  #hasTold = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  begin(probe: string, type: ProbeType): TraceContext | undefined {
    return this.#attempt(() => this.target.begin(probe, type));
  }

  probeFinished(result: ProbeResult): void {
    this.#attempt(() => this.target.probeFinished(result));
  }

  verdictChanged(change: VerdictChange): void {
    this.#attempt(() => this.target.verdictChanged(change));
  }

  #attempt<Result>(trace: () => Result): Result | undefined {
    try {
      return trace();
    } catch (error) {
      if (!this.#hasTold) {
        this.#logger.error("tracing broke through a mistake of ours", { error: messageOf(error) });
      }
      this.#hasTold = true;
      return undefined;
    }
  }
}
