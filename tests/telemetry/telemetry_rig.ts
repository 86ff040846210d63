import type { Exporter } from "../../src/config/mod.ts";
import type { LogFields, Logger } from "../../src/base/log.ts";
import type { Outcome, ProbeResult } from "../../src/model/probe_result.ts";
import { type ExportConfig, type ExporterTotals, MeterRegistry, Telemetry } from "../../src/telemetry/mod.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { FakeStore } from "./fake_store.ts";

export interface LogLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  readonly fields: LogFields;
}

/** A logger that keeps what it is told. */
export function keepingLogger(): Logger & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at = (level: LogLine["level"]) => (message: string, fields: LogFields = {}) =>
    void lines.push({ level, message, fields });
  return { lines, debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** Telemetry with everything around it under a test's control; its end is a shutdown with no time left. */
export class TelemetryRig implements AsyncDisposable {
  readonly printed: string[] = [];
  private constructor(
    readonly clock: FakeClock,
    readonly registry: MeterRegistry,
    readonly logger: ReturnType<typeof keepingLogger>,
    readonly env: Record<string, string>,
  ) {}

  telemetry!: Telemetry;

  static async start(
    exporters: readonly Exporter[],
    env: Record<string, string> = {},
    config: Partial<ExportConfig> = {},
    totals?: ExporterTotals,
  ): Promise<TelemetryRig> {
    const clock = new FakeClock();
    const logger = keepingLogger();
    const registry = new MeterRegistry(new FakeStore(), { clock });
    const rig = new TelemetryRig(clock, registry, logger, env);
    rig.telemetry = await Telemetry.start(rig.config(exporters, config), {
      registry,
      clock,
      logger,
      env,
      print: (line) => void rig.printed.push(line),
      random: () => 1,
      totals,
    });
    return rig;
  }

  config(exporters: readonly Exporter[], config: Partial<ExportConfig> = {}): ExportConfig {
    return { exporters, traceSuccessRatio: 1, resourceAttributes: {}, ...config };
  }

  /** A probe from begin to end. */
  probe(name: string, outcome: Outcome = { kind: "pass" }, more: Partial<ProbeResult> = {}): ProbeResult {
    const trace = this.telemetry.tracing.begin(name, more.type ?? "http");
    const result: ProbeResult = {
      probe: name,
      type: "http",
      startedAtMs: this.clock.wallNow(),
      durationMs: 12.5,
      lateMs: 0,
      outcome,
      facts: {},
      events: [],
      trace,
      ...more,
    };
    this.telemetry.tracing.probeFinished(result);
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const over = this.telemetry.shutdown(0);
    await this.clock.advance(1_000);
    await over;
  }
}

/** Lets real I/O have its turns until something has come to pass. */
export async function until(done: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!done()) {
    if (performance.now() > deadline) throw new Error("it never came to pass");
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
