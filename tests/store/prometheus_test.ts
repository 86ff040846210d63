import assert from "node:assert/strict";
import { SILENT } from "../../src/base/log.ts";
import type { Histogram } from "../../src/model/histogram.ts";
import { SampleColumns, STALE_NAN } from "../../src/model/sample.ts";
import { Store } from "../../src/store/mod.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { blockDirs, Restarts } from "./support/disk.ts";
import { tempDir } from "../support/temp_dir.ts";
import { exposeHistogram, PROTOBUF_TYPE } from "./support/exposition.ts";
import { labels, match, NOW_MS, readAll } from "./support/fixture.ts";
import { counting } from "./support/histograms.ts";
import {
  copyDir,
  dump,
  HAS_PROMETHEUS,
  PrometheusServer,
  prometheusVersion,
  promtool,
} from "./support/prometheus.ts";
import { seeded } from "./support/random.ts";

const ALL = [match("=~", "__name__", ".+")];
const test = (name: string, fn: () => Promise<void>) => Deno.test({ name, ignore: !HAS_PROMETHEUS, fn });

/** What the HTTP API answers to a range selector. */
interface Matrix {
  readonly result: {
    readonly metric: Record<string, string>;
    readonly values: [seconds: number, value: string][];
    readonly histograms: [seconds: number, ExposedBuckets][];
  }[];
}

interface ExposedBuckets {
  readonly count: string;
  readonly sum: string;
  /** Boundary rule, lower and upper bound, count. */
  readonly buckets?: [number, string, string, string][];
}

/** Opens a directory at a time that no sample in it lies ahead of. */
function openAt(dir: string, wallMs: number): Promise<Store> {
  return Store.open({ dir, clock: new FakeClock({ wallMs }), logger: SILENT, retentionMs: Infinity });
}

test("Store answers from blocks that promtool made as promtool does", async () => {
  const random = seeded();
  using dir = tempDir();
  const lines: string[] = [];
  for (let series = 0; series < 120; series++) {
    const label = `i="${series}",text="${random.pick(["plain", "ünï cödé", 'a\\"b\\\\c', "日本", ""])}"`;
    for (let i = 0; i < 200; i++) {
      const value = random.pick([
        "1",
        "0",
        String(i),
        String(random.next()),
        "NaN",
        "+Inf",
        "-Inf",
        "1e-300",
      ]);
      lines.push(
        `m${series % 7}{${label}} ${value} ${
          (NOW_MS - 40_000_000 + series + i * 15_000 * (1 + series)) / 1_000
        }`,
      );
    }
  }
  const byMetric = lines.sort((a, b) =>
    a.slice(0, 2) < b.slice(0, 2) ? -1 : a.slice(0, 2) > b.slice(0, 2) ? 1 : 0
  );
  Deno.writeTextFileSync(`${dir.path}/in.txt`, `${byMetric.join("\n")}\n# EOF\n`);
  promtool("tsdb", "create-blocks-from", "openmetrics", `${dir.path}/in.txt`, `${dir.path}/data`);
  Deno.mkdirSync(`${dir.path}/data/wal`); // promtool dumps nothing without one
  const want = dump(`${dir.path}/data`);
  assert.equal(Object.keys(want).length, 120);
  await using store = await openAt(`${dir.path}/data`, NOW_MS + 1e12);
  assert.ok(store.stats().blocks > 3);
  assert.deepEqual(readAll(store, ALL), want);
  for (
    const [kind, name, value] of [
      ["=", "i", "7"],
      ["=~", "i", "1.*"],
      ["!=", "text", ""],
      ["=~", "__name__", "m[12]"],
      ["=", "text", ""],
      ["=~", "i", "3|5|nothing"],
      ["!~", "text", "p.*"],
      ["=", "text", "日本"],
      ["=", "i", "zzz"],
    ] as const
  ) {
    const matcher = match(kind, name, value);
    const label = (key: string) => {
      const found = new RegExp(`[{ ]${name}="((?:[^"\\\\]|\\\\.)*)"`).exec(key)?.[1] ?? "";
      return JSON.parse(`"${found}"`) as string;
    };
    const expected = Object.fromEntries(Object.entries(want).filter(([key]) => matcher.matches(label(key))));
    assert.deepEqual(readAll(store, [matcher]), expected, `${name}${kind}${value}`);
  }
  const range = { matchers: [], minTimeMs: -Infinity, maxTimeMs: Infinity };
  assert.deepEqual(store.labelNames(range), ["__name__", "i", "text"]);
  assert.deepEqual(store.labelValues("__name__", range), ["m0", "m1", "m2", "m3", "m4", "m5", "m6"]);
});

