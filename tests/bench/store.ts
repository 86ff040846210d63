import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { SILENT } from "../../src/base/log.ts";
import { Labels } from "../../src/model/labels.ts";
import { equalTo } from "../../src/model/matcher.ts";
import { SampleColumns } from "../../src/model/sample.ts";
import { Store, type StoreOptions } from "../../src/store/mod.ts";
import { decodeXor, XorEncoder } from "../../src/store/xor_chunk.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { Random } from "../support/random.ts";
import { ROOMY_V8_FLAGS } from "../support/shipped_v8_flags.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";
import { quantile } from "./process_stats.ts";

const START_MS = 1_700_000_000_000;
const PERIOD_MS = 100;

/** What probes measure; timestamps as a schedule stamps them, and as a clock read at each beat would. */
const SHAPES: Readonly<Record<string, (random: Random, row: number) => number>> = {
  "success 0/1": (random) => random.chance(0.01) ? 0 : 1,
  "a counter": (_, row) => row,
  "random durations": (random) => random.next() / 10,
  "durations in µs": (random) => Math.round(random.next() * 1e5) / 1e6,
};

/** The store by itself. Options: --minutes=N of data for the directory (60), --rounds=N (3), --only=TEXT in a section's name. */
export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: "string", default: "60" },
      rounds: { type: "string", default: "3" },
      only: { type: "string", default: "" },
    },
  });
  const sections: Record<string, () => Promise<void> | void> = {
    "append: samples a second, one core": () => appendSpeed(Number(values.rounds)),
    "decode: ns a sample, XOR chunks": () => decodeSpeed(Number(values.rounds)),
    "read: ns a sample, an hour of one store": () => readSpeed(Number(values.rounds)),
    "disk: bytes a sample": () => bytesPerSample(),
    "start: a directory of 10 probes × 10 Hz × 12 series": () => start(Number(values.minutes)),
    "memory: 10 probes × 10 Hz × 12 series": () => memory(Number(values.minutes)),
  };
  for (const [name, section] of Object.entries(sections)) {
    if (!name.includes(values.only)) continue;
    console.log(`-- ${name}`);
    await section();
  }
}

async function appendSpeed(rounds: number): Promise<void> {
  for (const withLog of [false, true]) {
    for (let round = 1; round <= rounds; round++) {
      using dir = tempDir();
      const clock = new FakeClock({ wallMs: START_MS });
      await using store = await openStore({ dir: withLog ? dir.path : undefined, clock });
      const probes = probeSeries(store, 10);
      const values = new Float64Array(12);
      let samples = 0;
      let elapsedMs = 0;
      for (let beat = 0; beat < 25_000; beat++) {
        for (let i = 0; i < 12; i++) values[i] = SHAPE_VALUES[i % SHAPE_VALUES.length][beat & 1023];
        const beganMs = performance.now();
        for (const refs of probes) store.append(START_MS + beat * PERIOD_MS, refs, values);
        store.flush(); // as the timer does every 100 ms
        elapsedMs += performance.now() - beganMs;
        samples += 120;
      }
      const name = withLog ? "head + log" : "head";
      console.log(`${name.padEnd(12)} ${million(samples / elapsedMs * 1_000)} samples/s`);
    }
  }
}

function decodeSpeed(rounds: number): void {
  const rows = 256;
  for (const [name, value] of Object.entries(SHAPES)) {
    for (const jitter of [0, 3]) {
      const random = new Random(1);
      const times = Float64Array.from(
        { length: rows },
        (_, row) => START_MS + row * PERIOD_MS + random.below(jitter + 1),
      );
      const values = Float64Array.from({ length: rows }, (_, row) => value(random, row));
      const encoder = new XorEncoder();
      const length = encoder.encode(times, new Uint32Array(values.buffer), 0, rows);
      const view = new DataView(encoder.bytes.slice(0, length + 8).buffer);
      const lanes = new Uint32Array(values.buffer);
      const took: number[] = [];
      for (let round = 0; round < rounds * 20; round++) {
        const beganMs = performance.now();
        for (let i = 0; i < 1_000; i++) decodeXor(view, 0, times, lanes, 0);
        took.push((performance.now() - beganMs) * 1e6 / (1_000 * rows));
      }
      const pace = jitter === 0 ? "steady" : "0–3 ms late";
      console.log(
        `${name.padEnd(18)} ${pace.padEnd(12)} ${spread(took)} ns a sample, ${
          (length / rows).toFixed(2)
        } bytes`,
      );
    }
  }
}

