import assert from "node:assert/strict";
import { ByteWriter } from "../../src/base/bytes.ts";
import type { Labels } from "../../src/model/labels.ts";
import { Store } from "../../src/store/mod.ts";
import { SampleColumns } from "../../src/model/sample.ts";
import { startSamples, writeSample, writeSeries } from "../../src/store/record.ts";
import { WalWriter } from "../../src/store/wal_writer.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { tempDir } from "../support/temp_dir.ts";
import { blockDirs, KeepingLogger } from "./support/disk.ts";
import { labels, match, NOW_MS, readAll, rowsOf } from "./support/fixture.ts";
import { copyDir, HAS_PROMETHEUS, PrometheusServer } from "./support/prometheus.ts";
import { remoteWrite } from "./support/remote_write.ts";

const ALL = [match("=~", "__name__", "m")];
const CONFIG = "storage: { tsdb: { out_of_order_time_window: 2h } }\n";
const MINUTE_MS = 60_000;

interface Matrix {
  readonly result: { readonly metric: Record<string, string>; readonly values: [number, string][] }[];
}

/** What the server answers for the last three hours, as `readAll` has it. */
async function answers(server: PrometheusServer): Promise<Record<string, [number, number][]>> {
  const { result } = await server.api<Matrix>("query", {
    query: "m[3h]",
    time: String(Date.now() / 1_000 + 1),
  });
  return Object.fromEntries(result.map(({ metric, values }) => [
    `{__name__="m", i="${metric.i}"}`,
    values.map(([seconds, value]) => [Math.round(seconds * 1_000), Number(value)]),
  ]));
}

const cases: { name: string; blockRange: string; areBlocks: boolean }[] = [
  { name: "still in their log", blockRange: "2h", areBlocks: false },
  { name: "in blocks already, beside newer ones in the log", blockRange: "10m", areBlocks: true },
];

for (const { name, blockRange, areBlocks } of cases) {
  Deno.test({
    name: `Store answers as Prometheus does from a directory with out-of-order samples, ${name}`,
    ignore: !HAS_PROMETHEUS,
    fn: async () => {
      using dir = tempDir();
      const data = dir.join("data");
      const flags = [
        "--web.enable-remote-write-receiver",
        `--storage.tsdb.min-block-duration=${blockRange}`,
        `--storage.tsdb.max-block-duration=${blockRange}`,
      ];
      const names = Array.from({ length: 3 }, (_, i) => labels("m", { i: String(i) }));
      const endMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
      /** Samples every ten seconds from some minutes ago to others. */
      const stretch =
        (fromMinutes: number, toMinutes: number, shiftMs: number) => (of: Labels, i: number) => {
          const count = (fromMinutes - toMinutes) * 6;
          const rows = Array.from({ length: count }, (_, row): [number, number] => {
            return [endMs - fromMinutes * MINUTE_MS + row * 10_000 + shiftMs, row + 1_000 * i + shiftMs];
          });
          return { labels: of, rows };
        };
      let want: Record<string, [number, number][]>;
      {
        await using server = await PrometheusServer.start(data, { config: CONFIG, flags });
        await remoteWrite(server.url, names.map(stretch(60, 30, 0)));
        await remoteWrite(server.url, names.map(stretch(55, 32, 3))); // late
        await remoteWrite(server.url, names.map(stretch(30, 2, 0)));
        await remoteWrite(server.url, names.map(stretch(12, 3, 7))); // late
        if (areBlocks) {
          await remoteWrite(server.url, names.map(stretch(2, 1, 0)));
          const hasLateBlock = () =>
            blockDirs(data).some((ulid) =>
              Deno.readTextFileSync(`${data}/${ulid}/meta.json`).includes("from-out-of-order")
            );
          const deadline = Date.now() + 90_000;
          while (!hasLateBlock()) {
            assert.ok(Date.now() < deadline, "Prometheus makes no block of late samples");
            await new Promise((resolve) => setTimeout(resolve, 200));
          }
          await remoteWrite(server.url, names.map(stretch(9, 8, 9))); // late again
        }
        want = await answers(server);
      }
      assert.ok(want['{__name__="m", i="0"}'].length > 400);
      const logger = new KeepingLogger();
      const open = (path: string) => {
        return Store.open({
          dir: path,
          clock: new FakeClock({ wallMs: Date.now() }),
          logger,
          retentionMs: Infinity,
        });
      };
      for (let round = 0; round < 2; round++) {
        await using store = await open(data);
        assert.equal(store.stats().mode, "disk");
        assert.deepEqual(readAll(store, ALL), want);
        await store.maintain();
        assert.deepEqual(readAll(store, ALL), want);
        if (round > 0) continue;
        for (const of of names) {
          const time = Date.now();
          assert.equal(store.append(time, [store.acquire(of)], [42]), 0);
          want[of.toString()].push([time, 42]);
        }
      }
      assert.deepEqual(logger.of("warn").concat(logger.of("error")), []);
      assert.ok(![...Deno.readDirSync(data)].some(({ name }) => name === "wbl"));
      // And Prometheus takes it back.
      copyDir(data, dir.join("back"));
      await using server = await PrometheusServer.start(dir.join("back"), { config: CONFIG, flags });
      assert.deepEqual(await answers(server), want);
    },
  });
}

