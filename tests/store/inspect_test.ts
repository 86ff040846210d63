import assert from "node:assert/strict";
import { Inspection } from "../../src/store/mod.ts";
import { blockDirs, diskUsage, Restarts } from "./support/disk.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { tempDir } from "../support/temp_dir.ts";
import { labels, match, NOW_MS } from "./support/fixture.ts";
import { HAS_PROMETHEUS, promtool } from "./support/prometheus.ts";

/** Ten minutes of three series, in blocks and in the log. */
async function fill(dir: string): Promise<void> {
  const restarts = new Restarts(dir, { minBlockMs: 60_000, maxBlockMs: 180_000 });
  await using store = await restarts.open();
  const refs = ["up", "down"].flatMap((name) => {
    return (name === "up" ? ["a", "b"] : ["a"]).map((job) => store.acquire(labels(name, { job })));
  });
  for (let i = 0; i < 600; i++) {
    store.append(restarts.clock.wallNow(), refs, [i, i / 3, i % 7 === 0 ? Infinity : -i]);
    await restarts.clock.advance(1_000);
    if (i % 60 === 59) await store.maintain();
  }
}

Deno.test("Inspection lists, dumps and analyzes a directory, and changes nothing", async () => {
  using dir = tempDir();
  await fill(dir.path);
  const before = [...Deno.readDirSync(dir.path)].map(({ name }) => name).sort();
  const bytes = diskUsage(dir.path);
  {
    using inspection = await Inspection.open(dir.path, true);
    assert.deepEqual(inspection.list().map(({ meta }) => meta.ulid).sort(), blockDirs(dir.path));
    const lines = [...inspection.dump([match("=", "job", "a")])];
    assert.equal(lines.length, 1_200);
    assert.match(lines[0], /^\{__name__="down", job="a"\} \+Inf 1700000000000$/);
    const { metrics, labelNames, labelPairs, meta } = inspection.analyze()!;
    assert.deepEqual([labelNames, labelPairs], [2, 4]);
    assert.equal(metrics.reduce((sum, { samples }) => sum + samples, 0), meta.samples);
    assert.equal(metrics.reduce((sum, { chunks }) => sum + chunks, 0), meta.chunks);
    assert.equal(metrics.reduce((sum, { series }) => sum + series, 0), 3);
    assert.equal(inspection.analyze("nonsense"), undefined);
  }
  assert.deepEqual([...Deno.readDirSync(dir.path)].map(({ name }) => name).sort(), before);
  assert.equal(diskUsage(dir.path), bytes);
});

Deno.test({
  name: "Inspection dumps what promtool dumps",
  ignore: !HAS_PROMETHEUS,
  fn: async () => {
    using dir = tempDir();
    await fill(dir.path);
    {
      const clock = new FakeClock({ wallMs: NOW_MS + 10_000_000 });
      await using store = await new Restarts(dir.path, {}, clock).open();
      const ref = store.acquire(labels("numbers"));
      const numbers = [
        4.3294e-5,
        1e-4,
        -1e-7,
        5e-324,
        1e20,
        1e21,
        1.5e300,
        -0,
        0,
        123456789.125,
        NaN,
        -Infinity,
      ];
      numbers.forEach((number, i) => store.append(clock.wallNow() + i, [ref], [number]));
    }
    using inspection = await Inspection.open(dir.path, true);
    const ours = [...inspection.dump([])].sort();
    const theirs = promtool("tsdb", "dump", dir.path).trim().split("\n").sort();
    assert.ok(ours.length > 1_200);
    assert.deepEqual(ours, theirs);
  },
});

Deno.test("Inspection of a directory that isn't there rejects", async () => {
  await assert.rejects(Inspection.open("/nowhere/at/all", true), Deno.errors.NotFound);
});