async function readSpeed(rounds: number): Promise<void> {
  for (const decodedCacheBytes of [0, 64 * 1024 * 1024]) {
    using dir = tempDir();
    const clock = new FakeClock({ wallMs: START_MS });
    await using store = await openStore({ dir: dir.path, clock, decodedCacheBytes });
    await fill(store, clock, 10, 30);
    const columns = new SampleColumns(65_536);
    const selection = { matchers: [equalTo("__name__", "m1")], minTimeMs: 0, maxTimeMs: Infinity };
    const took: number[] = [];
    let all = 0;
    for (let round = 0; round < rounds * 10; round++) {
      const beganMs = performance.now();
      let samples = 0;
      for (const series of store.select(selection)) {
        columns.clear();
        series.read(0, Infinity, columns);
        samples += columns.length;
      }
      took.push((performance.now() - beganMs) * 1e6 / samples);
      all = samples;
    }
    const cache = decodedCacheBytes === 0 ? "no cache" : "64 MiB cache";
    console.log(`${cache.padEnd(14)} ${spread(took)} ns a sample (${all} samples)`);
  }
}

/** The best round tells what the code can do, the median what this machine let it do. */
function spread(took: readonly number[]): string {
  return `best ${Math.min(...took).toFixed(2)}, median ${quantile(took, 0.5).toFixed(2)}`;
}

/** Beside the blocks that promtool makes of the same samples, where it is installed. */
async function bytesPerSample(): Promise<void> {
  console.log(`${"".padEnd(32)} chunks files: Bunny  Prometheus   whole blocks: Bunny  Prometheus`);
  for (const [name, value] of Object.entries(SHAPES)) {
    for (const jitter of [0, 3]) {
      using dir = tempDir();
      const random = new Random(7);
      const clock = new FakeClock({ wallMs: START_MS });
      const store = await openStore({ dir: dir.join("bunny"), clock });
      const refs = Array.from(
        { length: 4 },
        (_, i) => store.acquire(Labels.from({ __name__: "m", i: String(i) })),
      );
      const lines: string[][] = refs.map(() => []);
      const values = new Float64Array(4);
      const beats = 3_600_000 / PERIOD_MS;
      for (let beat = 0; beat < beats; beat++) {
        const timeMs = START_MS + beat * PERIOD_MS + random.below(jitter + 1);
        for (let i = 0; i < 4; i++) {
          lines[i].push(`m{i="${i}"} ${values[i] = value(random, beat)} ${timeMs / 1_000}\n`);
        }
        store.append(timeMs, refs, values);
        clock.setWall(timeMs);
        if (beat % 600 === 0) await store.maintain();
      }
      await store.maintain();
      await store.close();
      Deno.writeTextFileSync(dir.join("in.txt"), `${lines.flat().join("")}# EOF\n`);
      const theirs = promtool(dir) ? blockBytes(dir.join("prometheus")) : undefined;
      const ours = blockBytes(dir.join("bunny"));
      const pace = jitter === 0 ? "steady" : "0–3 ms late";
      const cell = (bytes: number | undefined, width: number) => (bytes?.toFixed(3) ?? "–").padStart(width);
      console.log(
        `${name.padEnd(18)} ${pace.padEnd(13)}${cell(ours.chunks, 20)} ${cell(theirs?.chunks, 11)} ${
          cell(ours.all, 21)
        } ${cell(theirs?.all, 11)}`,
      );
    }
  }
}

async function start(minutes: number): Promise<void> {
  using dir = tempDir();
  const wallMs = await writeHour(dir, minutes);
  for (const name of ["closed", "crashed"]) {
    console.log(`${name}: directory of ${(du(dir.join(name)) / 1e6).toFixed(2)} MB after ${minutes} min`);
    for (let round = 0; round < 3; round++) {
      using copy = tempDir();
      copyDir(dir.join(name), copy.join("data")); // opening changes it
      console.log(`  ${await child("open", copy.join("data"), String(wallMs))}`);
    }
  }
}

async function memory(minutes: number): Promise<void> {
  using dir = tempDir();
  console.log(`on disk: ${await child("hour", dir.path, String(minutes))}`);
  console.log(`memory only: ${await child("hour", "", String(minutes))}`);
}

/** 10 × 12 series, each probe's as one append would have them. */
function probeSeries(store: Store, probes: number) {
  return Array.from({ length: probes }, (_, probe) =>
    Array.from({ length: 12 }, (_, i) => {
      return store.acquire(Labels.from({ __name__: `m${i}`, probe: `probe-${probe}`, type: "http" }));
    }));
}

/** A thousand values of each shape, so that making them up costs the benchmark nothing. */
const SHAPE_VALUES = Object.values(SHAPES).map((value) => {
  const random = new Random(3);
  return Float64Array.from({ length: 1_024 }, (_, row) => value(random, row));
});

function openStore(options: Partial<StoreOptions> & { clock: FakeClock }): Promise<Store> {
  return Store.open({ logger: SILENT, retentionMs: 7_200_000, ...options });
}

