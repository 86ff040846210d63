import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startBunny } from "../process/bunny.ts";
import { freePort } from "../support/free_port.ts";
import { denoProcess, RunningProcess } from "../support/process_runner.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";
import { quantile, sleep } from "./process_stats.ts";
import { tenProbes } from "./ten_probes.ts";

/** A query that an SRE would write; with a step it runs over the whole hour. */
interface BenchQuery {
  readonly query: string;
  readonly stepSeconds?: number;
}

const QUERIES: readonly BenchQuery[] = [
  // What health endpoints and alerts ask, at one moment.
  { query: "avg_over_time(probe_success[10s])" },
  { query: `min_over_time(probe_success{probe="probe-7"}[30s]) == 1` },
  { query: "avg_over_time(probe_success[5m]) < bool 0.99" },
  { query: "avg_over_time(probe_success[1h])" },
  { query: "sum(rate(probe_failures_total[1m])) / sum(rate(probe_attempts_total[1m]))" },
  { query: "1 - increase(probe_failures_total[1h]) / increase(probe_attempts_total[1h])" },
  { query: "quantile_over_time(0.99, probe_duration_seconds[1m])" },
  { query: "quantile_over_time(0.95, probe_duration_seconds[1h])" },
  { query: "predict_linear(probe_duration_seconds[5m], 60) > 0.5" },
  { query: "topk(5, max_over_time(probe_duration_seconds[10m]))" },
  { query: `count by (type) (probe_success{team=~"team-[0-3]"} == 0)` },
  { query: "max_over_time(avg_over_time(probe_success[10s])[10m:5s])" },
  { query: "stddev_over_time(probe_duration_seconds[10m]) / avg_over_time(probe_duration_seconds[10m])" },
  { query: "changes(probe_success[1h]) > 0" },
  // What dashboards draw.
  { query: "avg_over_time(probe_success[10s])", stepSeconds: 1 },
  { query: "avg_over_time(probe_success[5m])", stepSeconds: 15 },
  { query: "avg(avg_over_time(probe_success[1m])) by (type)", stepSeconds: 15 },
  { query: "probe_duration_seconds", stepSeconds: 15 },
  { query: "probe_duration_seconds", stepSeconds: 1 },
  { query: "sum by (team) (rate(probe_failures_total[1m]))", stepSeconds: 15 },
  { query: "rate(probe_attempts_total[1m])", stepSeconds: 1 },
  { query: "quantile_over_time(0.9, probe_duration_seconds[1m])", stepSeconds: 15 },
  { query: "max_over_time(probe_duration_seconds[1m])", stepSeconds: 15 },
  { query: "predict_linear(probe_duration_seconds[5m], 60)", stepSeconds: 15 },
  {
    query: "sum by (type) (rate(probe_failures_total[5m])) / sum by (type) (rate(probe_attempts_total[5m]))",
    stepSeconds: 15,
  },
];

/** A query that takes far longer than it is given: nothing in it can be carried from window to window. */
const LONG_QUERY = { query: "mad_over_time(probe_duration_seconds[10m])", stepSeconds: 1 };
const LONG_QUERY_SECONDS = 10;

/** How long each side is asked one query, to warm up and to measure, and how often at least and at most. */
const WARM_UP_MS = 300;
const MILLISECONDS_EACH = 1_500;
const LEAST = 5;
const MOST = 100;

/**
 * Bunny beside a Prometheus that opens a copy of the same store directory: 50 probes × 4 metrics × an hour at 10 Hz,
 * 25 queries over HTTP, answers read to the end. Then health answers and beats while a long query runs. Options:
 * --minutes=N of data, --only=TEXT in the query, --engine leaves Prometheus out.
 */
