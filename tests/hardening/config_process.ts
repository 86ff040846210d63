/** Hostile files in the place of a running Bunny's own. */
import { getPriority, setPriority } from "node:os";
import { readConfig } from "../../src/config/mod.ts";
import type { Random } from "../support/random.ts";
import { mutatedConfig } from "./config_mutations.ts";
import { pause } from "./crowd.ts";
import type { HostileConfig } from "./hostile_configs.ts";
import { enlarged, LARGE_CONFIGS } from "./large_configs.ts";
import { settled } from "./process_open.ts";
import { holdings, lateness, startSubject, type Subject, WATCH_HEADER, watchRow } from "./subject.ts";

export interface ProcessFuzz {
  readonly hostile: readonly HostileConfig[];
  /** Bytes of each hostile file. */
  readonly size: number;
  /** Mutated files that are tried. */
  readonly rounds: number;
  readonly random: Random;
}

/** What the log says once a file has been taken or refused. */
const TAKEN = /stays in force|"applied the configuration"/;

/** How much more Bunny may hold at the end than before, MiB: its heap grows to its limit before it is cleared up. */
const MAX_GROWTH_MIB = 60;

const ENDS_IN_MS = 15_000;

export async function fuzzProcess(
  { hostile, size, rounds, random }: ProcessFuzz,
  flaws: string[],
): Promise<void> {
  await using subject = await startSubject();
  yieldToSubject();
  const path = subject.dir.join("bunny.yaml");
  const own = Deno.readTextFileSync(path);
  await pause(3_000);
  const before = holdings(subject);
  console.log(
    `\nbefore: ${before.files} files, RSS ${before.rssMib.toFixed(0)} MiB; load ${
      Deno.loadavg()[0].toFixed(1)
    }`,
  );
  console.log(WATCH_HEADER);
  const phase = phases(subject, flaws);
  const put = (text: string | Uint8Array) => putFile(subject, path, text, flaws);

  const calmFromMs = Date.now();
  await phase("calm", async () => (await pause(5_000), ""));
  const attackFromMs = Date.now();
  await phase("its own file, touched", async () => {
    for (let i = 0; i < 20; i++) await put(`${own}\n# ${i}\n`);
    return "20 good files";
  });
  const putAll = async (texts: readonly string[]) => {
    // A good one might take the port elsewhere.
    const bad = texts.filter((text) => readConfig(text, path).kind === "problems");
    for (const text of bad) await put(text);
    return `${bad.length} files`;
  };
  await phase("hostile files", () => putAll(hostile.map(({ make }) => make(size))));
  await phase("hostile files, smaller", () => putAll(hostile.map(({ make }) => make(size / 10))));
  await phase("no text at all", async () => {
    for (let i = 0; i < 5; i++) {
      await put(Uint8Array.from({ length: size - i }, () => random.below(256)));
      await put(new Uint8Array(size + 1 + i));
    }
    return "10 files";
  });
  await phase(
    "mutated files",
    () => putAll(Array.from({ length: rounds }, () => mutatedConfig(own, random))),
  );
  await phase("its own file again", async () => {
    await put(`${own}\n# again\n`);
    await pause(3_000);
    return "";
  });
  for (const config of LARGE_CONFIGS) {
    await phase(`large: ${config.name}`, async () => {
      const text = enlarged(own, config);
      const reading = readConfig(text, path);
      if (reading.kind === "problems") flaws.push(`${config.name}: ${reading.problems[0].message}`);
      for (let i = 0; i < 3; i++) {
        await put(`${text}# ${i}\n`);
        await pause(500);
        await put(`${own}\n# small again ${i}\n`);
      }
      return "three times, and back";
    });
  }
  const attackUntilMs = Date.now();
  await phase("calm again", async () => (await pause(5_000), ""));
  const under = (who: string) => subject.watch.between(who, attackFromMs, attackUntilMs);
  console.log(watchRow("all that changed the file", under("bunny"), under("bare")));
  const calm = subject.watch.between("bunny", calmFromMs, attackFromMs);
  const late = lateness(under("bunny"), under("bare"), calm);
  if (late) flaws.push(late);
  await report(subject, before, flaws);
}

type Phase = (name: string, run: () => Promise<string>) => Promise<void>;

function phases(subject: Subject, flaws: string[]): Phase {
  return async (name, run) => {
    const fromMs = Date.now();
    const said = await run().catch((error) => `broke: ${error}`);
    const untilMs = Date.now();
    await pause(300); // for the watcher's lines to come
    const watched = (who: string) => subject.watch.between(who, fromMs, untilMs);
    const verdicts = watched("bunny");
    console.log(
      `${watchRow(name, verdicts, watched("bare"))}   ${said}; ${((untilMs - fromMs) / 1_000).toFixed(0)} s`,
    );
    if (verdicts.unanswered > 0) flaws.push(`${name}: ${verdicts.unanswered} verdicts without an answer`);
    if (said.startsWith("broke")) flaws.push(`${name}: ${said}`);
    if (verdicts.otherThan200 > 0) flaws.push(`${name}: ${verdicts.otherThan200} verdicts were not 200`);
  };
}

/** Puts a file in its place as an editor does, and waits until Bunny has said what it makes of it. */
async function putFile(
  { bunny }: Subject,
  path: string,
  text: string | Uint8Array,
  flaws: string[],
): Promise<void> {
  const known = bunny.lines.length;
  const next = `${path}.next`;
  Deno.writeFileSync(next, typeof text === "string" ? new TextEncoder().encode(text) : text);
  Deno.renameSync(next, path);
  const until = performance.now() + ENDS_IN_MS;
  while (!bunny.lines.slice(known).some((line) => TAKEN.test(line.text))) {
    if (performance.now() > until) {
      flaws.push(
        `nothing was said of a file within ${ENDS_IN_MS} ms; it begins ${
          JSON.stringify(String(text).slice(0, 100))
        }`,
      );
      return;
    }
    await pause(20);
  }
}

async function report(subject: Subject, before: ReturnType<typeof holdings>, flaws: string[]): Promise<void> {
  const { files } = before;
  const filesAfter = await settled(() => holdings(subject).files, files + 5, 10_000).catch(() => NaN);
  const rssMib = await settled(() => holdings(subject).rssMib, before.rssMib + MAX_GROWTH_MIB, 10_000).catch(
    () => NaN,
  );
  console.log(
    `after: ${filesAfter} files, RSS ${rssMib.toFixed(0)} MiB; load ${Deno.loadavg()[0].toFixed(1)}`,
  );
  if (!(filesAfter <= files + 5)) flaws.push(`${filesAfter} files open after all, ${files} before`);
  if (!(rssMib <= before.rssMib + MAX_GROWTH_MIB)) flaws.push(`RSS ${rssMib.toFixed(0)} MiB after all`);
  for (const { text } of subject.bunny.lines) {
    const isOther = /"level":"ERROR"/.test(text) && !text.includes(subject.dir.path);
    if (isOther) flaws.push(`logged: ${text.slice(0, 300)}`);
  }
}

/** Whoever edits the file is elsewhere: here it shall not take the processor from what it disturbs. */
function yieldToSubject(): void {
  try {
    setPriority(Math.min(19, getPriority() + 10));
  } catch {
    console.log("(the attacker runs with the same priority as its target)");
  }
}
