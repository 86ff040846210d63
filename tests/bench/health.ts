import { fileURLToPath } from "node:url";
import { startBunny } from "../process/bunny.ts";
import { freePort } from "../support/free_port.ts";
import { denoProcess, RunningProcess } from "../support/process_runner.ts";
import { tempDir } from "../support/temp_dir.ts";
import { processStats, sleep } from "./process_stats.ts";
import { wrk } from "./wrk.ts";

const PROBES = 10;
const PERIOD_MS = 100;
const WARM_UP_MS = 15_000;
const SECONDS = 5;
const ROUNDS = 3;
const QUERY = "avg_over_time(probe_success[10s])";

/**
 * Health answers over 10 probes × 10 Hz and a 10 s window: throughput, p50, p99 and CPU an answer, beside a bare
 * node:http server and, where it is installed, a Prometheus that has scraped the same samples and answers the same query.
 */
export async function main(_args: string[]): Promise<void> {
  using dir = tempDir();
  await using bare = denoProcess(["run", "-A", "--no-check", script("bare_server.ts")]);
  const barePort = Number(await bare.waitForLine(/^\d+$/));
  const port = freePort();
  await using bunny = await startBunny(dir.write("bunny.yaml", config(port, barePort)));
  await using prometheus = startPrometheus(dir.path, port);
  await sleep(WARM_UP_MS);

  const rows = [
    { name: "bare node:http", pid: bare.pid, url: `http://127.0.0.1:${barePort}/` },
    { name: "health answer", pid: bunny.pid, url: `http://127.0.0.1:${port}/ready` },
    {
      name: "query API",
      pid: bunny.pid,
      url: `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(QUERY)}`,
    },
    ...prometheus
      ? [{
        name: "Prometheus' query API",
        pid: prometheus.pid,
        url: `http://127.0.0.1:${prometheus.port}/api/v1/query?query=${encodeURIComponent(QUERY)}`,
      }]
      : [],
  ];
  console.log("round  what                     answers/s     p50 ms    p99 ms  CPU ms/answer  failed");
  for (let round = 1; round <= ROUNDS; round++) {
    for (const { name, pid, url } of rows) {
      const before = processStats(pid).cpuMs;
      const load = await wrk(url, SECONDS);
      if (!load) return console.log("wrk is not installed: nothing to load with");
      const cpuMs = (processStats(pid).cpuMs - before) / load.requests;
      console.log(
        `${String(round).padEnd(5)}  ${name.padEnd(24)} ${load.perSecond.toFixed(0).padStart(9)}  ` +
          `${load.p50Ms.toFixed(3).padStart(9)} ${load.p99Ms.toFixed(3).padStart(9)}  ${
            cpuMs.toFixed(4).padStart(13)
          }  ${load.failed}`,
      );
    }
  }
}

function config(port: number, target: number): string {
  const probes = Array.from(
    { length: PROBES },
    (_, i) => `    - { name: p${i}, httpGet: { host: 127.0.0.1, port: ${target} } }`,
  );
  return [
    "egress:",
    `  periodMilliseconds: ${PERIOD_MS}`,
    "  probes:",
    ...probes,
    "ingress:",
    "  httpServer:",
    "    host: 127.0.0.1",
    `    port: ${port}`,
    "    health:",
    `      - { path: ready, instantQuery: { query: '${QUERY}' } }`,
  ].join("\n");
}

interface RunningPrometheus extends AsyncDisposable {
  readonly pid: number;
  readonly port: number;
}

/** A Prometheus that scrapes the same samples ten times a second. `undefined`: it is not installed. */
function startPrometheus(dir: string, target: number): RunningPrometheus | undefined {
  const port = freePort();
  Deno.writeTextFileSync(
    `${dir}/prometheus.yaml`,
    `global: { scrape_interval: 100ms, scrape_timeout: 100ms }\nscrape_configs:\n` +
      `  - { job_name: bunny, metrics_path: /otel-metrics, static_configs: [{ targets: ["127.0.0.1:${target}"] }] }\n`,
  );
  try {
    const running = new RunningProcess({
      command: [
        "prometheus",
        `--config.file=${dir}/prometheus.yaml`,
        `--storage.tsdb.path=${dir}/prometheus`,
        `--web.listen-address=127.0.0.1:${port}`,
        "--log.level=error",
      ],
    });
    return Object.assign(running, { port });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function script(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
