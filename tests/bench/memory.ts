import { startBunny } from "../process/bunny.ts";
import { freePort } from "../support/free_port.ts";
import { RunningProcess } from "../support/process_runner.ts";
import { tempDir } from "../support/temp_dir.ts";
import { bareServer, emptyRuntime } from "./empty_runtime.ts";
import { processStats, sleep } from "./process_stats.ts";
import { tenProbes } from "./ten_probes.ts";

/**
 * Resident memory of Bunny with 10 HTTP probes at 10 Hz, asked for a verdict once a second, beside the empty runtime of the
 * same run: a line every half minute, for `--minutes=N` (10). `--store` writes a store to disk. BUNNY_BINARY: of that
 * executable.
 */
export async function main(args: string[]): Promise<void> {
  const minutes = Number(args.find((arg) => arg.startsWith("--minutes="))?.slice(10) ?? 10);
  using dir = tempDir();
  const { target, port: targetPort } = await bareServer();
  await using _target = target;
  const empty = await emptyRuntime(dir);
  if (empty) await sayEmpty(empty);
  const port = freePort();
  const tsdbPath = args.includes("--store") ? dir.join("tsdb") : "";
  const config = tenProbes({
    port,
    target: targetPort,
    query: "avg_over_time(probe_success[10s]) > bool 0.9",
    telemetry: [`  prometheus: { tsdbPath: "${tsdbPath}" }`],
  });
  await using bunny = await startBunny(dir.write("bunny.yaml", config));
  console.log("minute   RSS MiB  anonymous  file  highest in the half minute  CPU %");
  let cpuMs = processStats(bunny.pid).cpuMs;
  let highest = 0;
  for (let half = 0; half <= minutes * 2; half++) {
    const stats = processStats(bunny.pid);
    const share = half === 0 ? 0 : (stats.cpuMs - cpuMs) / 300;
    cpuMs = stats.cpuMs;
    highest = Math.max(highest, stats.rssBytes);
    console.log(
      `${(half / 2).toFixed(1).padStart(6)}   ${mib(stats.rssBytes).padStart(7)}  ${
        mib(stats.anonymousBytes).padStart(9)
      } ${mib(stats.fileBytes).padStart(5)}  ${mib(highest).padStart(26)}  ${share.toFixed(1).padStart(5)}`,
    );
    highest = 0;
    for (let second = 0; second < 30 && half < minutes * 2; second++) {
      await sleep(1_000);
      await (await fetch(`http://127.0.0.1:${port}/ready`)).text();
      highest = Math.max(highest, processStats(bunny.pid).rssBytes);
    }
  }
}

async function sayEmpty(command: [string, ...string[]]): Promise<void> {
  await using runtime = new RunningProcess({ command });
  await runtime.waitForLine(/here/);
  await sleep(2_000);
  const { rssBytes, anonymousBytes, fileBytes } = processStats(runtime.pid);
  console.log(
    `the empty runtime: ${mib(rssBytes)} MiB (${mib(anonymousBytes)} anonymous, ${mib(fileBytes)} file)`,
  );
}

function mib(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}
