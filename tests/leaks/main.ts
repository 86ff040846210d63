/**
 * Leak check: `deno run -A tests/leaks/main.ts [RUNS]`. Lets RUNS probes of each kind (10,000 by default) run into
 * their time limit, at every stage where a target can keep one waiting, and compares open files and memory before
 * and after. Exits 1 when either has grown.
 */
import { SystemClock } from "../../src/base/clock.ts";
import type { ProbeAction } from "../../src/config/mod.ts";
import { ExecPolicy, makeProbe } from "../../src/probes/mod.ts";
import { Deadlines } from "../../src/probes/schedule/deadlines.ts";
import { Guard } from "../../src/probes/schedule/guard.ts";
import { exec, grpc, http, NO_TLS, probeConfig, probeDeps, regex, tcp } from "../probes/harness.ts";
import { RunningProcess } from "../support/process_runner.ts";

const CONCURRENT = 50;
const TIMEOUT_MS = 50;

/** The lateness that is asked for: results come within this of their deadline. */
const LATENESS_MS = 10;

/** Growth that is noise: descriptors of the runtime's own, pages that the collector has not given back. */
const MAX_FD_GROWTH = 3;
const MAX_RSS_GROWTH_BYTES = 12 * 1024 * 1024;

interface Usage {
  readonly files: number;
  readonly rssBytes: number;
}

interface Case {
  readonly name: string;
  readonly action: ProbeAction;
}

function cases(port: { readonly silent: number; readonly full: number; readonly half: number }): Case[] {
  const command: [string, ...string[]] = [
    "/bin/sh",
    "-c",
    "trap '' TERM; sleep 60 & while :; do sleep 1; done",
  ];
  return [
    { name: "http, no answer", action: http({ port: port.silent }) },
    { name: "http, half an answer", action: http({ port: port.half }) },
    { name: "http, connecting", action: http({ port: port.full }) },
    { name: "https, handshake", action: http({ port: port.silent, scheme: "HTTPS" }) },
    { name: "http over h2c, no answer", action: http({ port: port.silent, protocol: "h2c" }) },
    { name: "grpc, no answer", action: grpc({ port: port.silent }) },
    { name: "grpc over TLS, handshake", action: grpc({ port: port.silent, tls: NO_TLS }) },
    {
      name: "tcp, expect",
      action: tcp({
        port: port.silent,
        expect: [
          { kind: "send", text: "hello", delimiter: "\n" },
          { kind: "receive", regex: regex("x"), delimiter: "\n", maxBytes: 1_000, not: false },
        ],
      }),
    },
    { name: "tcp over TLS, connecting", action: tcp({ port: port.full, tls: NO_TLS }) },
    { name: "exec, deaf with a child", action: exec(command) },
  ];
}

async function main(runs: number): Promise<number> {
  const peer = new URL("./silent_peer.ts", import.meta.url).pathname;
  await using process = new RunningProcess({ command: [Deno.execPath(), "run", "-A", "--no-check", peer] });
  const ports = JSON.parse(await process.waitForLine(/^\{/));
  let failed = false;
  for (const { name, action } of cases(ports)) {
    await runMany(action, Math.min(runs, 500)); // code is compiled, pools are filled
    const before = await usage();
    const { lateMs, reasons } = await runMany(action, runs);
    const after = await usage();
    const files = after.files - before.files;
    const rssBytes = after.rssBytes - before.rssBytes;
    const leaks = files > MAX_FD_GROWTH || rssBytes > MAX_RSS_GROWTH_BYTES;
    failed ||= leaks;
    console.log(
      `${leaks ? "LEAK" : "ok  "} ${name.padEnd(26)} ${runs} runs · files ${before.files} → ${after.files}` +
        ` · rss ${mib(before.rssBytes)} → ${mib(after.rssBytes)} MiB` +
        ` · late p50 ${at(lateMs, 0.5)} p99 ${at(lateMs, 0.99)} max ${at(lateMs, 1)} ms` +
        ` · over ${LATENESS_MS} ms: ${lateMs.filter((ms) => ms > LATENESS_MS).length} · ${reasons}`,
    );
  }
  return failed ? 1 : 0;
}

/** Runs a probe many times over, some side by side. */
async function runMany(action: ProbeAction, runs: number): Promise<{ lateMs: number[]; reasons: string }> {
  const clock = new SystemClock();
  const deadlines = new Deadlines(clock);
  const deps = probeDeps({ execPolicy: new ExecPolicy(["/bin/sh"]) });
  const timeoutMs = action.kind === "exec" ? 20 : TIMEOUT_MS;
  const concurrent = action.kind === "exec" ? 4 : CONCURRENT;
  const probe = makeProbe(probeConfig({ action, timeoutMs }), deps);
  const lateMs: number[] = [];
  const reasons = new Map<string, number>();
  let left = runs;
  const worker = async (number: number) => {
    const guard = new Guard(probe, {
      clock,
      deadlines,
      timeoutMs,
      onBroken: (error) => console.error(error),
    });
    await new Promise((resolve) => setTimeout(resolve, number * timeoutMs / concurrent)); // not in step
    while (left-- > 0) {
      const startedAt = performance.now();
      const { outcome } = await guard.run(undefined);
      lateMs.push(performance.now() - startedAt - timeoutMs);
      const reason = outcome.kind === "pass" ? "pass" : outcome.reason;
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
    await guard.settled();
  };
  await Promise.all(Array.from({ length: concurrent }, (_, number) => worker(number)));
  deadlines.close();
  return {
    lateMs: lateMs.sort((a, b) => a - b),
    reasons: [...reasons].map((entry) => entry.join(" ")).join(", "),
  };
}

/** Open files and memory, once things have calmed down. */
async function usage(): Promise<Usage> {
  for (let i = 0; i < 5; i++) {
    (globalThis as { gc?: () => void }).gc?.();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { files: [...Deno.readDirSync("/proc/self/fd")].length, rssBytes: Deno.memoryUsage().rss };
}

function at(sorted: readonly number[], quantile: number): string {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * quantile))].toFixed(1);
}

function mib(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1);
}

if (import.meta.main) Deno.exit(await main(Number(Deno.args[0] ?? 10_000)));
