import { Labels } from "../../src/model/labels.ts";
import type { Appendable } from "../../src/model/store.ts";
import type { Random } from "../support/random.ts";

/** Random series for both sides of a comparison to load. */
export interface Dataset {
  readonly series: readonly DataSeries[];
  /** First and last moment at which samples may be, ms since the epoch. */
  readonly startMs: number;
  readonly endMs: number;
}

export interface DataSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly timestampsMs: readonly number[];
  readonly values: readonly number[];
}

const START_MS = 1_700_000_000_000;
const LENGTH_MS = 3_600_000;
const JOBS = ["api", "web", "batch"];
const INSTANCES = ["a:80", "b:80"];
const CODES = ["200", "404", "500"];
const BUCKETS = ["0.1", "0.25", "1", "5", "+Inf"];

/**
 * An hour of gauges, counters with resets, a classic histogram, odd values (NaN, infinities), series with gaps longer
 * than the lookback, and constants. No sample stands on a full second or a tenth: times that queries ask for do, so
 * that it never matters on which side of a range's edge a sample is. Values are multiples of 1/1024, all of one
 * metric different, so that sums are exact in any order and no two elements tie. Counters stay far from zero.
 */
export function makeDataset(random: Random): Dataset {
  const maker = new DatasetMaker(random);
  for (const [index, labels] of products({ job: JOBS, instance: INSTANCES })) {
    for (const name of ["gauge_a", "gauge_b"]) maker.gauge({ __name__: name, ...labels }, index);
    maker.sparse({ __name__: "sparse", ...labels }, index);
    maker.flag({ __name__: "flag", ...labels });
  }
  for (const [index, labels] of products({ job: JOBS, instance: INSTANCES, code: CODES })) {
    maker.counter({ __name__: "requests_total", ...labels }, index);
  }
  for (const [, labels] of products({ job: JOBS })) {
    maker.histogram("latency_bucket", labels);
    maker.constant({ __name__: "build_info", ...labels, version: random.pick(["1.0", "1.1"]) }, 1);
  }
  for (const [, labels] of products({ job: JOBS })) maker.odd({ __name__: "odd", ...labels });
  maker.constant({ __name__: "only" }, 42);
  return { series: maker.series, startMs: START_MS, endMs: START_MS + LENGTH_MS };
}

/** Every combination of the labels' values, numbered. */
function* products(labels: Record<string, string[]>): Iterable<[number, Record<string, string>]> {
  let combinations: Record<string, string>[] = [{}];
  for (const [name, values] of Object.entries(labels)) {
    combinations = combinations.flatMap((given) => values.map((value) => ({ ...given, [name]: value })));
  }
  yield* combinations.entries();
}

class DatasetMaker {
  readonly series: DataSeries[] = [];
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  gauge(labels: Record<string, string>, index: number): void {
    this.#add(labels, () => this.#random.below(2_000) - 500 + this.#random.below(8) / 8 + index / 1_024);
  }

  sparse(labels: Record<string, string>, index: number): void {
    const keeps = 0.02 + this.#random.next() * 0.1;
    this.#add(labels, () => this.#random.chance(keeps) ? this.#random.below(100) + index / 1_024 : undefined);
  }

  flag(labels: Record<string, string>): void {
    const up = 0.5 + this.#random.next() / 2;
    this.#add(labels, () => this.#random.chance(up) ? 1 : 0);
  }

  counter(labels: Record<string, string>, index: number): void {
    let value = 100_000 + index / 1_024;
    const growth = 1 + this.#random.below(40);
    this.#add(labels, () => {
      if (this.#random.chance(0.01)) value = 10_000 + index / 1_024;
      else value += this.#random.below(growth);
      return value;
    });
  }

  /** Cumulative buckets, all growing at the same moments. */
  histogram(name: string, labels: Record<string, string>): void {
    const timestampsMs = this.#times();
    const counts = BUCKETS.map((_, bucket) => 100_000 + 500 * bucket);
    const columns: number[][] = BUCKETS.map(() => []);
    for (const _ of timestampsMs) {
      for (let hits = this.#random.below(6); hits > 0; hits--) {
        for (let bucket = this.#random.below(BUCKETS.length); bucket < BUCKETS.length; bucket++) {
          counts[bucket]++;
        }
      }
      for (const [bucket, column] of columns.entries()) column.push(counts[bucket]);
    }
    for (const [bucket, le] of BUCKETS.entries()) {
      this.series.push({ labels: { __name__: name, ...labels, le }, timestampsMs, values: columns[bucket] });
    }
  }

  constant(labels: Record<string, string>, value: number): void {
    this.#add(labels, () => value);
  }

  odd(labels: Record<string, string>): void {
    this.#add(labels, () => this.#random.pick([NaN, Infinity, -Infinity, 0, 1, -1.5, 2.25, 2 ** 20]));
  }

  #add(labels: Record<string, string>, nextValue: () => number | undefined): void {
    const timestampsMs: number[] = [];
    const values: number[] = [];
    for (const timestampMs of this.#times()) {
      const value = nextValue();
      if (value === undefined) continue;
      timestampsMs.push(timestampMs);
      values.push(value);
    }
    if (values.length > 0) this.series.push({ labels, timestampsMs, values });
  }

  /** Every 10 to 30 s or so, never evenly. */
  #times(): number[] {
    const periodMs = 1_000 * (10 + this.#random.below(20));
    const times: number[] = [];
    for (let atMs = START_MS; atMs < START_MS + LENGTH_MS; atMs += periodMs) {
      const jitterMs = 1_000 * this.#random.below(3) + 100 * this.#random.below(10) + 41 +
        this.#random.below(50);
      times.push(asOpenMetricsReads(atMs + jitterMs));
    }
    return times;
  }
}

/** Prometheus reads a timestamp as seconds and cuts, so that some lose a millisecond. */
function asOpenMetricsReads(timestampMs: number): number {
  return Math.trunc(Number((timestampMs / 1_000).toFixed(3)) * 1_000);
}

/** The dataset as OpenMetrics text, for `promtool tsdb create-blocks-from openmetrics`. */
export function toOpenMetrics({ series }: Dataset): string {
  const lines: string[] = [];
  for (const { labels: { __name__, ...labels }, timestampsMs, values } of series) {
    const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
    const id = `${__name__}{${pairs.join(",")}}`;
    for (const [row, value] of values.entries()) {
      lines.push(
        `${id} ${String(value).replace("Infinity", "Inf")} ${(timestampsMs[row] / 1_000).toFixed(3)}`,
      );
    }
  }
  return `${lines.join("\n")}\n# EOF\n`;
}

/** Loads the dataset into a store of ours. */
export function loadInto(store: Appendable, { series }: Dataset): void {
  for (const { labels, timestampsMs, values } of series) {
    const refs = [store.acquire(Labels.from(labels))];
    for (const [row, timestampMs] of timestampsMs.entries()) store.append(timestampMs, refs, [values[row]]);
  }
}
