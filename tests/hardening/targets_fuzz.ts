/**
 * `deno task fuzz:targets [--seed=N] [--seconds=N] [--only=TEXT]`: a Bunny whose targets mean no good (loopback only), and
 * somebody who asks it for a verdict all the while, from a process of its own. First the targets play one behaviour after
 * the other, then each connection gets another one, by the seed. Prints what the probes made of it, how long verdicts
 * took beside a bare server's, and what Bunny holds afterwards. `--only`: behaviours whose stage and name have this in
 * them. Exit code 1: a probe came to something it may not, Bunny crashed, kept what it opened, or kept others waiting.
 */
import { REASONS } from "../../src/model/probe_result.ts";
import { processStats } from "../bench/process_stats.ts";
import { ask, value } from "../process/bunny.ts";
import { checkArguments, chosen } from "../support/check_arguments.ts";
import { Random } from "../support/random.ts";
import { pause } from "./crowd.ts";
import { AUDIENCE, type Behaviour, BEHAVIOURS } from "./hostile_kinds.ts";
import { HostileTarget, QUICK_TIMEOUT_MS } from "./hostile_target.ts";
import { settled } from "./process_open.ts";
import { type Failed, Failures } from "./probe_failures.ts";
import { holdings, lateness, startSubject, type Subject, WATCH_HEADER, watchRow } from "./subject.ts";

/** How many times more a behaviour is given its time when no probe has failed on it. */
const MAX_TRIES = 4;

/** What is left of a former behaviour when the next one has begun. */
const LEFTOVERS_MS = QUICK_TIMEOUT_MS + 35;

/** Growth that is noise: connections of the moment, and the heap that a runtime keeps once it has grown. */
const MAX_FILES_GROWTH = 10;
const MAX_RSS_GROWTH_MIB = 64;

/** What a close comes to after a handshake, by the probe's name. */
const WHEN_CLOSED: Readonly<Record<string, string>> = { https: "connect", grpcs: "rpc", tcps: "expect" };

const { numbers: options, only } = checkArguments(
  "deno task fuzz:targets [--seed=N] [--seconds=N] [--only=TEXT]",
  { numbers: { seed: Math.floor(Math.random() * 2 ** 32), seconds: 80 } },
);

const behaviours = chosen(BEHAVIOURS, only, ({ stage, name }) => `${stage}: ${name}`);
const calmMs = Math.min(5_000, options.seconds * 50);
const stormMs = options.seconds * 200;
const eachMs = Math.max(250, (options.seconds * 1_000 - 2 * calmMs - stormMs) / behaviours.length);

Deno.exit(await main());

async function main(): Promise<number> {
  console.log(`seed ${options.seed}, ${behaviours.length} behaviours, ${eachMs.toFixed(0)} ms each`);
  await using target = await HostileTarget.start();
  await using subject = await startSubject({
    probes: 3,
    moreProbes: target.probes(),
    env: { EGRESS_LOG_LEVEL: "debug" },
    attackers: [target.pid],
  });
  console.log(subject.priority);
  const failures = new Failures(subject.bunny);
  const flaws: string[] = [];

  await pause(2_500); // patient probes have seen their first success, code is compiled
  const before = holdings(subject);
  console.log(`before: ${said(before)}\n\n${WATCH_HEADER}`);
  const calmFromMs = Date.now();
  await watched(subject, "calm", () => pause(calmMs));
  const attackFromMs = Date.now();
  for (const [index, behaviour] of behaviours.entries()) {
    await one(subject, target, behaviour, behaviours[index - 1], failures, flaws);
    if (!await isAlive(subject, flaws)) break;
  }
  await watched(subject, "one after the other", undefined, attackFromMs);
  const between = holdings(subject);
  await watched(subject, "all at once, by seed", () => storm(target));
  const attackUntilMs = Date.now();
  await target.calm();
  await pause(1_500);
  await watched(subject, "calm again", () => pause(calmMs));

  const under = (who: string) => subject.watch.between(who, attackFromMs, attackUntilMs);
  const [health, bare] = [under("bunny"), under("bare")];
  console.log(`${watchRow("all under attack", health, bare)}\n`);
  if (health.unanswered > 0) flaws.push(`${health.unanswered} health requests without an answer`);
  const calm = subject.watch.between("bunny", calmFromMs, attackFromMs);
  const late = lateness(health, bare, calm);
  if (late) flaws.push(late);
  await judgeEnd(subject, target, failures, flaws);
  await judgeHoldings(subject, target, { before, between }, flaws);
  for (const flaw of flaws.slice(0, 60)) console.log(`FLAW ${flaw}`);
  console.log(flaws.length === 0 ? "no flaw" : `${flaws.length} flaws`);
  return flaws.length === 0 ? 0 : 1;
}

