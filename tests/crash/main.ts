/**
 * `deno task crash [--rounds=100] [--seed=N] [--only=TEXT]`: kills a process that appends to a store at random moments,
 * opens the store, and looks that every committed sample is there, once. The rounds take turns: a directory without a
 * bound, one with a bound on its size, and one that is written to faster than its bound allows. Ends with 1 at the first
 * sample that is not as it should be; the seed makes the same moments again, as far as a machine's timing can.
 */
import { checkArguments, chosen } from "../support/check_arguments.ts";
import { Random } from "../support/random.ts";
import { tempDir } from "../support/temp_dir.ts";
import { crashOnce, type Round, type Stretch } from "./crash.ts";
import { TREATMENTS } from "./shared.ts";

const { numbers: { rounds, seed }, only } = checkArguments(
  "deno task crash [--rounds=N] [--seed=N] [--only=TEXT]",
  { numbers: { rounds: 100, seed: Math.floor(Math.random() * 2 ** 32) } },
);
const random = new Random(seed);
console.log(`seed ${seed}`);
using dir = tempDir();
const names = chosen(Object.keys(TREATMENTS), only, String);
const next = new Map<string, number>();
const uncommitted = new Map<string, Stretch[]>();
let [appends, unpromised] = [0, 0];
for (let round = 1; round <= rounds; round++) {
  const name = names[round % names.length];
  const stretches = uncommitted.get(name) ?? [];
  uncommitted.set(name, stretches);
  try {
    const result = await crashOnce(dir.join(name), next.get(name) ?? 0, random, stretches);
    next.set(name, result.found + 1);
    appends += result.commits + result.suspensions;
    unpromised += result.suspensions;
    console.log(`round ${String(round).padStart(3)} ${name.padEnd(9)} ${toldOf(result)}`);
  } catch (error) {
    console.error(
      `round ${round} (${name}, seed ${seed}): ${error instanceof Error ? error.message : error}`,
    );
    Deno.exitCode = 1;
    break;
  }
}
if (Deno.exitCode === 0) {
  console.log(
    `${rounds} kills: no committed sample lost, none there twice, no bound passed; ` +
      `${appends} appends, of which ${unpromised} promised nothing for lack of room`,
  );
}

function toldOf({ committed, commits, suspensions, found, oldest, holes, mostBytes, stats }: Round): string {
  const parts = [
    `committed ${committed} in ${commits} appends${
      suspensions > 0 ? ` (${suspensions} promised nothing)` : ""
    }`,
    `found ${oldest} … ${found}`,
    ...holes.map(({ from, to }) => `without ${from} … ${to}`),
    `${stats.blocks} blocks`,
    `${stats.replayedSamples} samples from the log`,
    `${stats.walCorruptions} torn`,
    `${Math.ceil(mostBytes / 1_024)} KiB at most`,
  ];
  return parts.join(", ");
}
