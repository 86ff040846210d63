import { fileURLToPath } from "node:url";
import { freePort } from "../support/free_port.ts";
import { denoProcess, RunningProcess } from "../support/process_runner.ts";
import { SHIPPED_V8_FLAGS } from "../support/shipped_v8_flags.ts";
import { tempDir } from "../support/temp_dir.ts";
import type { WorkerReport } from "./probes_worker.ts";
import { processStats, sleep } from "./process_stats.ts";

const WARM_UP_MS = 5_000;
const MEASURE_MS = 10_000;

/** The heap settings that Bunny is shipped with. */
const V8_FLAGS = `--v8-flags=${SHIPPED_V8_FLAGS}`;

/** Rates to measure: probes × beats a second. */
const LOADS = [{ probes: 50, hz: 10 }, { probes: 100, hz: 10 }, { probes: 100, hz: 20 }] as const;

/**
 * HTTP probes into a store in memory: CPU a probe, lateness of the beats, and how much one core bears; beside
 * blackbox_exporter, where it is installed, asked to probe the same target as often.
 */
export async function main(_args: string[]): Promise<void> {
  await using target = denoProcess(["run", "-A", "--no-check", script("bare_server.ts")]);
  const port = Number(await target.waitForLine(/^\d+$/));
  console.log(
    "what                            probes/s  failed  CPU µs/probe  CPU %  late p50 ms  p99 ms  stored  RSS MiB",
  );
  for (const { probes, hz } of LOADS) {
    const report = await runWorker(port, probes, 1_000 / hz);
    console.log(
      [
        `bunny, ${probes} probes × ${hz} Hz`.padEnd(31),
        report.perSecond.toFixed(0).padStart(8),
        String(report.failed).padStart(7),
        report.cpuMicros.toFixed(0).padStart(13),
        (report.cpuMicros * report.perSecond / 10_000).toFixed(0).padStart(6),
        report.lateP50Ms.toFixed(2).padStart(12),
        report.lateP99Ms.toFixed(2).padStart(7),
        `${(100 * report.stored / report.probes).toFixed(0)} %`.padStart(7),
        report.rssMib.toFixed(0).padStart(8),
      ].join(" "),
    );
    if (probes === 50) await besideBlackbox(port, probes * hz);
  }
  await bareTimers();
}

/** What this machine makes of timers that do nothing: no beat can be more on time. */
async function bareTimers(): Promise<void> {
  const args = ["100", "100", String(MEASURE_MS)];
  await using worker = denoProcess([
    "run",
    "-A",
    "--no-check",
    V8_FLAGS,
    script("timers_worker.ts"),
    ...args,
  ]);
  const { p50Ms, p99Ms } = JSON.parse(await worker.waitForLine(/^\{/, 60_000));
  console.log(
    `${"bare timers, 100 × 10 Hz".padEnd(69)} ${p50Ms.toFixed(2).padStart(12)} ${
      p99Ms.toFixed(2).padStart(7)
    }`,
  );
}

async function runWorker(port: number, probes: number, periodMs: number): Promise<WorkerReport> {
  const args = [port, probes, periodMs, WARM_UP_MS, MEASURE_MS].map(String);
  await using worker = denoProcess([
    "run",
    "-A",
    "--no-check",
    V8_FLAGS,
    script("probes_worker.ts"),
    ...args,
  ]);
  return JSON.parse(await worker.waitForLine(/^\{/, 60_000));
}

/** The same number of probes a second by blackbox_exporter, each asked for over a connection that is kept. */
async function besideBlackbox(port: number, perSecond: number): Promise<void> {
  using dir = tempDir();
  const own = freePort();
  const config = dir.write("blackbox.yml", "modules: { http: { prober: http, timeout: 1s } }\n");
  let blackbox: RunningProcess;
  try {
    const listen = `--web.listen-address=127.0.0.1:${own}`;
    blackbox = new RunningProcess({
      command: ["prometheus-blackbox-exporter", `--config.file=${config}`, listen, "--log.level=error"],
    });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return console.log("blackbox_exporter is not installed");
  }
  await using running = blackbox;
  await sleep(500);
  const url = `http://127.0.0.1:${own}/probe?module=http&target=http%3A%2F%2F127.0.0.1%3A${port}%2Fhealthz`;
  await ask(url, perSecond, WARM_UP_MS / 2);
  const before = processStats(running.pid).cpuMs;
  const startedAt = performance.now();
  const { asked, failed } = await ask(url, perSecond, MEASURE_MS);
  const seconds = (performance.now() - startedAt) / 1_000;
  const cpuMicros = (processStats(running.pid).cpuMs - before) * 1_000 / asked;
  console.log(
    [
      "blackbox_exporter, on demand".padEnd(31),
      (asked / seconds).toFixed(0).padStart(8),
      String(failed).padStart(7),
      cpuMicros.toFixed(0).padStart(13),
      (cpuMicros * asked / seconds / 10_000).toFixed(0).padStart(6),
      "(nothing is stored)".padStart(28),
      (processStats(running.pid).rssBytes / 1024 / 1024).toFixed(0).padStart(8),
    ].join(" "),
  );
}

/** Connections that are kept to ask over. */
const ASKERS = 4;

/** Asks so many times a second, by absolute deadlines, and never more than a few at a time. */
async function ask(
  url: string,
  perSecond: number,
  durationMs: number,
): Promise<{ asked: number; failed: number }> {
  const startedAt = performance.now();
  const each = perSecond * durationMs / 1_000 / ASKERS;
  let failed = 0;
  const asker = async (number: number) => {
    for (let i = 0; i < each; i++) {
      const waitMs = startedAt + (i * ASKERS + number) * 1_000 / perSecond - performance.now();
      if (waitMs > 0) await sleep(waitMs);
      const answer = await (await fetch(url)).text();
      if (!answer.includes("probe_success 1")) failed++;
    }
  };
  await Promise.all(Array.from({ length: ASKERS }, (_, number) => asker(number)));
  return { asked: each * ASKERS, failed };
}

function script(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
