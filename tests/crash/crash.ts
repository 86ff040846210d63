import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { SILENT } from "../../src/base/log.ts";
import { matcher } from "../../src/model/matcher.ts";
import { SampleColumns } from "../../src/model/sample.ts";
import { Store, type StoreStats } from "../../src/store/mod.ts";
import type { Random } from "../support/random.ts";
import { diskUsage } from "../store/support/disk.ts";
import { clockAt, crashOptions, EPOCH_MS, SERIES, TREATMENTS } from "./shared.ts";

/** Samples that no child said were committed, ends inclusive. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** What a child said before it was killed. */
export interface Said {
  /** The last sample that it said was committed. */
  committed: number;
  /** Appends of which it said so, and of which it said that nothing was promised. */
  commits: number;
  suspensions: number;
  /** Its last lines. */
  lines: string[];
  /** Most that the directory took up, looked at all the while. */
  mostBytes: number;
}

export interface Round extends Said {
  /** The last sample that is there. */
  readonly found: number;
  /** The oldest sample that is there. */
  readonly oldest: number;
  /** Stretches between them that are not there: never promised. */
  readonly holes: readonly Stretch[];
  readonly stats: StoreStats;
}

/** How many of a child's lines are kept, and how often the directory is looked at. */
const LINES_KEPT = 40;
const LOOK_EVERY_MS = 10;

/**
 * Runs the child on the directory from sample `first` on, kills it at a random moment, opens the directory, and asserts
 * that every committed sample is there, once, and that the directory never passed its bound. `uncommitted`: what earlier
 * children did not promise; this one's is added.
 */
export async function crashOnce(
  dir: string,
  first: number,
  random: Random,
  uncommitted: Stretch[] = [],
): Promise<Round> {
  const said = await runAndKill(dir, first, random);
  try {
    const round = { ...said, ...await verify(dir, said.committed, uncommitted) };
    const { boundBytes = Infinity, mustCommit } = TREATMENTS[dir.slice(dir.lastIndexOf("/") + 1)];
    const mostBytes = Math.max(round.mostBytes, round.stats.diskBytes);
    assert.ok(mostBytes <= boundBytes, `${mostBytes} bytes on disk`);
    if (boundBytes === Infinity) assert.equal(round.oldest, 0, "old samples are gone");
    if (mustCommit) assert.equal(round.suspensions, 0, "the log was not written all the while");
    // What came through beyond the last promise may have holes; later rounds meet them again.
    if (round.found > said.committed) uncommitted.push({ from: said.committed + 1, to: round.found });
    return round;
  } catch (error) {
    const { lines, commits, suspensions } = said;
    const told = [`the child said (${commits} commits, ${suspensions} suspensions):`, ...lines];
    if (error instanceof Error) {
      error.message += `\n${[...told, "the directory has:", ...tree(dir)].join("\n")}`;
    }
    throw error;
  }
}

async function runAndKill(dir: string, first: number, random: Random): Promise<Said> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-check", fileURLToPath(new URL("./child.ts", import.meta.url))],
      ...[dir, String(first)],
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stderr = new Response(child.stderr).text();
  const said: Said = { committed: first - 1, commits: 0, suspensions: 0, lines: [], mostBytes: 0 };
  const looking = setInterval(() => said.mostBytes = Math.max(said.mostBytes, usage(dir)), LOOK_EVERY_MS);
  const killAfterMs = random.below(random.pick([60, 400, 1_500]));
  let timer: ReturnType<typeof setTimeout> | undefined;
  let rest = "";
  for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
    timer ??= setTimeout(() => child.kill("SIGKILL"), killAfterMs);
    const lines = (rest + part).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      const [word, n] = line.split(" ");
      if (word === "committed") {
        said.committed = Number(n);
        said.commits++;
      } else if (word !== "said") said.suspensions++;
    }
    said.lines = [...said.lines, ...lines].slice(-LINES_KEPT);
  }
  clearTimeout(timer);
  clearInterval(looking);
  const status = await child.status;
  assert.equal(status.signal, "SIGKILL", await stderr);
  await stderr;
  return said;
}

/** What the directory takes up now; files that vanish while it is looked at make a look worth nothing. */
function usage(dir: string): number {
  try {
    return diskUsage(dir);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}

/** Opens the directory and looks that every committed sample is there, each once and with the right value. */
async function verify(dir: string, committed: number, uncommitted: readonly Stretch[]) {
  await using store = await Store.open({
    ...crashOptions(dir),
    clock: clockAt(committed + 100_000),
    logger: SILENT,
  });
  assert.equal(store.stats().mode, "disk", store.stats().modeReason);
  const everything = { minTimeMs: -Infinity, maxTimeMs: Infinity };
  const floats = store.select({ matchers: [like("m")], ...everything });
  assert.equal(floats.length, committed >= 0 ? SERIES : floats.length);
  const columns = new SampleColumns();
  let [oldest, found] = [0, -1];
  let holes: Stretch[] = [];
  for (const series of floats) {
    const s = Number(series.labels.get("s"));
    columns.clear();
    series.read(-Infinity, Infinity, columns);
    oldest = columns.timestamps[0] - EPOCH_MS;
    holes = [];
    for (let row = 0, expected = oldest; row < columns.length; row++, expected++) {
      const n = columns.timestamps[row] - EPOCH_MS;
      if (columns.values[row] !== 1_000 * n + s) assert.fail(`series ${s}: ${columns.values[row]} at ${n}`);
      if (n < expected) assert.fail(`series ${s}: ${n} is there twice, or out of order`);
      if (n > expected) {
        const lost = { from: expected, to: n - 1 };
        const wasPromised = lost.from <= committed &&
          !uncommitted.some(({ from, to }) => from <= lost.from && lost.to <= to);
        if (wasPromised) {
          assert.fail(`series ${s}: ${lost.from} … ${lost.to} are lost; ${committed} was committed`);
        }
        holes.push(lost);
        expected = n;
      }
      found = n;
    }
    assert.ok(found >= committed, `series ${s} ends at ${found}, but ${committed} was committed`);
  }
  for (const series of store.select({ matchers: [like("h")], ...everything })) {
    columns.clear();
    series.read(-Infinity, Infinity, columns);
    for (let row = 0; row < columns.length; row++) {
      assert.equal(columns.histograms![row]!.count, columns.timestamps[row] - EPOCH_MS);
      if (row > 0) assert.ok(columns.timestamps[row] > columns.timestamps[row - 1]);
    }
    const newest = columns.timestamps[columns.length - 1] - EPOCH_MS;
    assert.ok(newest >= Math.floor(committed / 10) * 10, `histograms end at ${newest}`);
  }
  return { found, oldest, holes, stats: store.stats() };
}

/** Every file below a directory with its size, and what blocks say of themselves. */
function tree(dir: string): string[] {
  return [...Deno.readDirSync(dir)].sort((a, b) => a.name < b.name ? -1 : 1).flatMap(
    ({ name, isDirectory }) => {
      const path = `${dir}/${name}`;
      if (isDirectory) return tree(path);
      if (name !== "meta.json") return [`${path} ${Deno.lstatSync(path).size}`];
      const { minTime, maxTime } = JSON.parse(Deno.readTextFileSync(path));
      return [`${path} samples ${minTime - EPOCH_MS} … ${maxTime - EPOCH_MS - 1}`];
    },
  );
}

function like(name: string) {
  const result = matcher("=", "__name__", name);
  if (result.kind === "error") throw new Error(result.message);
  return result.matcher;
}
