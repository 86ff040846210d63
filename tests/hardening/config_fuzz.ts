/**
 * `deno task fuzz:config [--seed=N] [--files=N] [--rounds=N] [--only=TEXT] [--reading | --process]`: hostile and mutated
 * configuration files. First they are read in this process: nothing is thrown, no step between two pauses takes
 * long, problems stand inside the file and are few, and YAML means the same as to the library that reads it in one
 * go. Then a real Bunny (BUNNY_BINARY: an executable) finds one after the other in the place of its file, while
 * somebody asks it for a verdict from a process of its own: what runs keeps running. `--only`: hostile files whose
 * name has this in it. Exit code 1: something of that does not hold.
 */
import { checkArguments, chosen } from "../support/check_arguments.ts";
import { Random } from "../support/random.ts";
import { difference, flawsOf, longestStepMs, type Reading, timedReading } from "./config_oracle.ts";
import { mutatedConfig } from "./config_mutations.ts";
import { fuzzProcess } from "./config_process.ts";
import { HOSTILE_CONFIGS } from "./hostile_configs.ts";

const ROOT = new URL("../../", import.meta.url);

/** The bound of a file's size, where each hostile file is at its worst; and what makes fewer words than are allowed. */
const SIZES = [262_144, 100_000, 30_000, 12_000];

/** A step may take this long, ms, when nothing else does; a good one takes less than one. */
const MAX_STEP_MS = 10;

/** All steps together, ms. */
const MAX_TOTAL_MS = 4_000;

/** Readings of one file at most: it is read again while a step took longer than `FINE_MS`, for the machine may have. */
const TRIES = 8;
const FINE_MS = 3;

const { numbers: options, switches, only } = checkArguments(
  "deno task fuzz:config [--seed=N] [--files=N] [--rounds=N] [--only=TEXT] [--reading | --process]",
  {
    numbers: { seed: Math.floor(Math.random() * 2 ** 32), files: 3_000, rounds: 60 },
    switches: ["reading", "process"],
  },
);

const hostile = chosen(HOSTILE_CONFIGS, only, ({ name }) => name);

Deno.exit(await main());

async function main(): Promise<number> {
  console.log(`seed ${options.seed}`);
  const flaws: string[] = [];
  const good = goodFiles();
  if (!switches.has("process")) {
    readHostile(flaws);
    readMutated(good, flaws);
  }
  if (!switches.has("reading")) {
    await fuzzProcess(
      { hostile, size: SIZES[0], rounds: options.rounds, random: new Random(options.seed) },
      flaws,
    );
  }
  for (const flaw of flaws.slice(0, 50)) console.log(`FLAW ${flaw}`);
  console.log(flaws.length === 0 ? "no flaw" : `${flaws.length} flaws`);
  return flaws.length === 0 ? 0 : 1;
}

/** Every configuration in the repository, good ones and those with a mistake. */
function goodFiles(): string[] {
  const files = [Deno.readTextFileSync(new URL("bunny.example.yaml", ROOT))];
  const walk = (directory: URL) => {
    for (const { name, isDirectory } of Deno.readDirSync(directory)) {
      if (isDirectory) walk(new URL(`${name}/`, directory));
      else if (/\.ya?ml$/.test(name)) files.push(Deno.readTextFileSync(new URL(name, directory)));
    }
  };
  walk(new URL("tests/fixtures/config/", ROOT));
  walk(new URL("deploy/kubernetes/", ROOT));
  return files.filter((text) => text.length < 100_000);
}

function readHostile(flaws: string[]): void {
  const rows: { name: string; longestMs: number; totalMs: number; said: string }[] = [];
  for (const { name, make } of hostile) {
    for (const size of SIZES) {
      const text = make(size);
      const readings = read(name, text, flaws);
      if (!readings) continue;
      const { result } = readings[0];
      const said = result.kind === "ok" ? "good" : result.problems[0].message;
      const [longestMs, totalMs] = [
        longestStepMs(readings),
        Math.min(...readings.map(({ totalMs }) => totalMs)),
      ];
      rows.push({ name: `${name}, ${size}`, longestMs, totalMs, said });
      if (longestMs > MAX_STEP_MS) flaws.push(`${name}, ${size}: a step of ${longestMs.toFixed(1)} ms`);
      if (totalMs > MAX_TOTAL_MS) flaws.push(`${name}, ${size}: ${totalMs.toFixed(0)} ms`);
    }
  }
  console.log(`${rows.length} hostile files; those with the longest steps:`);
  for (
    const { name, longestMs, totalMs, said } of rows.toSorted((a, b) => b.longestMs - a.longestMs).slice(
      0,
      12,
    )
  ) {
    console.log(
      `  ${name.padEnd(46)} step ${longestMs.toFixed(1).padStart(5)} ms, all ${
        totalMs.toFixed(0).padStart(5)
      } ms   ${said.slice(0, 60)}`,
    );
  }
}

/** @returns undefined when reading threw */
function read(name: string, text: string, flaws: string[]): Reading[] | undefined {
  const readings: Reading[] = [];
  try {
    do readings.push(timedReading(text)); while (
      longestStepMs(readings) > FINE_MS && readings.length < TRIES
    );
  } catch (error) {
    flaws.push(`${name}: threw ${error instanceof Error ? error.stack : error}`);
    return undefined;
  }
  for (const flaw of flawsOf(readings[0].result, text)) flaws.push(`${name}: ${flaw}`);
  return readings;
}

function readMutated(good: readonly string[], flaws: string[]): void {
  const counts = { good: 0, problems: 0, compared: 0 };
  let longestMs = 0;
  (globalThis as { gc?: () => void }).gc?.();
  for (let i = 0; i < options.files; i++) {
    const random = new Random(options.seed + i);
    const text = mutatedConfig(random.pick(good), random);
    const name = `mutated file ${options.seed + i}`;
    const readings = read(name, text, flaws);
    if (!readings) continue;
    const [{ result }] = readings;
    counts[result.kind === "ok" ? "good" : "problems"]++;
    longestMs = Math.max(longestMs, longestStepMs(readings));
    if (longestStepMs(readings) > MAX_STEP_MS) {
      flaws.push(`${name}: a step of ${longestStepMs(readings).toFixed(1)} ms`);
    }
    const differs = guarded(() => difference(text));
    if (differs !== undefined) flaws.push(`${name}: ${differs}`);
    counts.compared++;
  }
  const { heapUsed, rss } = Deno.memoryUsage();
  console.log(
    `${options.files} mutated files: ${counts.good} good, ${counts.problems} with problems, ${counts.compared} compared ` +
      `with the library; longest step ${longestMs.toFixed(1)} ms; heap ${mib(heapUsed)} MiB, RSS ${
        mib(rss)
      } MiB`,
  );
}

/** The library may throw where we must not. */
function guarded(work: () => string | undefined): string | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

function mib(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}
