import { getPriority, setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import { startSubject, type Subject, WATCH_HEADER, watchRow } from "../hardening/subject.ts";
import { denoProcess } from "../support/process_runner.ts";
import { tempDir } from "../support/temp_dir.ts";
import { sleep } from "./process_stats.ts";

/** A query that costs much, and how many clients ask it at once, again and again. */
interface Attack {
  readonly name: string;
  readonly query: string;
  /** Over how much time, and in steps of how much. Default: at one moment. */
  readonly range?: { readonly seconds: number; readonly stepSeconds: number };
  readonly clients?: number;
  /** Which call of the API. Default: query, or query_range. */
  readonly call?: string;
}

const ALL = '{__name__=~".+"}';
const HALF_HOUR = { seconds: 1_800, stepSeconds: 1 };
const MANY_STEPS = { seconds: 1_100, stepSeconds: 0.1 };

/** More clients than queries may run at once (20), so that some wait. */
const TOO_MANY = 30;

const ATTACKS: readonly Attack[] = [
  { name: "a query of ten seconds", query: "mad_over_time(probe_duration_seconds[10m])", range: HALF_HOUR },
  {
    name: "the same for 30 clients",
    query: "mad_over_time(probe_duration_seconds[10m])",
    range: HALF_HOUR,
    clients: TOO_MANY,
  },
  {
    name: "subqueries in subqueries",
    query: "max_over_time(sum_over_time(avg_over_time(probe_success[10s])[1m:100ms])[10m:1s])",
    range: { seconds: 600, stepSeconds: 1 },
    clients: 4,
  },
  { name: "everything there is", query: `${ALL}[20m]`, clients: 4 },
  { name: "11,000 steps of everything", query: ALL, range: MANY_STEPS, clients: 4 },
  { name: "count_values", query: `count_values("v", ${ALL})`, range: MANY_STEPS, clients: 4 },
  {
    name: "regular expressions",
    query: '{__name__=~"probe_[a-z_]{1,30}",probe=~"(probe|live)-[0-9]{1,3}.*",team!~"[^t].*[0-3]{1,9}"}',
    range: HALF_HOUR,
    clients: 8,
  },
  {
    name: "a long `or`",
    query: Array.from({ length: 200 }, (_, i) => `probe_success{probe="probe-${i}"}`).join(" or "),
    range: HALF_HOUR,
    clients: 4,
  },
  {
    name: "rates and quotients",
    query: `sum by (probe) (rate(${ALL}[1m])) / on (probe) group_right sum by (probe, team) (${ALL})`,
    range: HALF_HOUR,
    clients: 4,
  },
  { name: "many short ones", query: "avg_over_time(probe_success[10s])", clients: TOO_MANY },
  { name: "lists of series", query: ALL, call: "series", clients: 8 },
];

/**
 * Whether expensive queries hold verdicts and probes up: health answers on fresh connections, asked for by a process of
 * its own, and the latest beat of ten probes at 10 Hz, with nothing beside them and with one kind of query after the
 * other. The store holds half an hour of 50 probes × 4 metrics at 10 Hz. A bare server is asked in the same moments:
 * what it shows is the machine's doing. Options: --seconds=N a phase (12), --only=TEXT in the name.
 */
export async function main(args: string[]): Promise<void> {
  const option = (name: string) => args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
  const durationMs = 1_000 * Number(option("seconds") ?? 12);
  using dir = tempDir();
  const endMs = await writeData(dir.join("store"));
  await using subject = await startSubject({
    more: [
      "telemetry:",
      "  prometheus:",
      `    tsdbPath: ${dir.join("store")}`,
      "    tsdbOptions: { retentionDurationMilliseconds: 86400000 }",
    ],
  });
  setPriority(Math.min(19, getPriority() + 10)); // clients would be on other machines
  await sleep(3_000);
  console.log(`${WATCH_HEADER}    latest beat  skipped   queries`);
  await phase(subject, "nothing", durationMs, () => Promise.resolve(""));
  for (const attack of ATTACKS.filter(({ name }) => name.includes(option("only") ?? ""))) {
    await phase(subject, attack.name, durationMs, (untilMs) => ask(subject.port, attack, endMs, untilMs));
    await sleep(1_000);
  }
  await phase(subject, "nothing again", durationMs, () => Promise.resolve(""));
}

async function phase(
  subject: Subject,
  name: string,
  durationMs: number,
  run: (untilMs: number) => Promise<string>,
): Promise<void> {
  const skippedBefore = await value(subject.port, "sum(bunny_probes_skipped_total) or vector(0)");
  const fromMs = Date.now();
  const said = run(performance.now() + durationMs);
  await sleep(durationMs);
  const untilMs = Date.now();
  const seconds = Math.round(durationMs / 1_000);
  const what = await said;
  const lateMs = await value(
    subject.port,
    `1000 * max(max_over_time(bunny_probe_scheduling_delay_seconds[${seconds}s] @ ${untilMs / 1_000}))`,
  );
  const skipped = await value(subject.port, "sum(bunny_probes_skipped_total) or vector(0)") - skippedBefore;
  await sleep(300);
  const watched = (who: string) => subject.watch.between(who, fromMs, untilMs);
  console.log(
    `${watchRow(name, watched("bunny"), watched("bare"))}   ${lateMs.toFixed(1).padStart(9)} ms  ${
      String(skipped).padStart(7)
    }   ${what}`,
  );
}

/** Asks until the time is over. @returns how many answers came, by status */
async function ask(port: number, attack: Attack, endMs: number, untilMs: number): Promise<string> {
  const { query, range, clients = 1, call = range ? "query_range" : "query" } = attack;
  const body = new URLSearchParams({ query, timeout: "10s" });
  if (call === "series") body.set("match[]", query);
  if (range) {
    body.set("start", String(endMs / 1_000 - range.seconds));
    body.set("end", String(endMs / 1_000));
    body.set("step", String(range.stepSeconds));
  }
  const counts = new Map<string, number>();
  const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1);
  const over = AbortSignal.timeout(untilMs - performance.now());
  await Promise.all(Array.from({ length: clients }, async () => {
    while (performance.now() < untilMs) {
      try {
        const url = `http://127.0.0.1:${port}/api/v1/${call}`;
        const response = await fetch(url, { method: "POST", body, signal: over });
        for await (const _ of response.body ?? []); // taken, and dropped
        count(String(response.status));
      } catch {
        count("unfinished");
      }
    }
  }));
  return [...counts].sort().map(([status, times]) => `${times} × ${status}`).join(", ");
}

async function value(port: number, query: string): Promise<number> {
  const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`;
  const { data } = await (await fetch(url)).json();
  return Number(data?.result[0]?.value[1] ?? NaN);
}

/** @returns the newest sample's time, wall clock, ms */
async function writeData(path: string): Promise<number> {
  const script = fileURLToPath(new URL("query_data.ts", import.meta.url));
  await using writer = denoProcess(["run", "-A", "--no-check", script, path, "30"]);
  const line = await writer.waitForLine(/^\d+$/, 180_000);
  await writer.status;
  return Number(line);
}
