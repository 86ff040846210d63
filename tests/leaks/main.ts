/**
 * Leak check: `deno run -A tests/leaks/main.ts [RUNS [WORD…]]`. Lets RUNS probes (10,000 by default) of each kind run
 * into their time limit, at every stage where a target can keep one waiting, and as many be answered; compares open
 * files and memory before and after, and says how late the time limits came. Exits 1 when files or memory have grown.
 * WORDs: only cases whose names contain one.
 *
 * Each case has a process of its own, with the heap settings that Bunny is shipped with, and the targets another.
 */
import { SystemClock } from "../../src/base/clock.ts";
import type { ExpectStep, ProbeAction } from "../../src/config/mod.ts";
import { ExecPolicy, makeProbe } from "../../src/probes/mod.ts";
import { Deadlines } from "../../src/probes/schedule/deadlines.ts";
import { Guard } from "../../src/probes/schedule/guard.ts";
import { exec, grpc, http, NO_TLS, probeConfig, probeDeps, regex, tcp } from "../probes/harness.ts";
import { RunningProcess } from "../support/process_runner.ts";
import { SHIPPED_V8_FLAGS } from "../support/shipped_v8_flags.ts";
import type { Ports } from "./targets.ts";

const V8_FLAGS = `--v8-flags=${SHIPPED_V8_FLAGS}`;

/** Probes side by side, and their limit: 1,000 a second where each runs into it. */
const CONCURRENT = 50;
const TIMEOUT_MS = 50;

/** A handshake is dear: as many as above would keep more than one core busy. */
const TLS_CONCURRENT = 20;

/** Results have to come within this of their deadline. */
const LATENESS_MS = 10;

/** Growth that is noise: the runtime's own files, code that gets compiled. */
const MAX_FILES_GROWTH = 0;
const MAX_HEAP_GROWTH_BYTES = 512 * 1024;
const MAX_RSS_GROWTH_BYTES = 12 * 1024 * 1024;

interface Case {
  readonly name: string;
  readonly action: (ports: Ports) => ProbeAction;
  readonly want: "pass" | "timeout";
  readonly timeoutMs?: number;
  readonly concurrent?: number;
}

/** A command that is deaf, and has a deaf child. */
const DEAF: [string, ...string[]] = ["/bin/sh", "-c", "trap '' TERM; sleep 60 & while :; do sleep 1; done"];

const EXPECT: readonly ExpectStep[] = [
  { kind: "send", text: "hello", delimiter: "\n" },
  { kind: "receive", regex: regex("x"), delimiter: "\n", maxBytes: 1_000, not: false },
];

const CASES: readonly Case[] = [
  { name: "http, connecting", action: ({ full }) => http({ port: full }), want: "timeout" },
  { name: "http, no answer", action: ({ silent }) => http({ port: silent }), want: "timeout" },
  { name: "http, half a body", action: ({ half }) => http({ port: half }), want: "timeout" },
  {
    name: "h2c, no answer",
    action: ({ silent }) => http({ port: silent, protocol: "h2c" }),
    want: "timeout",
  },
  { name: "https, connecting", action: ({ full }) => http({ port: full, scheme: "HTTPS" }), want: "timeout" },
  {
    name: "https, handshake",
    action: ({ silent }) => http({ port: silent, scheme: "HTTPS" }),
    want: "timeout",
  },
  {
    name: "https, no answer",
    action: ({ silentTls }) => http({ port: silentTls, scheme: "HTTPS" }),
    want: "timeout",
    concurrent: TLS_CONCURRENT,
  },
  { name: "grpc, connecting", action: ({ full }) => grpc({ port: full }), want: "timeout" },
  { name: "grpc, no answer", action: ({ silent }) => grpc({ port: silent }), want: "timeout" },
  {
    name: "grpc over TLS, handshake",
    action: ({ silent }) => grpc({ port: silent, tls: NO_TLS }),
    want: "timeout",
    concurrent: TLS_CONCURRENT,
  },
  { name: "tcp, connecting", action: ({ full }) => tcp({ port: full }), want: "timeout" },
  { name: "tcp, expect", action: ({ silent }) => tcp({ port: silent, expect: EXPECT }), want: "timeout" },
  {
    name: "exec, deaf with a child",
    action: () => exec(DEAF),
    want: "timeout",
    timeoutMs: 30,
    concurrent: 4,
  },
  {
    name: "http, answered",
    action: ({ http: port }) => http({ port }),
    want: "pass",
    timeoutMs: 5_000,
    concurrent: 4,
  },
  {
    name: "https, answered",
    action: ({ https: port }) => http({ port, scheme: "HTTPS" }),
    want: "pass",
    timeoutMs: 5_000,
    concurrent: 4,
  },
  {
    name: "grpc, answered",
    action: ({ grpc: port }) => grpc({ port }),
    want: "pass",
    timeoutMs: 5_000,
    concurrent: 4,
  },
];

interface Usage {
  readonly files: number;
  readonly heapBytes: number;
  readonly rssBytes: number;
}

/** What a case's process prints. */
interface Report {
  readonly before: Usage;
  readonly after: Usage;
  readonly lateMs: {
    readonly p50: number;
    readonly p99: number;
    readonly max: number;
    readonly over: number;
  };
  readonly outcomes: Readonly<Record<string, number>>;
}

