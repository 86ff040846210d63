/**
 * `deno task fuzz:port [--seed=N] [--requests=N] [--seconds=N] [--only=TEXT] [--alone] [--at-health-port]`: a Bunny under
 * attack on its port (loopback only), and somebody who asks it for a verdict all the while, from a process of its own, on
 * that port and on the one for verdicts. Prints what came back, how long verdicts took, and what Bunny holds afterwards.
 * `--only`: phases whose name has this in it. `--at-health-port`: that one is attacked.
 *
 * After Bunny, in each phase, a rival is attacked likewise: node:http with nothing behind it. What it answers is not
 * judged. Meanwhile Bunny's verdicts show what the attack costs those who are not attacked ("aside"). `--alone`: there is
 * no rival, and a bare server stands aside. Exit code 1: something was answered that may not be, or Bunny crashed or
 * kept what it opened.
 */
import { checkArguments, chosen } from "../support/check_arguments.ts";
import { Random } from "../support/random.ts";
import {
  crowd,
  type CrowdReport,
  eager,
  hasty,
  idle,
  pause,
  silent,
  slowReader,
  slowWriter,
} from "./crowd.ts";
import { HOSTILE_REQUESTS } from "./hostile_requests.ts";
import { LOADS } from "./port_loads.ts";
import { flawOf, inParts, mutated } from "./port_mutations.ts";
import { settled } from "./process_open.ts";
import { converse } from "./raw_client.ts";
import { ATTACK_HEADER, attackRow, holdings, startSubject, type Subject } from "./subject.ts";
import type { Stretch } from "./watch.ts";

/** What the port holds where there is another for verdicts, and nothing else is said. */
const MAX_CONNECTIONS = 200;
const IDLE_CONNECTIONS = 5_000;

/** How long connections that are being ended may be on our mind, and the watcher's lines on their way. */
const SETTLE_MS = 500;

const { numbers: options, switches, only } = checkArguments(
  "deno task fuzz:port [--seed=N] [--requests=N] [--seconds=N] [--only=TEXT] [--alone] [--at-health-port]",
  {
    numbers: { seed: Math.floor(Math.random() * 2 ** 32), requests: 3_000, seconds: 5 },
    switches: ["alone", "at-health-port"],
  },
);
const isAlone = switches.has("alone");
const isAtHealthPort = switches.has("at-health-port");

interface Phase {
  readonly name: string;
  /** Whether it is of requests that are in order and cost more than others. */
  readonly isLoad?: boolean;
  /** `flaws`: left out when the one on this port is not judged. @returns what came of it, in a few words */
  run(port: number, flaws?: string[]): Promise<string>;
}

/** A phase that is over: when Bunny was attacked, when its rival. */
interface Attack {
  readonly isLoad: boolean;
  readonly bunny: Stretch;
  readonly rival: Stretch;
}

const durationMs = options.seconds * 1_000;

function crowdPhase(
  name: string,
  size: number,
  habit: Parameters<typeof crowd>[3],
  forMs = durationMs,
): Phase {
  return {
    name,
    run: async (port) => said(await crowd(port, size, forMs, habit)),
  };
}

const PHASES: readonly Phase[] = [
  { name: "calm", run: async () => (await pause(durationMs), "") },
  { name: "hostile requests", run: hostileRequests },
  { name: "mutated requests", run: mutatedRequests },
  crowdPhase("idle, never a word", IDLE_CONNECTIONS, silent, 2 * durationMs),
  crowdPhase("idle after an answer", IDLE_CONNECTIONS, idle("-/healthy"), 2 * durationMs),
  crowdPhase("slow heads", 500, slowWriter("GET /ready HTTP/1.1\r\nHost: bunny\r\nX-Long: ", 100)),
  crowdPhase(
    "slow bodies",
    500,
    slowWriter("POST /api/v1/query HTTP/1.1\r\nHost: bunny\r\nContent-Length: 99\r\n\r\nq", 20),
  ),
  crowdPhase("slow readers of a page", 300, slowReader("otel-metrics", 15)),
  crowdPhase(
    "slow readers of results",
    100,
    slowReader("api/v1/query_range?query=%7B__name__%3D~%22.%2B%22%7D&start=0&end=1100&step=0.1", 4),
  ),
  crowdPhase("far ahead of the answers", 20, slowReader("ready", 1_000)),
  crowdPhase("maxConnections", MAX_CONNECTIONS, silent),
  crowdPhase("more than maxConnections", MAX_CONNECTIONS + 100, silent),
  crowdPhase("in and out again", 200, hasty("ready")),
  ...LOADS.map(({ name, request }): Phase => ({
    ...crowdPhase(name, 4, eager(request), Math.min(durationMs, 2_000)),
    isLoad: true,
  })),
  { name: "calm again", run: async () => (await pause(durationMs), "") },
];

const phases = chosen(PHASES, only, ({ name }) => name);

Deno.exit(await main());