export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: "string", default: "60" },
      only: { type: "string" },
      engine: { type: "boolean" },
    },
  });
  using dir = tempDir();
  const endMs = await writeData(dir, values.minutes);
  await copy(dir.join("bunny"), dir.join("prometheus"));
  const port = freePort();
  await using target = denoProcess(["run", "-A", "--no-check", script("bare_server.ts")]);
  const targetPort = Number(await target.waitForLine(/^\d+$/));
  const configPath = dir.write("bunny.yaml", config(port, dir.join("bunny"), targetPort));
  await using _bunny = await startBunny(configPath);
  await using prometheus = values.engine ? undefined : await startPrometheus(dir);
  const times = { startMs: endMs - Number(values.minutes) * 60_000, endMs };
  const bunnyUrl = `http://127.0.0.1:${port}`;
  console.log(
    `${"Prometheus p50".padStart(15)} ${"p99 ms".padStart(8)} ${"Bunny p50".padStart(11)} ${
      "p99 ms".padStart(8)
    }  ratio p50   p99`,
  );
  // Both have just started: files are not in memory yet, nor is hot code compiled.
  for (const url of [bunnyUrl, ...prometheus ? [prometheus.url] : []]) await settle(url, times);
  const totals = { prometheus: 0, bunny: 0, behind: 0 };
  for (const query of QUERIES.filter(({ query }) => query.includes(values.only ?? ""))) {
    const ours = await measure(bunnyUrl, query, times);
    const theirs = prometheus && await measure(prometheus.url, query, times);
    report(query, ours, theirs);
    totals.bunny += ours.p50Ms;
    totals.prometheus += theirs?.p50Ms ?? 0;
    if (theirs && (ours.p50Ms > theirs.p50Ms || ours.p99Ms > theirs.p99Ms)) totals.behind++;
    if (theirs && theirs.series !== ours.series) {
      console.log(`    ! ${theirs.series} series against our ${ours.series}`);
    }
  }
  if (prometheus) {
    console.log(
      `total p50: Prometheus ${totals.prometheus.toFixed(1)} ms, Bunny ${totals.bunny.toFixed(1)} ms, ` +
        `ratio ${
          (totals.bunny / totals.prometheus).toFixed(2)
        }; behind on ${totals.behind} of ${QUERIES.length}`,
    );
  }
  await healthBesideLongQuery(bunnyUrl, times);
}

const SETTLE_MS = 4_000;

/** Asks every query once, and then short ones for a while. */
async function settle(url: string, times: Times): Promise<void> {
  const untilMs = performance.now() + SETTLE_MS;
  for (let i = 0; i < QUERIES.length || performance.now() < untilMs; i++) {
    const { path, body } = callOf(QUERIES[i < QUERIES.length ? i : i % 2], times);
    await (await fetch(url + path, { method: "POST", body })).arrayBuffer();
  }
}

interface Measured {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly series: number;
}

interface Times {
  readonly startMs: number;
  readonly endMs: number;
}

function callOf(query: BenchQuery, times: Times): { path: string; body: URLSearchParams } {
  const body = new URLSearchParams({ query: query.query });
  if (query.stepSeconds === undefined) {
    body.set("time", String(times.endMs / 1_000));
    return { path: "/api/v1/query", body };
  }
  body.set("start", String(times.startMs / 1_000));
  body.set("end", String(times.endMs / 1_000));
  body.set("step", String(query.stepSeconds));
  return { path: "/api/v1/query_range", body };
}

async function measure(url: string, query: BenchQuery, times: Times): Promise<Measured> {
  const { path, body } = callOf(query, times);
  const ask = async () => {
    const response = await fetch(url + path, { method: "POST", body });
    const bytes = await response.arrayBuffer();
    if (!response.ok) throw new Error(`${query.query}: ${new TextDecoder().decode(bytes)}`);
    return bytes;
  };
  const answer = JSON.parse(new TextDecoder().decode(await ask()));
  const warmUntilMs = performance.now() + WARM_UP_MS;
  do await ask(); while (performance.now() < warmUntilMs);
  const latencies: number[] = [];
  const untilMs = performance.now() + MILLISECONDS_EACH;
  while (latencies.length < LEAST || (latencies.length < MOST && performance.now() < untilMs)) {
    const beganMs = performance.now();
    await ask();
    latencies.push(performance.now() - beganMs);
  }
  return {
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    series: answer.data.result.length,
  };
}

