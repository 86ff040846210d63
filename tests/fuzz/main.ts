/**
 * Compares our engine with a real Prometheus: random valid queries over random data.
 *
 *     deno task fuzz [--queries 10000] [--seed N] [--prometheus PATH] [--store real|memory]
 *
 * The same seed makes the same data and the same queries. Ends with 1 if any answer differed and no known difference
 * between Prometheus' version and 3.14 explains it.
 */
import { parseArgs } from "node:util";
import { parseExpr } from "../../src/query/mod.ts";
import type { StoreName } from "../conformance/stores.ts";
import { Random } from "../support/random.ts";
import { Bunny } from "./bunny.ts";
import { difference } from "./compare.ts";
import { type Dataset, makeDataset } from "./data.ts";
import { excuseFor } from "./known_differences.ts";
import { type Moment, Prometheus } from "./prometheus.ts";
import { QueryMaker } from "./query_maker.ts";

/** Differences shown in full. */
const MAX_SHOWN = 20;
/** Queries under way at once. */
const CONCURRENCY = 4;

interface Tally {
  asked: number;
  /** Both sides refused: mostly elements that match many to many. */
  failed: number;
  empty: number;
  readonly differing: string[];
  readonly excused: Map<string, number>;
}

const { values: options } = parseArgs({
  options: {
    queries: { type: "string", default: "10000" },
    seed: { type: "string", default: String(Date.now() % 2 ** 32) },
    prometheus: { type: "string", default: "prometheus" },
    store: { type: "string", default: "real" },
  },
});
const store = options.store === "memory" ? "memory" : "real";
Deno.exit(await fuzz(Number(options.queries), Number(options.seed), options.prometheus, store));

async function fuzz(queries: number, seed: number, program: string, store: StoreName): Promise<number> {
  const random = new Random(seed);
  const dataset = makeDataset(random);
  await using bunny = await Bunny.start(store, dataset);
  await using prometheus = await Prometheus.start(program, dataset);
  console.log(`seed ${seed}: ${queries} queries against Prometheus ${prometheus.version}`);
  const maker = new QueryMaker(random, {
    atMs: Array.from({ length: 4 }, () => momentWithin(random, dataset)),
    isModern: Number.parseInt(prometheus.version) >= 3,
  });
  const tally: Tally = { asked: 0, failed: 0, empty: 0, differing: [], excused: new Map() };
  const askAll = async () => {
    while (tally.asked < queries) {
      tally.asked++;
      await ask(random, dataset, maker, bunny, prometheus, tally);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, askAll));
  for (const text of tally.differing.slice(0, MAX_SHOWN)) console.log(text);
  for (const [name, count] of tally.excused) console.log(`known difference, ${name}: ${count}`);
  console.log(
    `seed ${seed}: ${tally.asked} queries, ${tally.failed} failed on both sides, ${tally.empty} came to nothing, ` +
      `${tally.differing.length} differed`,
  );
  return tally.differing.length > 0 ? 1 : 0;
}

/** Some moment of the dataset, never on a full second: see makeDataset. */
function momentWithin(random: Random, { startMs, endMs }: Dataset): number {
  return startMs + 1_000 * random.below((endMs - startMs) / 1_000) + 123;
}

function makeMoment(random: Random, dataset: Dataset): Moment {
  const timeMs = momentWithin(random, dataset);
  if (random.chance(0.5)) return { kind: "instant", timeMs };
  const stepMs = random.pick([15_000, 30_000, 61_000]);
  return { kind: "range", startMs: timeMs, endMs: timeMs + stepMs * random.below(30), stepMs };
}

async function ask(
  random: Random,
  dataset: Dataset,
  maker: QueryMaker,
  bunny: Bunny,
  prometheus: Prometheus,
  tally: Tally,
): Promise<void> {
  const moment = makeMoment(random, dataset);
  const query = maker.make(moment.kind);
  const parsed = parseExpr(query);
  if (parsed.kind === "error") {
    tally.differing.push(`${query}\n  is no query: ${parsed.errors[0].message}`);
    return;
  }
  const [ours, theirs] = await Promise.all([bunny.query(query, moment), prometheus.query(query, moment)]);
  if (theirs.kind === "error") tally.failed++;
  else if (theirs.series.length === 0) tally.empty++;
  const found = difference(ours, theirs);
  if (!found) return;
  const excuse = excuseFor(query, found, prometheus.version);
  if (excuse) tally.excused.set(excuse.name, (tally.excused.get(excuse.name) ?? 0) + 1);
  else tally.differing.push(`${query}\n  ${JSON.stringify(moment)}\n  ${found}`);
}