/** Prints how long verdicts took meanwhile. */
async function watched(
  { watch }: Subject,
  name: string,
  phase: () => Promise<void> = () => Promise.resolve(),
  fromMs = Date.now(),
): Promise<void> {
  await phase();
  const untilMs = Date.now();
  await pause(300); // for the watcher's lines to come
  console.log(
    watchRow(name, watch.between("bunny", fromMs, untilMs), watch.between("bare", fromMs, untilMs)),
  );
}

/** One behaviour: what probes came to is printed, and held against what they should come to. */
async function one(
  subject: Subject,
  target: HostileTarget,
  behaviour: Behaviour,
  previous: Behaviour | undefined,
  failures: Failures,
  flaws: string[],
): Promise<void> {
  const { stage, name, want } = behaviour;
  const label = `${stage}: ${name}`;
  await target.calm();
  await target.play(behaviour);
  const fromMs = Date.now();
  const cpuFromMs = processStats(subject.bunny.pid).cpuMs;
  const audience: readonly string[] = AUDIENCE[stage];
  let untilMs: number;
  let seen: Failed[];
  for (let tries = 0;; tries++) { // on a busy machine results may take their time
    await pause(eachMs);
    untilMs = Date.now();
    seen = failures.between(fromMs + LEFTOVERS_MS, untilMs).filter(({ probe }) => audience.includes(probe));
    if (want === "pass" || seen.length > 0 || tries === MAX_TRIES) break;
  }
  const cpuShare = (processStats(subject.bunny.pid).cpuMs - cpuFromMs) / (untilMs - fromMs);
  // A probe that has to share the processor may run out of time with anything, or tell of the behaviour before.
  const may: readonly string[] = [want, "timeout", previous?.stage === stage ? previous.want : want];
  const isWrong = ({ probe, reason }: Failed) =>
    !may.includes(reason) && !(stage === "tls" && reason === WHEN_CLOSED[probe]);
  for (const wrong of seen.filter(isWrong)) {
    flaws.push(`${label}: ${wrong.probe} failed with ${wrong.reason}, expected ${want}: ${wrong.detail}`);
  }
  if (want !== "pass" && seen.length === 0) {
    flaws.push(`${label}: nobody failed, expected ${want}`);
  }
  const { maxMs } = subject.watch.between("bunny", fromMs, untilMs);
  const bareMaxMs = subject.watch.between("bare", fromMs, untilMs).maxMs;
  const detail = seen.findLast(({ reason }) => reason === want)?.detail ?? seen.at(-1)?.detail ?? "";
  console.log(
    `  ${label.padEnd(60).slice(0, 60)} ${counted(seen).padEnd(26)} max ${maxMs.toFixed(1).padStart(5)} / ${
      bareMaxMs.toFixed(1).padStart(5)
    } ms  CPU ${(100 * cpuShare).toFixed(0).padStart(3)} %  ${detail.slice(0, 110)}`,
  );
}

