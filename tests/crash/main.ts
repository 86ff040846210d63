/**
 * `deno task crash [--rounds=100] [--seed=N]`: kills a process that appends to a store at random moments, opens the
 * store, and looks that every committed sample is there, once. Half of the rounds go to a directory with a bound on its
 * size. Ends with 1 at the first sample that is not as it should be; the seed makes the same moments again, as far as a
 * machine's timing can.
 */
import { parseArgs } from "node:util";
import { Random } from "../support/random.ts";
import { tempDir } from "../support/temp_dir.ts";
import { crashOnce, type Stretch } from "./crash.ts";
import { BOUND_BYTES } from "./shared.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: { rounds: { type: "string", default: "100" }, seed: { type: "string" } },
});
const seed = Number(values.seed ?? crypto.getRandomValues(new Uint32Array(1))[0]);
const random = new Random(seed);
console.log(`seed ${seed}`);
using dir = tempDir();
const next: Record<string, number> = { unbounded: 0, bounded: 0 };
const uncommitted: Record<string, Stretch[]> = { unbounded: [], bounded: [] };
for (let round = 1; round <= Number(values.rounds); round++) {
  const name = round % 2 === 0 ? "bounded" : "unbounded";
  try {
    const { committed, found, oldest, stats } = await crashOnce(
      dir.join(name),
      next[name],
      random,
      uncommitted[name],
    );
    if (name === "unbounded" && oldest !== 0) throw new Error(`samples before ${oldest} are gone`);
    if (stats.diskBytes > BOUND_BYTES && name === "bounded") {
      throw new Error(`${stats.diskBytes} bytes on disk`);
    }
    next[name] = found + 1;
    console.log(
      `round ${String(round).padStart(3)} ${
        name.padEnd(9)
      } committed ${committed}, found ${oldest} … ${found}; ` +
        `${stats.blocks} blocks, ${stats.replayedSamples} samples from the log, ${stats.walCorruptions} torn`,
    );
  } catch (error) {
    console.error(
      `round ${round} (${name}, seed ${seed}): ${error instanceof Error ? error.message : error}`,
    );
    Deno.exitCode = 1;
    break;
  }
}
if (Deno.exitCode === 0) console.log(`${values.rounds} kills: no committed sample lost, none there twice`);
