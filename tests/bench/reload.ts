import { fileURLToPath } from "node:url";
import { ask, startBunny, value } from "../process/bunny.ts";
import { freePort } from "../support/free_port.ts";
import { denoProcess } from "../support/process_runner.ts";
import { tempDir } from "../support/temp_dir.ts";
import { wrk } from "./wrk.ts";

const RELOADS = 100;
const PROBES = 10;
const PERIOD_MS = 100;

/**
 * A hundred reloads under load: each adds or removes a probe and changes an endpoint, while wrk asks another endpoint from
 * eight connections. Prints failed requests, skipped beats, and how many beats the unchanged probes ran of those due.
 */
export async function main(_args: string[]): Promise<void> {
  using dir = tempDir();
  await using target = denoProcess([
    "run",
    "-A",
    "--no-check",
    fileURLToPath(new URL("bare_server.ts", import.meta.url)),
  ]);
  const targetPort = Number(await target.waitForLine(/^\d+$/));
  const port = freePort();
  const write = (reload: number) => dir.write("bunny.yaml", config(port, targetPort, reload));
  await using bunny = await startBunny(write(0));
  const attempts = () => value(port, 'sum(probe_attempts_total{probe=~"p.*"})');
  await ask(port, "ready");

  const seconds = Math.ceil(RELOADS * 0.25) + 5;
  const before = await attempts();
  const startedAt = performance.now();
  const loading = wrk(`http://127.0.0.1:${port}/ready`, seconds);
  const reloadMs: number[] = [];
  for (let reload = 1; reload <= RELOADS; reload++) {
    const writtenAt = performance.now();
    write(reload);
    await bunny.waitForLine(/applied the configuration/);
    reloadMs.push(performance.now() - writtenAt);
  }
  const load = await loading;
  const took = performance.now() - startedAt;
  const beats = await attempts() - before;
  const skipped = await value(
    port,
    'sum(max_over_time(bunny_probes_skipped_total{probe=~"p.*"}[5m])) or vector(0)',
  );
  const resets = await value(port, 'sum(resets(probe_attempts_total{probe=~"p.*"}[5m]))');
  const due = took / PERIOD_MS * PROBES;
  console.log(
    `reloads            ${RELOADS}, from write to applied ${
      (reloadMs.reduce((a, b) => a + b) / RELOADS).toFixed(0)
    } ms on average`,
  );
  console.log(
    load
      ? `requests           ${load.requests}, failed ${load.failed}, p99 ${load.p99Ms.toFixed(2)} ms`
      : "wrk is not installed",
  );
  console.log(
    `beats              ${beats} of ${due.toFixed(0)} due, skipped ${skipped}, counter resets ${resets}`,
  );
}

function config(port: number, target: number, reload: number): string {
  const probe = (name: string) => `    - { name: ${name}, httpGet: { host: 127.0.0.1, port: ${target} } }`;
  return [
    "egress:",
    `  periodMilliseconds: ${PERIOD_MS}`,
    "  probes:",
    ...Array.from({ length: PROBES }, (_, i) => probe(`p${i}`)),
    ...(reload % 2 === 1 ? [probe("extra")] : []),
    "ingress:",
    "  httpServer:",
    "    host: 127.0.0.1",
    `    port: ${port}`,
    "    health:",
    "      - { path: ready, whenEmpty: healthy, instantQuery: { query: 'min_over_time(probe_success[1s])' } }",
    `      - { path: other, instantQuery: { query: 'vector(${reload})' } }`,
  ].join("\n");
}