/** Appends so many minutes of probing, with the store's own work done on the way. */
async function fill(store: Store, clock: FakeClock, probes: number, minutes: number): Promise<void> {
  const series = probeSeries(store, probes);
  const values = new Float64Array(12);
  for (let beat = 0; beat < minutes * 600; beat++) {
    await clock.advance(PERIOD_MS); // the store's timer flushes on the way
    for (let i = 0; i < 12; i++) values[i] = SHAPE_VALUES[i % SHAPE_VALUES.length][beat & 1023];
    for (const refs of series) store.append(clock.wallNow(), refs, values);
    if (beat % 600 === 599) await store.maintain();
  }
}

/** Writes `closed`, and `crashed`: what was on disk just before. @returns the time of the last sample */
async function writeHour(dir: TempDir, minutes: number): Promise<number> {
  const clock = new FakeClock({ wallMs: START_MS });
  await using store = await openStore({ dir: dir.join("closed"), clock });
  await fill(store, clock, 10, minutes);
  store.flush();
  copyDir(dir.join("closed"), dir.join("crashed"));
  return clock.wallNow();
}

function copyDir(from: string, to: string): void {
  Deno.mkdirSync(to, { recursive: true });
  for (const { name, isDirectory } of Deno.readDirSync(from)) {
    if (isDirectory) copyDir(`${from}/${name}`, `${to}/${name}`);
    else Deno.copyFileSync(`${from}/${name}`, `${to}/${name}`);
  }
}

/** Runs a part of this file in a process of its own. @returns what it printed */
async function child(...args: string[]): Promise<string> {
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      `--v8-flags=${ROOMY_V8_FLAGS}`,
      fileURLToPath(import.meta.url),
      ...args,
    ],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim();
}

async function childMain([part, dir, argument]: string[]): Promise<void> {
  if (part === "open") {
    const clock = new FakeClock({ wallMs: Number(argument) });
    const beganMs = performance.now();
    await using store = await openStore({ dir, clock });
    const openMs = performance.now() - beganMs;
    const columns = new SampleColumns();
    const matchers = [equalTo("__name__", "m0")];
    const found = store.select({ matchers, minTimeMs: clock.wallNow() - 10_000, maxTimeMs: clock.wallNow() });
    for (const series of found) series.read(clock.wallNow() - 10_000, clock.wallNow(), columns);
    const { replayedSamples, blocks } = store.stats();
    const firstMs = performance.now() - beganMs;
    console.log(
      `open ${openMs.toFixed(1)} ms, first read after ${firstMs.toFixed(1)} ms ` +
        `(${replayedSamples} samples from the log, ${blocks} blocks, ${columns.length} rows read)`,
    );
    return;
  }
  const rss = () => (Deno.memoryUsage().rss / 2 ** 20).toFixed(1);
  const clock = new FakeClock({ wallMs: START_MS });
  const before = rss();
  await using store = await openStore({ dir: dir === "" ? undefined : dir, clock, retentionMs: 3_600_000 });
  const seen: string[] = [];
  for (let quarter = 0; quarter < 4; quarter++) {
    await fill(store, clock, 10, Number(argument) / 4);
    seen.push(rss());
  }
  const { headMemoryBytes, headChunkBytes } = store.stats();
  console.log(
    `RSS ${before} MiB before, then ${seen.join(", ")} MiB; head ${
      (headMemoryBytes / 2 ** 20).toFixed(2)
    } MiB, ` +
      `of which ${(headChunkBytes / 2 ** 20).toFixed(2)} MiB closed chunks`,
  );
}

function promtool(dir: TempDir): boolean {
  try {
    const args = ["tsdb", "create-blocks-from", "openmetrics", dir.join("in.txt"), dir.join("prometheus")];
    return new Deno.Command("promtool", { args, stdout: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

/** Bytes a sample over all blocks in a directory. */
function blockBytes(dir: string): { chunks: number; all: number } {
  let [samples, chunks, all] = [0, 0, 0];
  for (const { name } of Deno.readDirSync(dir)) {
    if (!/^[0-9A-Z]{26}$/.test(name)) continue;
    samples += JSON.parse(Deno.readTextFileSync(`${dir}/${name}/meta.json`)).stats.numSamples;
    for (const file of ["index", "meta.json", "tombstones"]) {
      all += Deno.lstatSync(`${dir}/${name}/${file}`).size;
    }
    for (const file of Deno.readDirSync(`${dir}/${name}/chunks`)) {
      chunks += Deno.lstatSync(`${dir}/${name}/chunks/${file.name}`).size;
    }
  }
  return { chunks: chunks / samples, all: (all + chunks) / samples };
}

function du(path: string): number {
  let bytes = 0;
  for (const { name, isDirectory } of Deno.readDirSync(path)) {
    bytes += isDirectory ? du(`${path}/${name}`) : Deno.lstatSync(`${path}/${name}`).size;
  }
  return bytes;
}

function million(value: number): string {
  return `${(value / 1e6).toFixed(2)} M`;
}

if (import.meta.main) await childMain(Deno.args);
