import { fileURLToPath } from "node:url";
import { startBunny } from "../process/bunny.ts";
import { freePort } from "../support/free_port.ts";
import { denoProcess } from "../support/process_runner.ts";
import { tempDir } from "../support/temp_dir.ts";
import { processStats, sleep } from "./process_stats.ts";

const PROBES = 10;

/**
 * Resident memory of Bunny with 10 HTTP probes at 10 Hz, asked for a verdict once a second: a line every half minute, for
 * `--minutes=N` (10). `--store` writes a store to disk.
 */
export async function main(args: string[]): Promise<void> {
  const minutes = Number(args.find((arg) => arg.startsWith("--minutes="))?.slice(10) ?? 10);
  using dir = tempDir();
  await using target = denoProcess([
    "run",
    "-A",
    "--no-check",
    fileURLToPath(new URL("bare_server.ts", import.meta.url)),
  ]);
  const targetPort = Number(await target.waitForLine(/^\d+$/));
  const port = freePort();
  const tsdbPath = args.includes("--store") ? dir.join("tsdb") : "";
  const path = dir.write("bunny.yaml", config(port, targetPort, tsdbPath));
  const startedAt = performance.now();
  await using bunny = await startBunny(path, { LOG_LEVEL: "info" });
  console.log(`first line "ready" after ${(performance.now() - startedAt).toFixed(0)} ms`);
  console.log("minute   RSS MiB  anonymous MiB  CPU %");
  let cpuMs = processStats(bunny.pid).cpuMs;
  for (let half = 0; half <= minutes * 2; half++) {
    const { rssBytes, anonymousBytes, cpuMs: now } = processStats(bunny.pid);
    const share = half === 0 ? 0 : (now - cpuMs) / 300;
    cpuMs = now;
    const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(1).padStart(7);
    console.log(
      `${(half / 2).toFixed(1).padStart(6)}   ${mib(rssBytes)}        ${mib(anonymousBytes)}  ${
        share.toFixed(1)
      }`,
    );
    for (let second = 0; second < 30 && half < minutes * 2; second++) {
      await sleep(1_000);
      await (await fetch(`http://127.0.0.1:${port}/ready`)).text();
    }
  }
}

function config(port: number, target: number, tsdbPath: string): string {
  const probes = Array.from(
    { length: PROBES },
    (_, i) => `    - { name: p${i}, httpGet: { host: 127.0.0.1, port: ${target} } }`,
  );
  return [
    "egress:",
    "  periodMilliseconds: 100",
    "  probes:",
    ...probes,
    "ingress:",
    "  httpServer:",
    "    host: 127.0.0.1",
    `    port: ${port}`,
    "    health:",
    "      - { path: ready, instantQuery: { query: 'avg_over_time(probe_success[10s]) > bool 0.9' } }",
    "telemetry:",
    `  prometheus: { tsdbPath: "${tsdbPath}" }`,
  ].join("\n");
}