async function storm(target: HostileTarget): Promise<void> {
  const random = new Random(options.seed);
  await target.storm(options.seed);
  const endsAt = performance.now() + stormMs;
  while (performance.now() < endsAt) {
    target.command(random.below(1_000));
    await pause(150);
  }
}

/** Everything that was said and counted from start to end. */
async function judgeEnd(
  { bunny, port }: Subject,
  target: HostileTarget,
  failures: Failures,
  flaws: string[],
): Promise<void> {
  const all = failures.between(0, Infinity);
  console.log(`failures: ${counted(all)}`);
  for (const { probe, reason, detail } of all) {
    // On a machine that is this busy a command may take its time to die.
    const isHeldUp = /earlier runs .* have not ended yet$/.test(detail) && isOverloaded();
    const isKnown = (REASONS as readonly string[]).includes(reason) && reason !== "internal";
    if (!isKnown && !isHeldUp) flaws.push(`${probe} failed with ${reason}: ${detail}`);
    const isSentence = detail.length > 5 && detail.length < 1_000 &&
      !/[\x00-\x1f\x7f-\x9f\u202e]/.test(detail);
    if (!isSentence || !detail.isWellFormed()) {
      flaws.push(`${probe} failed with the detail ${JSON.stringify(detail)}`);
    }
  }
  for (const { text } of bunny.lines) {
    if (/"level":"ERROR"/.test(text) || !text.startsWith("{")) flaws.push(`logged: ${text.slice(0, 300)}`);
  }
  const failing = `max_over_time(probe_success[${Math.ceil(calmMs)}ms]) == 0`;
  if (await value(port, `count(${failing}) or vector(0)`) > 0) {
    const { body } = await ask(port, `api/v1/query?query=${encodeURIComponent(failing)}`);
    flaws.push(`probes fail that have targets in order again: ${body.slice(0, 1_000)}`);
  }
  if (target.output.split("\n").length > 1) flaws.push(`the target said ${target.output.slice(0, 1_000)}`);
}

function isOverloaded(): boolean {
  return Deno.loadavg()[0] > 2 * navigator.hardwareConcurrency;
}

async function judgeHoldings(
  subject: Subject,
  target: HostileTarget,
  earlier: Record<"before" | "between", ReturnType<typeof holdings>>,
  flaws: string[],
): Promise<void> {
  const mark = earlier.before.files + MAX_FILES_GROWTH;
  await settled(() => holdings(subject).files, mark, 5_000);
  const after = holdings(subject);
  const survivors = await settled(() => target.survivors(), 2, 3_000); // two may be at work right now
  console.log(
    `between: ${said(earlier.between)}\nafter: ${said(after)}; ${survivors} commands' processes; CPU ${
      (processStats(subject.bunny.pid).cpuMs / 1_000).toFixed(1)
    } s; load of the machine ${Deno.loadavg()[0].toFixed(1)}`,
  );
  if (after.files > mark) flaws.push(`${after.files} files open after all, ${earlier.before.files} before`);
  if (after.rssMib > earlier.before.rssMib + MAX_RSS_GROWTH_MIB) {
    flaws.push(`RSS ${after.rssMib.toFixed(0)} MiB after all, ${earlier.before.rssMib.toFixed(0)} before`);
  }
  if (survivors > 2) flaws.push(`${survivors} processes of commands were left behind`);
}

async function isAlive({ bunny, port }: Subject, flaws: string[]): Promise<boolean> {
  try {
    if ((await ask(port, "-/healthy")).status === 200) return true;
  } catch {
    // said below
  }
  flaws.push(`Bunny does not answer any more:\n${bunny.output.slice(-2_000)}`);
  return false;
}

function counted(failures: readonly Failed[]): string {
  const counts = new Map<string, number>();
  for (const { reason } of failures) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => `${reason} ${count}`).join(", ") || "pass";
}

function said({ files, rssMib }: ReturnType<typeof holdings>): string {
  return `${files} files, RSS ${rssMib.toFixed(0)} MiB`;
}
