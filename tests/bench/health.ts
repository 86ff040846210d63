import { fileURLToPath } from "node:url";
import { startBunny } from "../process/bunny.ts";
import { freePort } from "../support/free_port.ts";
import { denoProcess, RunningProcess } from "../support/process_runner.ts";
import { tempDir } from "../support/temp_dir.ts";
import { converse } from "../hardening/raw_client.ts";
import { processStats, quantile, sleep } from "./process_stats.ts";
import { tenProbes } from "./ten_probes.ts";
import { wrk } from "./wrk.ts";

const WARM_UP_MS = 15_000;
const SECONDS = 5;
const ROUNDS = 3;
/** Asked in all in the calm, and how often, ms. */
const CALM_ASKS = 3_000;
const CALM_EVERY_MS = 10;
const QUERY = "avg_over_time(probe_success[10s])";

/**
 * Health answers over 10 probes × 10 Hz and a 10 s window, beside a bare node:http server: first asked for now and then
 * on fresh connections, as the kubelet does, then as fast as eight connections can, for throughput and CPU an answer. The
 * second time also beside a Prometheus, where it is installed, that has scraped the same samples and answers the same query.
 */
export async function main(_args: string[]): Promise<void> {
  using dir = tempDir();
  await using bare = denoProcess(["run", "-A", "--no-check", script("bare_server.ts")]);
  const barePort = Number(await bare.waitForLine(/^\d+$/));
  const port = freePort();
  await using bunny = await startBunny(
    dir.write("bunny.yaml", tenProbes({ port, target: barePort, query: QUERY })),
  );
  await sleep(WARM_UP_MS);
  const ours = [
    { name: "bare node:http", pid: bare.pid, url: `http://127.0.0.1:${barePort}/` },
    { name: "health answer", pid: bunny.pid, url: `http://127.0.0.1:${port}/ready` },
    {
      name: "query API",
      pid: bunny.pid,
      url: `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(QUERY)}`,
    },
  ];
  await askInTurns(ours);
  await using prometheus = startPrometheus(dir.path, port);
  await sleep(WARM_UP_MS);
  const rows = [
    ...ours,
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

/** Asks one after the other, on a fresh connection each time, and prints how long answers took, the connection included. */
async function askInTurns(rows: readonly { readonly name: string; readonly url: string }[]): Promise<void> {
  const tookMs = new Map<string, number[]>(rows.map(({ name }) => [name, []]));
  for (let i = 0; i < CALM_ASKS; i++) {
    const { name, url } = rows[i % rows.length];
    const { port, pathname, search } = new URL(url);
    const request = `GET ${pathname}${search} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n`;
    tookMs.get(name)!.push((await converse(Number(port), request)).tookMs);
    await sleep(CALM_EVERY_MS);
  }
  console.log("now and then              answers  p50 ms  p99 ms");
  for (const [name, values] of tookMs) {
    console.log(
      `${name.padEnd(24)} ${String(values.length).padStart(8)}  ${
        quantile(values, 0.5).toFixed(3).padStart(6)
      }  ${quantile(values, 0.99).toFixed(3).padStart(6)}`,
    );
  }
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