Deno.test("Series.readLast finds the newest sample where a block of late ones reaches into the head", async () => {
  using dir = tempDir();
  const name = labels("m");
  const log = (subdir: string, rows: [number, number][]) => {
    Deno.mkdirSync(dir.join(subdir));
    const segment = WalWriter.create(dir.join(subdir), 0);
    const record = new ByteWriter();
    writeSeries(record, 1, name);
    segment.log(record.bytes, record.length);
    startSamples(record, 1, NOW_MS);
    for (const [agoMs, value] of rows) writeSample(record, 0, -agoMs, value);
    segment.log(record.bytes, record.length);
    segment.flush();
    segment.close();
  };
  log("wal", [[100_000, 1], [40_000, 3], [20_000, 5]]);
  log("wbl", [[70_000, 2], [30_000, 4]]);
  const clock = new FakeClock({ wallMs: NOW_MS });
  await using store = await Store.open({ dir: dir.path, clock, logger: new KeepingLogger() });
  assert.equal(store.stats().blocks, 1);
  const cases: { agoMs: number; fromMs: number; want: [number, number][] }[] = [
    { agoMs: 0, fromMs: 300_000, want: [[20_000, 5]] },
    { agoMs: 25_000, fromMs: 300_000, want: [[30_000, 4]] },
    { agoMs: 35_000, fromMs: 300_000, want: [[40_000, 3]] },
    { agoMs: 60_000, fromMs: 300_000, want: [[70_000, 2]] },
    { agoMs: 80_000, fromMs: 300_000, want: [[100_000, 1]] },
    { agoMs: 80_000, fromMs: 90_000, want: [] },
  ];
  for (const { agoMs, fromMs, want } of cases) {
    const [minTimeMs, maxTimeMs] = [NOW_MS - fromMs, NOW_MS - agoMs];
    const [series] = store.select({ matchers: ALL, minTimeMs: NOW_MS - 300_000, maxTimeMs: NOW_MS });
    const last = new SampleColumns();
    assert.equal(series.readLast(minTimeMs, maxTimeMs, last), want.length > 0, `${agoMs} ms ago`);
    assert.deepEqual(rowsOf(last).map(([time, value]) => [NOW_MS - time, value]), want, `${agoMs} ms ago`);
  }
});

Deno.test("Store says what it can't read of an out-of-order log, and goes on", async () => {
  using dir = tempDir();
  Deno.mkdirSync(dir.join("wbl"));
  const segment = WalWriter.create(dir.join("wbl"), 0);
  const record = new ByteWriter();
  startSamples(record, 7, 1_000); // of a series that no log introduces
  writeSample(record, 0, 0, 1);
  segment.log(record.bytes, record.length);
  segment.flush();
  segment.close();
  Deno.writeFileSync(dir.join("wbl/00000001"), new Uint8Array(64).fill(0xff));
  const logger = new KeepingLogger();
  await using store = await Store.open({ dir: dir.path, clock: new FakeClock(), logger });
  assert.equal(store.stats().mode, "disk");
  const [line] = logger.lines.filter(({ level }) => level === "warn");
  assert.deepEqual(line.fields, { samples: 1, lost: 2 });
});