/** Health answers and beats with and without a long query beside them. */
async function healthBesideLongQuery(url: string, times: Times): Promise<void> {
  console.log("\nhealth answers (ms)          p50      p99      max   latest beat (ms)");
  for (const isLoaded of [false, true]) {
    const { path, body } = callOf(LONG_QUERY, times);
    body.set("timeout", `${LONG_QUERY_SECONDS}s`);
    const long = isLoaded ? fetch(url + path, { method: "POST", body }) : undefined;
    const latencies: number[] = [];
    const untilMs = performance.now() + (LONG_QUERY_SECONDS - 1) * 1_000;
    while (performance.now() < untilMs) {
      const beganMs = performance.now();
      await (await fetch(`${url}/ready`)).arrayBuffer();
      latencies.push(performance.now() - beganMs);
      await sleep(10);
    }
    const [p50, p99, max] = [0.5, 0.99, 1].map((share) => quantile(latencies, share).toFixed(2).padStart(8));
    const late = await ask(
      url,
      `1000 * max(max_over_time(bunny_probe_scheduling_delay_seconds[${LONG_QUERY_SECONDS - 1}s]))`,
    );
    const name = isLoaded ? "beside a long query" : "alone";
    console.log(`${name.padEnd(22)} ${p50} ${p99} ${max}   ${Number(late).toFixed(2).padStart(16)}`);
    if (long) console.log(`the long query: ${(await (await long).text()).slice(0, 100)}`);
  }
}

async function ask(url: string, query: string): Promise<string> {
  const answer = await (await fetch(`${url}/api/v1/query?query=${encodeURIComponent(query)}`)).json();
  return answer.data.result[0]?.value[1] ?? "NaN";
}

function report({ query, stepSeconds }: BenchQuery, ours: Measured, theirs: Measured | undefined): void {
  const number = (value: number | undefined, width: number) => (value?.toFixed(2) ?? "–").padStart(width);
  const ratio = (mine: number, other: number | undefined) => number(other && mine / other, 6);
  console.log(
    `${number(theirs?.p50Ms, 15)} ${number(theirs?.p99Ms, 8)} ${number(ours.p50Ms, 11)} ${
      number(ours.p99Ms, 8)
    }     ` +
      `${ratio(ours.p50Ms, theirs?.p50Ms)} ${ratio(ours.p99Ms, theirs?.p99Ms)}  ` +
      `${query}${stepSeconds === undefined ? "" : `  (all of it in steps of ${stepSeconds} s)`}`,
  );
}

async function writeData(dir: TempDir, minutes: string): Promise<number> {
  await using writer = denoProcess(
    ["run", "-A", "--no-check", script("query_data.ts"), dir.join("bunny"), minutes],
  );
  const line = await writer.waitForLine(/^\d+$/, 180_000);
  await writer.status;
  return Number(line);
}

async function copy(from: string, to: string): Promise<void> {
  const copied = await new Deno.Command("cp", { args: ["-r", from, to] }).output();
  if (!copied.success) throw new Error(new TextDecoder().decode(copied.stderr));
}

function config(port: number, tsdbPath: string, target: number): string {
  const limits = "maxSamples: 50000000, timeoutMilliseconds: 120000, lookbackDeltaMilliseconds: 300000";
  return tenProbes({
    port,
    target,
    prefix: "live-",
    query: 'avg_over_time(probe_success{probe=~"live.*"}[10s])',
    telemetry: [
      "  prometheus:",
      `    tsdbPath: ${tsdbPath}`,
      "    tsdbOptions: { retentionDurationMilliseconds: 86400000 }",
      `    promql: { engineOptions: { ${limits} } }`,
    ],
  });
}

async function startPrometheus(dir: TempDir): Promise<{ url: string } & AsyncDisposable> {
  const port = freePort();
  const running = new RunningProcess({
    command: [
      "prometheus",
      `--config.file=${dir.write("prometheus.yml", "global: { evaluation_interval: 1m }\n")}`,
      `--storage.tsdb.path=${dir.join("prometheus")}`,
      "--storage.tsdb.retention.time=100y",
      `--web.listen-address=127.0.0.1:${port}`,
    ],
  });
  await running.waitForLine(/Server is ready to receive web requests/, 60_000);
  return Object.assign(running, { url: `http://127.0.0.1:${port}` });
}

function script(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
