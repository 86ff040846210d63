import assert from "node:assert/strict";
import { encodeTombstones } from "../../src/store/tombstones.ts";
import { blockDirs, Restarts } from "./support/disk.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { tempDir } from "../support/temp_dir.ts";
import { labels, match, NOW_MS, readAll } from "./support/fixture.ts";

const ALL = [match("=~", "__name__", ".+")];
const BLOCK_MS = 60_000;
const SERIES = 5;

/** Three blocks of a minute and a head, five series each with a sample a second. @returns rows by series */
async function fill(restarts: Restarts): Promise<Record<string, [number, number][]>> {
  await using store = await restarts.open();
  const refs = Array.from({ length: SERIES }, (_, i) => store.acquire(labels("m", { i: String(i) })));
  for (let second = 0; second < 220; second++) {
    store.append(restarts.clock.wallNow(), refs, refs.map((_, i) => second * 10 + i));
    await restarts.clock.advance(1_000);
    if (second % 10 === 9) await store.maintain();
  }
  await store.maintain();
  assert.equal(store.stats().blocks, 3);
  return readAll(store, ALL);
}

/** Where the middle block ends, which is the one that is damaged: blocks start at multiples of their length. */
const MIDDLE_START_MS = Math.floor(NOW_MS / BLOCK_MS) * BLOCK_MS + BLOCK_MS;
const MIDDLE_END_MS = MIDDLE_START_MS + BLOCK_MS;

const change = (path: string, edit: (bytes: Uint8Array) => Uint8Array | void) => {
  const bytes = Deno.readFileSync(path);
  Deno.writeFileSync(path, edit(bytes) ?? bytes);
};
const flip = (at: (bytes: Uint8Array) => number) => (bytes: Uint8Array) => {
  bytes[at(bytes)] ^= 0x55;
};

const damages: {
  name: string;
  damage: (block: string) => void;
  /** Of which series the damaged block still tells: all, none, or all but one. */
  left: number;
  isLoaded: boolean;
}[] = [
  { name: "nothing", damage: () => {}, left: SERIES, isLoaded: true },
  { name: "no index", damage: (block) => Deno.removeSync(`${block}/index`), left: 0, isLoaded: true },
  {
    name: "an empty index",
    damage: (block) => change(`${block}/index`, () => new Uint8Array(0)),
    left: 0,
    isLoaded: true,
  },
  {
    name: "an index cut off",
    damage: (block) => change(`${block}/index`, (bytes) => bytes.subarray(0, bytes.length - 9)),
    left: 0,
    isLoaded: true,
  },
  {
    name: "another file as its index",
    damage: (block) => change(`${block}/index`, flip(() => 0)),
    left: 0,
    isLoaded: true,
  },
  {
    name: "an index of an unknown version",
    damage: (block) => change(`${block}/index`, flip(() => 4)),
    left: 0,
    isLoaded: true,
  },
  {
    name: "a wrong byte in the symbols",
    damage: (block) => change(`${block}/index`, flip(() => 20)),
    left: 0,
    isLoaded: true,
  },
  {
    name: "a wrong byte in the table of contents",
    damage: (block) => change(`${block}/index`, flip(({ length }) => length - 20)),
    left: 0,
    isLoaded: true,
  },
  {
    name: "a wrong byte in the postings offset table",
    damage: (block) => change(`${block}/index`, flip(({ length }) => length - 52 - 12)),
    left: 0,
    isLoaded: true,
  },
  {
    name: "no chunks",
    damage: (block) => Deno.removeSync(`${block}/chunks`, { recursive: true }),
    left: 0,
    isLoaded: true,
  },
  {
    name: "a wrong byte in the first series' chunk",
    damage: (block) => change(`${block}/chunks/000001`, flip(() => 30)),
    left: SERIES - 1,
    isLoaded: true,
  },
  {
    name: "a length that leads out of the file",
    damage: (block) => change(`${block}/chunks/000001`, (bytes) => bytes.set([0xff, 0xff, 0x7f], 8)),
    left: SERIES - 1,
    isLoaded: true,
  },
  {
    name: "its last chunk cut off",
    damage: (block) => change(`${block}/chunks/000001`, (bytes) => bytes.subarray(0, bytes.length - 3)),
    left: SERIES - 1,
    isLoaded: true,
  },
  {
    name: "another file as its chunks",
    damage: (block) => change(`${block}/chunks/000001`, flip(() => 0)),
    left: 0,
    isLoaded: true,
  },
  {
    name: "no meta.json",
    damage: (block) => Deno.removeSync(`${block}/meta.json`),
    left: 0,
    isLoaded: false,
  },
  {
    name: "nonsense in meta.json",
    damage: (block) => Deno.writeTextFileSync(`${block}/meta.json`, "{"),
    left: 0,
    isLoaded: false,
  },
  {
    name: "a meta.json of an unknown version",
    damage: (block) => Deno.writeTextFileSync(`${block}/meta.json`, '{"version":2}'),
    left: 0,
    isLoaded: false,
  },
  {
    name: "broken tombstones",
    damage: (block) => change(`${block}/tombstones`, flip(() => 8)),
    left: 0,
    isLoaded: false,
  },
  {
    name: "no tombstones",
    damage: (block) => Deno.removeSync(`${block}/tombstones`),
    left: SERIES,
    isLoaded: true,
  },
];

