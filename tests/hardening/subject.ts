import { fileURLToPath } from "node:url";
import { startBunny } from "../process/bunny.ts";
import { freePort } from "../support/free_port.ts";
import { denoProcess, type RunningProcess } from "../support/process_runner.ts";
import { SHIPPED_ENVIRONMENT } from "../support/shipped_environment.ts";
import { ROOMY_V8_FLAGS, SHIPPED_V8_FLAGS } from "../support/shipped_v8_flags.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";
import { processStats } from "../bench/process_stats.ts";
import { makeWay } from "./priority.ts";
import { openFiles } from "./process_open.ts";
import { Watch, type Watched, type WatchTarget } from "./watch.ts";

/**
 * A Bunny under attack, a bare server that is not, and somebody who asks both how they are. Perhaps also a rival: a bare
 * server to be attacked like Bunny, which shows how much of Bunny's lateness is the runtime's, the kernel's or the
 * machine's.
 *
 * In earnest all of them are on other machines than their attackers, so here they come first: see `makeWay`.
 */
export interface Subject extends AsyncDisposable {
  readonly port: number;
  /** The one for verdicts; NaN: there is none. */
  readonly healthPort: number;
  readonly bunny: RunningProcess;
  readonly barePort: number;
  readonly bare: RunningProcess;
  readonly rivalPort: number;
  readonly watch: Watch;
  readonly dir: TempDir;
  /** What stands between them and whatever else runs on this machine, in a few words. */
  readonly priority: string;
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
  /** Connections that the rival takes at once. Default: there is no rival. */
  readonly rivalMaxConnections?: number;
  /** Processes that attack, besides this one. */
  readonly attackers?: readonly number[];
  /** Whether Bunny has a port of its own for verdicts, which is watched as "verdict". Default: no. */
  readonly hasHealthPort?: boolean;
}

const QUERY = "avg_over_time(probe_success[10s]) > bool 0.5";

/** Ten probes ten times a second, a verdict over ten seconds of them. */
export async function startSubject(
  {
    httpServer = [],
    more = [],
    probes = 10,
    moreProbes = [],
    env = {},
    rivalMaxConnections,
    attackers = [],
    hasHealthPort = false,
  }: SubjectOptions = {},
): Promise<Subject> {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(tempDir());
  const bareMain = fileURLToPath(new URL("../bench/bare_server.ts", import.meta.url));
  const bare = stack.use(denoProcess(["run", "-A", "--no-check", bareMain], { env: SHIPPED_ENVIRONMENT }));
  const barePort = Number(await bare.waitForLine(/^\d+$/));
  const port = freePort();
  const healthPort = hasHealthPort ? freePort() : NaN;
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
    ...hasHealthPort ? [`    healthPort: ${healthPort}`] : [],
    "    health:",
    `      - { path: ready, instantQuery: { query: '${QUERY}' } }`,
    ...httpServer.map((line) => `    ${line}`),
    ...more,
  ];
  const path = dir.write("bunny.yaml", config.join("\n"));
  const bunny = stack.use(await startBunny(path, { DENO_V8_FLAGS: SHIPPED_V8_FLAGS, ...env }));
  const watched: Record<string, WatchTarget> = {
    bunny: { port, path: "ready", pid: bunny.pid },
    bare: { port: barePort, path: "", pid: bare.pid },
  };
  if (hasHealthPort) watched.verdict = { port: healthPort, path: "ready", pid: bunny.pid };
  let rivalPort = NaN;
  if (rivalMaxConnections !== undefined) {
    const rivalMain = fileURLToPath(new URL("bare_main.ts", import.meta.url));
    const rival = stack.use(denoProcess(["run", "-A", "--no-check", rivalMain, `${rivalMaxConnections}`], {
      // Nothing keeps it within the executable's heap: some attacks would end it there.
      env: { DENO_V8_FLAGS: ROOMY_V8_FLAGS, ...SHIPPED_ENVIRONMENT },
    }));
    rivalPort = Number(await rival.waitForLine(/^\d+$/));
    watched.rival = { port: rivalPort, path: "", pid: rival.pid };
  }
  const watch = stack.use(new Watch(watched));
  await watch.ready();
  const priority = makeWay(watch.pid, [Deno.pid, ...attackers]);
  const resources = stack.move();
  return {
    port,
    healthPort,
    bunny,
    barePort,
    bare,
    rivalPort,
    watch,
    dir,
    priority,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** What Bunny holds now. */
export interface Holdings {
  readonly files: number;
  readonly rssMib: number;
}

export function holdings({ bunny }: Subject): Holdings {
  return { files: openFiles(bunny.pid), rssMib: processStats(bunny.pid).rssBytes / 2 ** 20 };
}

/**
 * What verdicts have to keep to, without what they waited for a processor. With it, on a machine that has not as many as
 * all of this takes: so many times what a bare server takes there, and this Bunny while nobody attacks.
 */
const MAX_P99_MS = 5;
const MAX_TIMES_BARE = 3;
const MAX_TIMES_CALM = 2;

/** @returns what is wrong with how long verdicts took under attack, beside a bare server and in the calm before */
export function lateness(attacked: Watched, bare: Watched, calm: Watched): string | undefined {
  if (attacked.ownP99Ms > MAX_P99_MS) {
    return `verdicts' p99 was ${
      attacked.ownP99Ms.toFixed(1)
    } ms under attack, waiting for a processor left out`;
  }
  const limitMs = Math.max(MAX_P99_MS, MAX_TIMES_BARE * bare.p99Ms, MAX_TIMES_CALM * calm.p99Ms);
  if (attacked.p99Ms <= limitMs) return undefined;
  const [attackedMs, calmMs, bareMs] = [attacked, calm, bare].map(({ p99Ms }) => p99Ms.toFixed(1));
  return `verdicts' p99 was ${attackedMs} ms under attack, ${calmMs} ms before, a bare server's ${bareMs} ms`;
}

export const WATCH_HEADER =
  "phase                        health p50     p99 own p99     max  none    bare p50     p99 own p99     max";

/** What `attackRow` says, in order. */
export const ATTACK_HEADER = "phase                       healthPort p50  p99 own p99     max  none" +
  "    port p50     p99 own p99     max  none   rival p50     p99 own p99     max  none   aside p99 own p99     max";

/**
 * One row a phase: answers of the verdict, and of the bare server beside it, ms. "own": without what an answer waited for a
 * processor.
 */
export function watchRow(name: string, bunny: Watched, bare: Watched): string {
  return `${name.padEnd(28)}   ${times(bunny)}  ${none(bunny)}     ${times(bare)}`;
}

/**
 * The same of an attack: verdicts on the port for them and on the other, what a rival answered that was attacked likewise,
 * and, of what answers aside from an attack, the slowest.
 */
export function attackRow(
  name: string,
  verdict: Watched,
  bunny: Watched,
  rival: Watched,
  aside: Watched,
): string {
  const attacked = [verdict, bunny, rival].map((watched) => `${times(watched)}  ${none(watched)}`).join(
    "     ",
  );
  return `${name.padEnd(28)}   ${attacked}     ${ms(aside.p99Ms)} ${ms(aside.ownP99Ms)} ${ms(aside.maxMs)}`;
}

function times({ p50Ms, p99Ms, ownP99Ms, maxMs }: Watched): string {
  return `${ms(p50Ms)} ${ms(p99Ms)} ${ms(ownP99Ms)} ${ms(maxMs)}`;
}

function none({ unanswered }: Watched): string {
  return String(unanswered).padStart(4);
}

function ms(value: number): string {
  return (Number.isNaN(value) ? "–" : value.toFixed(2)).padStart(7);
}
