import { fileURLToPath } from "node:url";
import { startBunny } from "../process/bunny.ts";
import { freePort } from "../support/free_port.ts";
import { denoProcess, type RunningProcess } from "../support/process_runner.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";
import { processStats } from "../bench/process_stats.ts";
import { openFiles } from "./process_open.ts";
import { Watch, type Watched } from "./watch.ts";

/** A Bunny under attack, a bare server that is not, and somebody who asks both how they are. */
export interface Subject extends AsyncDisposable {
  readonly port: number;
  readonly bunny: RunningProcess;
  readonly barePort: number;
  readonly bare: RunningProcess;
  readonly watch: Watch;
  readonly dir: TempDir;
}

export interface SubjectOptions {
  /** Lines of YAML below `ingress.httpServer`. */
  readonly httpServer?: readonly string[];
  /** Lines of YAML at the top. */
  readonly more?: readonly string[];
  readonly probes?: number;
  /** Further probes, a flow mapping each. */
  readonly moreProbes?: readonly string[];
  /** Environment of the Bunny. */
  readonly env?: Record<string, string>;
}

const QUERY = "avg_over_time(probe_success[10s]) > bool 0.5";

/** Ten probes ten times a second, a verdict over ten seconds of them. */
export async function startSubject(
  { httpServer = [], more = [], probes = 10, moreProbes = [], env }: SubjectOptions = {},
): Promise<Subject> {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(tempDir());
  const bareMain = fileURLToPath(new URL("../bench/bare_server.ts", import.meta.url));
  const bare = stack.use(denoProcess(["run", "-A", "--no-check", bareMain]));
  const barePort = Number(await bare.waitForLine(/^\d+$/));
  const port = freePort();
  const probe = (i: number) => `    - { name: p${i}, httpGet: { host: 127.0.0.1, port: ${barePort} } }`;
  const config = [
    "egress:",
    "  periodMilliseconds: 100",
    "  probes:",
    ...Array.from({ length: probes }, (_, i) => probe(i)),
    ...moreProbes.map((mapping) => `    - ${mapping}`),
    "ingress:",
    "  httpServer:",
    "    host: 127.0.0.1",
    `    port: ${port}`,
    "    health:",
    `      - { path: ready, instantQuery: { query: '${QUERY}' } }`,
    ...httpServer.map((line) => `    ${line}`),
    ...more,
  ];
  const bunny = stack.use(await startBunny(dir.write("bunny.yaml", config.join("\n")), env));
  const watch = stack.use(new Watch({ bunny: `${port}/ready`, bare: `${barePort}/` }));
  await watch.ready();
  const resources = stack.move();
  return { port, bunny, barePort, bare, watch, dir, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

/** What Bunny holds now. */
export interface Holdings {
  readonly files: number;
  readonly rssMib: number;
}

export function holdings({ bunny }: Subject): Holdings {
  return { files: openFiles(bunny.pid), rssMib: processStats(bunny.pid).rssBytes / 2 ** 20 };
}

export const WATCH_HEADER =
  "phase                        health p50     p99     max  none    bare p50     p99     max";

/** One row a phase: answers of the verdict, and of the bare server beside it, ms. */
export function watchRow(name: string, bunny: Watched, bare: Watched): string {
  const ms = (value: number) => (Number.isNaN(value) ? "–" : value.toFixed(2)).padStart(7);
  return `${name.padEnd(28)}   ${ms(bunny.p50Ms)} ${ms(bunny.p99Ms)} ${ms(bunny.maxMs)}  ${
    String(bunny.unanswered).padStart(4)
  }     ${ms(bare.p50Ms)} ${ms(bare.p99Ms)} ${ms(bare.maxMs)}`;
}
