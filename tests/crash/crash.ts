import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { SILENT } from "../../src/base/log.ts";
import { matcher } from "../../src/model/matcher.ts";
import { SampleColumns } from "../../src/model/sample.ts";
import { Store, type StoreStats } from "../../src/store/mod.ts";
import type { Random } from "../support/random.ts";
import { clockAt, crashOptions, EPOCH_MS, SERIES } from "./shared.ts";

/** Samples that no child said were committed, ends inclusive. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

export interface Round {
  /** The last sample that the child said was committed. */
  readonly committed: number;
  /** The last sample that is there. */
  readonly found: number;
  /** The oldest sample that is there. */
  readonly oldest: number;
  readonly stats: StoreStats;
}

/**
 * Runs the child on the directory from sample `first` on, kills it at a random moment, opens the directory, and asserts
 * that every committed sample is there, once.
 */
export async function crashOnce(
  dir: string,
  first: number,
  random: Random,
  uncommitted: Stretch[] = [],
): Promise<Round> {
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
  let said = "";
  let killAfterMs = random.below(random.pick([60, 400, 1_500]));
  let timer: ReturnType<typeof setTimeout> | undefined;
  for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
    said += part;
    if (said.length > 4_096) said = said.slice(-2_048); // only the last line counts
    timer ??= setTimeout(() => child.kill("SIGKILL"), killAfterMs--);
  }
  clearTimeout(timer);
  const status = await child.status;
  assert.equal(status.signal, "SIGKILL", await stderr);
  await stderr;
  const committed = Number(/committed (\d+)\n(?![^]*committed \d+\n)/.exec(said)?.[1] ?? first - 1);
  const round = { committed, ...await verify(dir, committed, uncommitted) };
  // What came through beyond the last promise may have holes; later rounds meet them again.
  if (round.found > committed) uncommitted.push({ from: committed + 1, to: round.found });
  return round;
}

/** Opens the directory and looks that every committed sample is there, each once and with the right value. */
async function verify(
  dir: string,
  committed: number,
  uncommitted: readonly Stretch[],
): Promise<Omit<Round, "committed">> {
  await using store = await Store.open({
    ...crashOptions(dir),
    clock: clockAt(committed + 100_000),
    logger: SILENT,
  });
  const everything = { minTimeMs: -Infinity, maxTimeMs: Infinity };
  const floats = store.select({ matchers: [like("m")], ...everything });
  assert.equal(floats.length, committed >= 0 ? SERIES : floats.length);
  const columns = new SampleColumns();
  let [oldest, found] = [0, -1];
  for (const series of floats) {
    const s = Number(series.labels.get("s"));
    columns.clear();
    series.read(-Infinity, Infinity, columns);
    oldest = columns.timestamps[0] - EPOCH_MS;
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
  return { found, oldest, stats: store.stats() };
}

function like(name: string) {
  const result = matcher("=", "__name__", name);
  if (result.kind === "error") throw new Error(result.message);
  return result.matcher;
}
