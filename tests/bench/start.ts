import { runBunny } from "../process/bunny.ts";
import { freePort } from "../support/free_port.ts";
import { RunningProcess } from "../support/process_runner.ts";
import { tempDir } from "../support/temp_dir.ts";
import { bareServer, emptyRuntime } from "./empty_runtime.ts";
import { processStats, quantile } from "./process_stats.ts";
import { tenProbes } from "./ten_probes.ts";

const STARTS = 15;

/** How often an answer is asked for, ms. */
const ASK_EVERY_MS = 1;

/**
 * From the start of the process to Bunny's first health answer, and the processor time until then, beside the empty runtime's
 * first line: starts take turns, so that what else the machine does meets both. BUNNY_BINARY: of that executable; its
 * first start, which leaves compiled code for the later ones, is told apart.
 */
export async function main(_args: string[]): Promise<void> {
  using dir = tempDir();
  const { target, port: targetPort } = await bareServer();
  await using _target = target;
  const empty = await emptyRuntime(dir);
  const port = freePort();
  const path = dir.write(
    "bunny.yaml",
    tenProbes({ port, target: targetPort, query: "avg_over_time(probe_success[10s]) > bool 0.9" }),
  );
  const rows = new Map<string, Start[]>();
  const note = (name: string, start: Start) => rows.set(name, [...rows.get(name) ?? [], start]);
  const env = { TMPDIR: dir.path }; // where the runtime keeps compiled code: none at first
  for (let i = 0; i <= STARTS; i++) {
    if (empty) note("the empty runtime", await startEmpty(empty));
    note(i === 0 ? "Bunny, the first start" : "Bunny", await startOnce(path, port, env));
  }
  console.log("                        starts   ms: least  median     p90   CPU ms: median");
  for (const [name, starts] of rows) {
    const ms = starts.map((start) => start.ms);
    console.log(
      `${name.padEnd(24)} ${String(starts.length).padStart(5)}   ${
        [Math.min(...ms), quantile(ms, 0.5), quantile(ms, 0.9)].map((value) => value.toFixed(0).padStart(7))
          .join(" ")
      }   ${quantile(starts.map((start) => start.cpuMs), 0.5).toFixed(0).padStart(14)}`,
    );
  }
}

interface Start {
  readonly ms: number;
  /** User and system time of all threads, in steps of 10 ms. */
  readonly cpuMs: number;
}

async function startOnce(path: string, port: number, env: Record<string, string>): Promise<Start> {
  const startedAt = performance.now();
  await using bunny = runBunny(path, env);
  for (;;) {
    try {
      await (await fetch(`http://127.0.0.1:${port}/ready`)).text();
      return { ms: performance.now() - startedAt, cpuMs: processStats(bunny.pid).cpuMs };
    } catch {
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
    }
  }
}

async function startEmpty(command: [string, ...string[]]): Promise<Start> {
  const startedAt = performance.now();
  await using runtime = new RunningProcess({ command });
  await runtime.waitForLine(/here/);
  return { ms: performance.now() - startedAt, cpuMs: processStats(runtime.pid).cpuMs };
}
