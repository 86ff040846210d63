import { fileURLToPath } from "node:url";
import process from "node:process";
import { SystemClock } from "../../src/base/clock.ts";
import { SILENT } from "../../src/base/log.ts";
import type { Exporter, ProbeConfig } from "../../src/config/mod.ts";
import type { ProbeResult } from "../../src/model/probe_result.ts";
import { Store } from "../../src/store/mod.ts";
import { MeterRegistry, Telemetry } from "../../src/telemetry/mod.ts";
import { History } from "../../src/probes/history.ts";
import { Recorder } from "../../src/probes/recorder.ts";
import { denoProcess } from "../support/process_runner.ts";
import { processStats, sleep } from "./process_stats.ts";

const PROBES = 50;
/** Results each 10 ms: 2,000 a second, far more than a Pod has, so that a result's cost stands out. */
const RESULTS_A_BEAT = 20;
const BEAT_MS = 10;
/** The same while the code warms up. */
const WARM_RESULTS_A_BEAT = 100;
const SECONDS = 2;
/** The quietest counts: another process on the machine only ever adds. */
const ROUNDS = 5;

interface Case {
  readonly name: string;
  readonly exporters: readonly Exporter[];
  readonly successRatio?: number;
  readonly env?: Record<string, string>;
  /** No results at all: what the benchmark's own loop costs. */
  readonly nothing?: boolean;
}

const CASES: readonly Case[] = [
  { name: "the beat alone", exporters: [], nothing: true },
  { name: "off (store and scrape page only)", exporters: [] },
  { name: "metrics every 60 s", exporters: ["otlpmetrichttp"] },
  {
    name: "metrics every second",
    exporters: ["otlpmetrichttp"],
    env: { OTEL_METRIC_EXPORT_INTERVAL: "1000" },
  },
  { name: "traces, no success kept", exporters: ["otlptracehttp"], successRatio: 0 },
  { name: "traces, a tenth kept", exporters: ["otlptracehttp"], successRatio: 0.1 },
  { name: "traces, all kept", exporters: ["otlptracehttp"] },
  {
    name: "traces, all kept, JSON",
    exporters: ["otlptracehttp"],
    env: { OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" },
  },
  { name: "metrics and traces", exporters: ["otlpmetrichttp", "otlptracehttp"] },
];

/**
 * CPU (user and system) a probe result costs beside the probe itself: recorded into store and registry, traced, pushed
 * to a receiver in another process. Each case runs in a process of its own; the first one's cost is in all the others.
 */
export async function main(args: string[]): Promise<void> {
  const index = args.find((arg) => arg.startsWith("--case="));
  if (index) return await runCase(CASES[Number(index.slice("--case=".length))]);
  console.log(
    `${PROBES} probes, ${RESULTS_A_BEAT * 1_000 / BEAT_MS} results/s, the least of ${ROUNDS} × ${SECONDS} s`,
  );
  console.log("telemetry                           CPU µs/result   RSS MB");
  for (let i = 0; i < CASES.length; i++) {
    const script = fileURLToPath(new URL("main.ts", import.meta.url));
    await using child = denoProcess(["run", "-A", "--no-check", script, "telemetry", `--case=${i}`]);
    console.log(await child.waitForLine(/µs/, 60_000));
    await child.status;
  }
}

async function runCase(
  { name, exporters, successRatio = 1, env = {}, nothing = false }: Case,
): Promise<void> {
  const sinkScript = fileURLToPath(new URL("otlp_sink.ts", import.meta.url));
  await using sink = denoProcess(["run", "-A", "--no-check", sinkScript]);
  const port = Number(await sink.waitForLine(/^\d+$/));
  const clock = new SystemClock();
  const store = await Store.open({
    dir: "",
    clock,
    logger: SILENT,
    retentionMs: 3_600_000,
    retentionSizeBytes: undefined,
    minBlockMs: 300_000,
    maxBlockMs: 900_000,
  });
  const registry = new MeterRegistry(store, { clock });
  const telemetry = await Telemetry.start(
    { exporters, traceSuccessRatio: successRatio, resourceAttributes: {} },
    {
      registry,
      clock,
      logger: SILENT,
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`, ...env },
    },
  );
  const probes = Array.from({ length: PROBES }, (_, i) => ({
    name: `probe-${i}`,
    recorder: new Recorder(registry, configOf(`probe-${i}`)),
    history: new History(clock.now()),
  }));
  let next = 0;
  const result = () => {
    const { name, recorder, history } = probes[next++ % PROBES];
    const trace = telemetry.tracing.begin(name, "http");
    const made: ProbeResult = {
      probe: name,
      type: "http",
      startedAtMs: clock.wallNow(),
      durationMs: 1 + (next % 97) / 10,
      lateMs: 0.2,
      outcome: { kind: "pass" },
      facts: {
        httpStatusCode: 200,
        httpRedirects: 0,
        httpPhasesMs: { resolve: 0.1, connect: 0.2, processing: 1, transfer: 0.1 },
        serverAddress: "127.0.0.1",
        serverPort: 8080,
      },
      events: [],
      trace,
    };
    history.note(made, clock.now(), clock.wallNow());
    recorder.record(made, history, 1_000, clock.wallNow());
    telemetry.tracing.probeFinished(made);
  };
  await cpuMsOf(result, WARM_RESULTS_A_BEAT);
  let leastMs = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    leastMs = Math.min(leastMs, await cpuMsOf(nothing ? () => {} : result, RESULTS_A_BEAT));
  }
  const results = SECONDS * 1_000 / BEAT_MS * RESULTS_A_BEAT;
  const perResult = leastMs * 1_000 / results;
  const rss = processStats(Deno.pid).rssBytes / 2 ** 20;
  const dropped = telemetry.stats().reduce((sum, stats) => sum + stats.dropped, 0);
  const note = dropped > 0 ? `  (${dropped} dropped)` : "";
  console.log(
    `${name.padEnd(34)} ${perResult.toFixed(1).padStart(10)} µs ${rss.toFixed(0).padStart(9)}${note}`,
  );
  await telemetry.shutdown(1_000);
  await store.close();
}

/** CPU time of some seconds of beats. */
async function cpuMsOf(run: () => void, resultsABeat: number): Promise<number> {
  const before = process.cpuUsage();
  const startedAt = performance.now();
  for (let beat = 1; beat <= SECONDS * 1_000 / BEAT_MS; beat++) {
    for (let i = 0; i < resultsABeat; i++) run();
    await sleep(Math.max(0, startedAt + beat * BEAT_MS - performance.now()));
  }
  const used = process.cpuUsage(before);
  return (used.user + used.system) / 1_000;
}

function configOf(name: string): ProbeConfig {
  return {
    name,
    action: { kind: "http", http: {} as never }, // the recorder only wants its kind
    initialDelayMs: 0,
    periodMs: 1_000,
    timeoutMs: 1_000,
    labels: {},
    adaptive: undefined,
    metrics: { attempts: undefined, successes: undefined, responseTime: undefined },
  };
}