async function main(): Promise<number> {
  console.log(`seed ${options.seed}`);
  await using subject = await startSubject({
    httpServer: [
      "readHeaderTimeoutMilliseconds: 1000",
      "readTimeoutMilliseconds: 2000",
      "writeTimeoutMilliseconds: 3000",
    ],
    rivalMaxConnections: MAX_CONNECTIONS,
    hasHealthPort: true,
  });
  const attacked = isAtHealthPort ? subject.healthPort : subject.port;
  console.log(subject.priority);
  const flaws: string[] = [];
  await pause(2_000);
  const before = holdings(subject);
  console.log(
    `before: ${before.files} files, RSS ${before.rssMib.toFixed(0)} MiB; load of the machine ${
      Deno.loadavg()[0].toFixed(1)
    }\n`,
  );
  console.log(ATTACK_HEADER);
  const attacks: Attack[] = [];
  for (const { name, isLoad = false, run } of phases) {
    let said = "";
    const bunny = await timed(async () => {
      said = await run(attacked, flaws).catch((error) => `broke: ${error}`);
    });
    let rivalSaid = "";
    const rival = isAlone ? bunny : await timed(async () => rivalSaid = await run(subject.rivalPort));
    console.log(`${row(subject, name, [bunny], [rival])}   ${said} | ${rivalSaid}`);
    if (name.startsWith("calm")) continue;
    attacks.push({ isLoad, bunny, rival });
    if (!await isAlive(subject, flaws)) break;
  }
  console.log(summary(subject, "all costly requests", attacks.filter(({ isLoad }) => isLoad)));
  console.log(summary(subject, "all other attacks", attacks.filter(({ isLoad }) => !isLoad)));
  console.log(summary(subject, "all under attack", attacks));
  await report(subject, before, flaws);
  for (const flaw of flaws.slice(0, 50)) console.log(`FLAW ${flaw}`);
  console.log(flaws.length === 0 ? "no flaw" : `${flaws.length} flaws`);
  return flaws.length === 0 ? 0 : 1;
}

/** When it happened, and some time for its traces to go. */
async function timed(run: () => Promise<unknown>): Promise<Stretch> {
  const fromMs = Date.now();
  await run();
  const untilMs = Date.now();
  await pause(SETTLE_MS);
  return { fromMs, untilMs };
}

function row({ watch }: Subject, name: string, bunny: readonly Stretch[], rival: readonly Stretch[]): string {
  const aside = isAlone ? watch.during("bare", bunny) : watch.during("verdict", rival);
  const [verdict, main] = [watch.during("verdict", bunny), watch.during("bunny", bunny)];
  return attackRow(name, verdict, main, watch.during("rival", rival), aside);
}

function summary(subject: Subject, name: string, attacks: readonly Attack[]): string {
  return row(subject, name, attacks.map(({ bunny }) => bunny), attacks.map(({ rival }) => rival));
}

async function report(subject: Subject, before: ReturnType<typeof holdings>, flaws: string[]): Promise<void> {
  const mark = before.files + 10;
  const files = await settled(() => holdings(subject).files, mark, 10_000).catch(() => NaN);
  const { rssMib } = holdings(subject);
  console.log(
    `after: ${files} files, RSS ${rssMib.toFixed(0)} MiB; load of the machine ${
      Deno.loadavg()[0].toFixed(1)
    }`,
  );
  if (!(files <= mark)) flaws.push(`${files} files open after all, ${before.files} before`);
  for (const { text } of subject.bunny.lines) {
    if (/"level":"ERROR"/.test(text)) flaws.push(`logged: ${text.slice(0, 300)}`);
  }
}

async function isAlive({ bunny, port }: Subject, flaws: string[]): Promise<boolean> {
  for (let tries = 0; tries < 5; tries++) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/-/healthy`, {
        signal: AbortSignal.timeout(3_000),
      });
      await response.body?.cancel();
      if (response.status === 200) return true;
    } catch {
      await pause(500);
    }
  }
  flaws.push(`Bunny does not answer any more:\n${bunny.output.slice(-2_000)}`);
  return false;
}

async function hostileRequests(port: number, flaws: string[] = []): Promise<string> {
  let answers = 0;
  for (const { name, sent, want } of HOSTILE_REQUESTS) {
    const { statuses, ended } = await converse(port, sent);
    answers += statuses.length;
    if (String(statuses) !== String(want)) {
      flaws.push(`${name}: answered ${statuses || "nothing"}, not ${want}`);
    }
    if (!ended) flaws.push(`${name}: still open after ten seconds`);
  }
  return `${HOSTILE_REQUESTS.length} requests, ${answers} answers`;
}

async function mutatedRequests(port: number, flaws: string[] = []): Promise<string> {
  const random = new Random(options.seed);
  const counts = new Map<string, number>();
  let left = options.requests;
  const worker = async () => {
    while (left-- > 0) {
      const round = options.requests - left;
      const sent = mutated(random);
      const { text, statuses, ended } = await converse(port, sent, {
        parts: inParts(random, sent),
        closes: random.chance(0.8),
      });
      const kind = statuses.length === 0 ? "none" : `${Math.floor(statuses[0] / 100)}xx`;
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
      const flaw = flawOf(text) ?? (ended ? undefined : "still open after ten seconds");
      if (flaw) {
        flaws.push(
          `request ${round}: ${flaw}\n  sent ${JSON.stringify(sent.slice(0, 500))}\n  got ${
            JSON.stringify(text.slice(0, 300))
          }`,
        );
      }
    }
  };
  await Promise.all(Array.from({ length: 32 }, worker));
  return `${options.requests} requests: ${
    [...counts].sort().map(([kind, count]) => `${kind} ${count}`).join(", ")
  }`;
}

function said({ opened, ended, refused, mostOpen }: CrowdReport): string {
  return `${opened} opened, ${mostOpen} at once, ${ended} ended, ${refused} refused`;
}