/** @returns the process's exit code */
async function checkAll(runs: number, words: readonly string[]): Promise<number> {
  await using targets = deno("run", "-A", "--no-check", file("targets.ts"));
  const ports = await targets.waitForLine(/^\{/);
  let leaks = 0;
  for (const { name, want } of CASES) {
    if (words.length > 0 && !words.some((word) => name.includes(word))) continue;
    await using child = deno(
      "run",
      "-A",
      "--no-check",
      V8_FLAGS,
      file("main.ts"),
      "--case",
      name,
      `${runs}`,
      ports,
    );
    const report: Report = JSON.parse(await child.waitForLine(/^\{/, 600_000));
    const { before, after, lateMs, outcomes } = report;
    const isLeak = after.files - before.files > MAX_FILES_GROWTH ||
      after.heapBytes - before.heapBytes > MAX_HEAP_GROWTH_BYTES ||
      after.rssBytes - before.rssBytes > MAX_RSS_GROWTH_BYTES;
    if (isLeak || (outcomes[want] ?? 0) < runs * 0.9) leaks++;
    const late =
      `late p50 ${lateMs.p50} p99 ${lateMs.p99} max ${lateMs.max} ms, ${lateMs.over} over ${LATENESS_MS}`;
    console.log(
      `${isLeak ? "LEAK" : "ok  "} ${name.padEnd(25)} files ${before.files} → ${after.files}` +
        ` · heap ${mib(before.heapBytes)} → ${mib(after.heapBytes)}` +
        ` · rss ${mib(before.rssBytes)} → ${mib(after.rssBytes)} MiB` +
        ` · ${JSON.stringify(outcomes)}${want === "timeout" ? ` · ${late}` : ""}`,
    );
  }
  return leaks > 0 ? 1 : 0;
}

/**
 * The allocator keeps what was freed and gives it back when it likes, so memory goes up and down by itself: what counts
 * is whether the lowest reading afterwards is above the highest one before.
 */
async function checkOne(name: string, runs: number, ports: Ports): Promise<Report> {
  const found = CASES.find((one) => one.name === name)!;
  const half = Math.ceil(runs / 2);
  const readings: Usage[] = [];
  const lateMs: number[] = [];
  const outcomes: Record<string, number> = {};
  for (const round of ["warm up", "warm up", "measure", "measure"]) {
    const seen = await runMany(found, half, ports);
    readings.push(await usage());
    if (round === "warm up") continue;
    for (const ms of seen.lateMs) lateMs.push(ms);
    for (const [word, count] of Object.entries(seen.outcomes)) outcomes[word] = (outcomes[word] ?? 0) + count;
  }
  lateMs.sort((a, b) => a - b);
  const at = (quantile: number) =>
    Number(lateMs[Math.min(lateMs.length - 1, Math.floor(lateMs.length * quantile))].toFixed(1));
  const over = lateMs.filter((ms) => ms > LATENESS_MS).length;
  return {
    before: usageOf(readings.slice(0, 2), Math.max),
    after: usageOf(readings.slice(2), Math.min),
    lateMs: { p50: at(0.5), p99: at(0.99), max: at(1), over },
    outcomes,
  };
}

function usageOf(readings: readonly Usage[], choose: (...values: number[]) => number): Usage {
  return {
    files: choose(...readings.map(({ files }) => files)),
    heapBytes: choose(...readings.map(({ heapBytes }) => heapBytes)),
    rssBytes: choose(...readings.map(({ rssBytes }) => rssBytes)),
  };
}

/** Runs a probe many times over, some side by side but not in step. */
async function runMany(
  { action, timeoutMs = TIMEOUT_MS, concurrent = CONCURRENT }: Case,
  runs: number,
  ports: Ports,
): Promise<{ lateMs: number[]; outcomes: Record<string, number> }> {
  const clock = new SystemClock();
  const deadlines = new Deadlines(clock);
  const deps = probeDeps({ execPolicy: new ExecPolicy([DEAF[0]]) });
  const probe = makeProbe(probeConfig({ action: action(ports), timeoutMs }), deps);
  const lateMs: number[] = [];
  const outcomes: Record<string, number> = {};
  let left = runs;
  const worker = async (number: number) => {
    const guard = new Guard(probe, {
      clock,
      deadlines,
      timeoutMs,
      onBroken: (error) => console.error(error),
    });
    await clock.sleepUntil(clock.now() + number * timeoutMs / concurrent);
    while (left-- > 0) {
      const startedAt = performance.now();
      const { outcome } = await guard.run(undefined);
      lateMs.push(performance.now() - startedAt - timeoutMs);
      const word = outcome.kind === "pass" ? "pass" : outcome.reason;
      outcomes[word] = (outcomes[word] ?? 0) + 1;
    }
    await guard.settled();
  };
  await Promise.all(Array.from({ length: concurrent }, (_, number) => worker(number)));
  deadlines.close();
  return { lateMs, outcomes };
}

/** Open files and memory, once things have calmed down. */
async function usage(): Promise<Usage> {
  for (let i = 0; i < 5; i++) {
    (globalThis as { gc?: () => void }).gc?.();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const { rss: rssBytes, heapUsed: heapBytes } = Deno.memoryUsage();
  return { files: [...Deno.readDirSync("/proc/self/fd")].length, heapBytes, rssBytes };
}

function deno(...args: string[]): RunningProcess {
  return new RunningProcess({ command: [Deno.execPath(), ...args] });
}

function file(name: string): string {
  return new URL(name, import.meta.url).pathname;
}

function mib(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1);
}

if (import.meta.main) {
  const [first, name, runs, ports] = Deno.args;
  if (first === "--case") {
    console.log(JSON.stringify(await checkOne(name, Number(runs), JSON.parse(ports))));
    Deno.exit(0);
  }
  Deno.exit(await checkAll(Number(first ?? 10_000), Deno.args.slice(1)));
}