test("Store takes over a directory that a Prometheus server was killed on, deletions included", async () => {
  using dir = tempDir();
  const data = `${dir.path}/data`;
  let beat = 0;
  await using target = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
    beat++;
    const gone = beat < 12 ? `vanishes{a="b"} ${beat}\n` : "";
    return new Response(`counts ${beat}\nconstant{quote="\\"",x="ü"} 1\nrandom ${Math.random()}\n${gone}`);
  });
  const config = `global: { scrape_interval: 100ms, scrape_timeout: 100ms }
scrape_configs: [{ job_name: t, static_configs: [{ targets: ["127.0.0.1:${target.addr.port}"] }] }]
`;
  {
    await using server = await PrometheusServer.start(data, { config });
    while (beat < 30) await new Promise((resolve) => setTimeout(resolve, 20));
    const deletion = { "match[]": "random", start: "0", end: String(Date.now() / 1_000 - 1) };
    await server.api("admin/tsdb/delete_series", deletion, "POST");
    while (beat < 40) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await target.shutdown();
  copyDir(data, `${dir.path}/copy`);
  const want = dump(`${dir.path}/copy`);
  assert.ok(Object.keys(want).length >= 8);
  {
    await using store = await openAt(data, Date.now());
    assert.deepEqual(readAll(store, ALL), want);
    assert.equal(store.stats().mode, "disk");
    const ref = store.acquire(labels("ours"));
    assert.equal(store.append(Date.now(), [ref], [42]), 0);
  }
  assert.ok(![...Deno.readDirSync(data)].some(({ name }) => name === "chunks_head"));
  const after = dump(data);
  assert.equal(after['{__name__="ours"}'][0][1], 42);
  delete after['{__name__="ours"}'];
  assert.deepEqual(after, want);
  // And Prometheus takes it back.
  await using server = await PrometheusServer.start(data);
  const found = await server.api<{ result: unknown[] }>("query", { query: "ours[1h]" });
  assert.equal(found.result.length, 1);
});

test("promtool and a Prometheus server read what Store wrote: blocks, merged blocks, checkpoint and log", async () => {
  const random = seeded();
  using dir = tempDir();
  const data = `${dir.path}/data`;
  const restarts = new Restarts(data, { minBlockMs: 60_000, maxBlockMs: 180_000 });
  const { clock } = restarts;
  const names = Array.from(
    { length: 30 },
    (_, i) => labels("m", { i: String(i), text: `ü\u{1f41d}${i % 3}\ue000` }),
  );
  const histograms: { time: number; histogram: Histogram }[] = [];
  let want: ReturnType<typeof dump>;
  {
    await using store = await restarts.open();
    const refs = names.map((name) => store.acquire(name));
    const histogram = store.acquire(labels("h"));
    const values = new Float64Array(30);
    for (let beat = 0; beat < 6_000; beat++) {
      for (let i = 0; i < 30; i++) {
        values[i] = [1, beat, random.next(), STALE_NAN, Infinity][(i + beat % (i + 1)) % 5];
      }
      store.append(clock.wallNow(), refs, values);
      if (beat % 10 === 0) {
        const next = counting(random, random.below(50) === 0 ? undefined : histograms.at(-1)?.histogram);
        store.appendHistogram(clock.wallNow(), histogram, next);
        histograms.push({ time: clock.wallNow(), histogram: next });
      }
      await clock.advance(100);
      if (beat % 200 === 199) await store.maintain();
    }
    want = readAll(store, [match("=", "__name__", "m")]);
    assert.ok(store.stats().blocks >= 3);
  }
  const found = dump(data);
  const unquoted = Object.fromEntries(Object.entries(found).map(([key, rows]) => [goUnquote(key), rows]));
  delete unquoted['{__name__="h"}'];
  assert.deepEqual(unquoted, want);
  assert.equal(promtool("tsdb", "list", data).trim().split("\n").length, 1 + blockDirs(data).length);
  assert.match(promtool("tsdb", "analyze", data), /Series: 31/);

  copyDir(data, `${dir.path}/copy`);
  await using server = await PrometheusServer.start(`${dir.path}/copy`);
  const time = String(clock.wallNow() / 1_000);
  const floats = await server.api<Matrix>("query", { query: 'm{i=~"[12]"}[1h]', time });
  assert.equal(floats.result.length, 2);
  for (const { metric, values } of floats.result) {
    const rows = Object.entries(want).find(([key]) => key.includes(`i="${metric.i}"`))![1];
    const kept = rows.filter(([, value]) => !Number.isNaN(value)); // queries leave out stale markers
    assert.deepEqual(
      values.map((
        [seconds, value],
      ) => [Math.round(seconds * 1_000), Number(value.replace("Inf", "Infinity"))]),
      kept,
    );
  }
  const counts = await server.api<Matrix>("query", { query: "h[1h]", time });
  const got = counts.result[0].histograms.map((
    [seconds, { count, sum }],
  ) => [Math.round(seconds * 1_000), Number(count), Number(sum)]);
  assert.deepEqual(got, histograms.map(({ time, histogram }) => [time, histogram.count, histogram.sum]));
});