for (const { name, damage, left, isLoaded } of damages) {
  Deno.test(`Store with a block that has ${name} answers from all that is intact`, async () => {
    using dir = tempDir();
    const restarts = new Restarts(dir.path, { minBlockMs: BLOCK_MS, maxBlockMs: BLOCK_MS });
    const whole = await fill(restarts);
    const block = blockDirs(dir.path).find((ulid) => {
      return JSON.parse(Deno.readTextFileSync(`${dir.path}/${ulid}/meta.json`)).minTime === MIDDLE_START_MS;
    })!;
    damage(`${dir.path}/${block}`);
    await using store = await restarts.open();
    assert.deepEqual([store.stats().mode, store.stats().modeReason], ["disk", undefined]);
    const found = readAll(store, ALL);
    const inMiddle = ([time]: [number, number]) => time >= MIDDLE_START_MS && time < MIDDLE_END_MS;
    let complete = 0;
    for (const [key, rows] of Object.entries(whole)) {
      assert.ok(found[key], `${key} is not among ${Object.keys(found)}`);
      const isComplete = found[key].some(inMiddle);
      complete += Number(isComplete);
      assert.deepEqual(found[key], isComplete ? rows : rows.filter((row) => !inMiddle(row)), key);
    }
    assert.equal(complete, left);
    const { blockLoadFailures, blockCorruptions } = store.stats();
    assert.equal(blockLoadFailures, isLoaded ? 0 : 1);
    assert.equal(blockCorruptions > 0, isLoaded && left < SERIES);
    assert.equal(restarts.logger.of("error").length, left < SERIES ? 1 : 0);
    // Label look-ups survive it too.
    const range = { matchers: [], minTimeMs: -Infinity, maxTimeMs: Infinity };
    assert.deepEqual(store.labelValues("i", range), ["0", "1", "2", "3", "4"]);
  });
}

Deno.test("Store hides what a block's tombstones name, and leaves it out when blocks are merged", async () => {
  using dir = tempDir();
  const restarts = new Restarts(dir.path, { minBlockMs: BLOCK_MS, maxBlockMs: BLOCK_MS });
  const whole = await fill(restarts);
  const [first] = blockDirs(dir.path);
  const { minTime, maxTime } = JSON.parse(Deno.readTextFileSync(`${dir.path}/${first}/meta.json`));
  // Series are numbered by their place in the index: the first is at the first multiple of 16 behind the symbols.
  const index = Deno.readFileSync(`${dir.path}/${first}/index`);
  const view = new DataView(index.buffer);
  const firstSeries = view.getUint32(index.length - 52 + 12) / 16;
  const deleted = { minTimeMs: minTime + 20_000, maxTimeMs: maxTime - 10_000 };
  Deno.writeFileSync(
    `${dir.path}/${first}/tombstones`,
    encodeTombstones(new Map([[firstSeries, [deleted]]])),
  );
  const isThere = ([time]: [number, number]) => time < deleted.minTimeMs || time > deleted.maxTimeMs;
  const want = { ...whole };
  want['{__name__="m", i="0"}'] = whole['{__name__="m", i="0"}'].filter(isThere);
  assert.ok(want['{__name__="m", i="0"}'].length < whole['{__name__="m", i="0"}'].length);
  {
    await using store = await restarts.open();
    assert.deepEqual(readAll(store, ALL), want);
  }
  const merging = new Restarts(dir.path, { minBlockMs: BLOCK_MS, maxBlockMs: 9 * BLOCK_MS }, restarts.clock);
  await using store = await merging.open();
  for (let i = 0; i < 30; i++) {
    await merging.clock.advance(60_000);
    store.append(merging.clock.wallNow(), [store.acquire(labels("later"))], [1]);
    await store.maintain();
  }
  assert.ok(!blockDirs(dir.path).includes(first));
  assert.deepEqual(readAll(store, [match("=", "__name__", "m")]), want);
});

const UNMERGEABLE = ["a wrong byte in the first series' chunk", "a wrong byte in the symbols", "no index"];

for (const { name, damage } of damages.filter(({ name }) => UNMERGEABLE.includes(name))) {
  Deno.test(`Store with a block that has ${name} tries once to merge it, and goes on merging others`, async () => {
    using dir = tempDir();
    const options = { minBlockMs: BLOCK_MS, maxBlockMs: 3 * BLOCK_MS };
    const startMs = Math.ceil(NOW_MS / options.maxBlockMs) * options.maxBlockMs;
    const restarts = new Restarts(dir.path, options, new FakeClock({ wallMs: startMs }));
    const { clock } = restarts;
    await using store = await restarts.open();
    const ref = store.acquire(labels("m"));
    let broken: string | undefined;
    for (let second = 0; second < 12 * 60; second++) {
      assert.equal(store.append(clock.wallNow(), [ref], [second]), 0);
      await clock.advance(1_000);
      if (second % 10 === 9) await store.maintain();
      if (broken) continue;
      [broken] = blockDirs(dir.path);
      if (broken) damage(`${dir.path}/${broken}`);
    }
    const spans = blockDirs(dir.path).map((ulid) => {
      const { minTime, maxTime } = JSON.parse(Deno.readTextFileSync(`${dir.path}/${ulid}/meta.json`));
      return [minTime, maxTime].map((time) => (time - startMs) / BLOCK_MS);
    }).sort(([a], [b]) => a - b);
    assert.deepEqual(spans, [[0, 1], [1, 3], [3, 6], [6, 9], [9, 10], [10, 11]]);
    assert.equal(store.stats().compactionFailures, 1);
    assert.equal(restarts.logger.of("error").length, 1);
  });
}