test("Store reads Prometheus' integer native histograms, from its log and from its blocks", async () => {
  using dir = tempDir();
  const data = dir.join("data");
  let beat = 0;
  await using target = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
    beat++;
    const isLater = beat % 20 >= 10; // another bucket comes into use, and later the counts start anew
    const body = exposeHistogram("h", {
      schema: 2,
      zeroThreshold: 2 ** -128,
      zeroCount: beat % 20,
      sum: beat / 4,
      spans: isLater
        ? [{ offset: -3, length: 2 }, { offset: 5, length: 2 }]
        : [{ offset: -3, length: 2 }, { offset: 5, length: 1 }],
      counts: isLater ? [beat % 20, 1, 2 * (beat % 20), 7] : [beat % 20, 1, 2 * (beat % 20)],
    });
    return new Response(body as BodyInit, { headers: { "Content-Type": PROTOBUF_TYPE } });
  });
  const asks = Number.parseInt(prometheusVersion()) >= 3 ? ", scrape_native_histograms: true" : ""; // else by a flag
  const config = `global: { scrape_interval: 100ms, scrape_timeout: 100ms${asks} }
scrape_configs: [{ job_name: t, static_configs: [{ targets: ["127.0.0.1:${target.addr.port}"] }] }]
`;
  let want: unknown[];
  {
    await using server = await PrometheusServer.start(data, { config });
    while (beat < 45) await new Promise((resolve) => setTimeout(resolve, 20));
    const found = await server.api<Matrix>("query", { query: "h[1h]", time: String(Date.now() / 1_000) });
    const { name } = await server.api<{ name: string }>("admin/tsdb/snapshot", {}, "POST");
    want = found.result[0].histograms.map(([seconds, { count, sum, buckets }]) => [
      Math.round(seconds * 1_000),
      Number(count),
      Number(sum),
      (buckets ?? []).map((bucket) => Number(bucket[3])),
    ]);
    copyDir(`${data}/snapshots/${name}`, dir.join("snapshot"));
  }
  await target.shutdown();
  assert.ok(want.length > 30);
  for (const [path, blocks] of [[data, 0], [dir.join("snapshot"), 1]] as const) {
    await using store = await openAt(path, Date.now());
    assert.equal(store.stats().blocks, blocks);
    const columns = new SampleColumns();
    const [series] = store.select({
      matchers: [match("=", "__name__", "h")],
      minTimeMs: 0,
      maxTimeMs: Infinity,
    });
    series.read(0, Infinity, columns);
    const got = Array.from({ length: columns.length }, (_, row) => {
      const { count, sum, zeroCount, positiveBuckets } = columns.histograms![row]!;
      const buckets = [zeroCount, ...positiveBuckets].filter((bucket) => bucket > 0);
      return [columns.timestamps[row], count, sum, buckets];
    });
    // There may be samples that came after the query; none that it saw is missing.
    assert.deepEqual(got.slice(0, want.length), want, path);
  }
});

test("Store and a Prometheus server never work on one directory at once", async () => {
  using dir = tempDir();
  const flags = prometheusVersion().includes("+ds") ? ["--storage.tsdb.use-lockfile"] : []; // Debian's has it off
  {
    await using _server = await PrometheusServer.start(dir.path, { flags });
    await using store = await openAt(dir.path, Date.now());
    assert.equal(store.stats().mode, "memory");
  }
  await using store = await openAt(dir.path, Date.now());
  assert.equal(store.stats().mode, "disk");
  await assert.rejects(PrometheusServer.start(dir.path, { flags }), /not become ready/);
});

/** Go's %q leaves printable characters as they are and writes others as escapes that JSON knows too, but for \\U. */
function goUnquote(key: string): string {
  return key.replaceAll(/\\u([0-9a-f]{4})/g, (_, code) => String.fromCharCode(parseInt(code, 16)));
}
