import assert from "node:assert/strict";
import { SILENT } from "../../src/base/log.ts";
import { Store, type StoreStats } from "../../src/store/mod.ts";
import { Internals, type InternalsSources } from "../../src/telemetry/mod.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { promtoolCheck, promtoolInstalled } from "./promtool.ts";
import { keepingLogger } from "./telemetry_rig.ts";

const STORE = {
  headSeries: 12,
  headSeriesCreated: 13,
  headSeriesRemoved: 1,
  headChunks: 24,
  headChunksCreated: 25,
  headChunksRemoved: 1,
  headMinTimeMs: 1_700_000_000_500,
  headMaxTimeMs: undefined,
  headChunkBytes: 4_096,
  samplesAppended: 1_000,
  histogramsAppended: 3,
  outOfOrderSamples: 2,
  outOfBoundSamples: 0,
  headTruncations: 0,
  timeRetentions: 0,
  sizeRetentions: 0,
} as StoreStats;

/** Series of a page with their values. */
function seriesOf(body: string): Map<string, number> {
  const lines = body.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(lines.map((line) => {
    const at = line.lastIndexOf(" ");
    return [line.slice(0, at), Number(line.slice(at + 1))];
  }));
}

Deno.test("the internals show the process, the store, the meter and whatever else is asked", async () => {
  await using internals = new Internals(new FakeClock(), {
    store: () => STORE,
    meter: () => ({ series: 5, remembered: 0, appendErrors: 0, samplesLeftOut: 2 }),
    more: [() => [{ name: "x_total", kind: "counter", help: "X.", value: 3, labels: { exporter: "otlp" } }]],
  });
  const { contentType, body } = internals.page("");
  const series = seriesOf(body);
  assert.match(contentType, /^text\/plain; version=0\.0\.4/);
  assert.equal(series.get("prometheus_tsdb_head_series"), 12);
  assert.equal(series.get('prometheus_tsdb_head_samples_appended_total{type="float"}'), 1_000);
  assert.equal(series.get('prometheus_tsdb_head_samples_appended_total{type="histogram"}'), 3);
  assert.equal(series.get("prometheus_tsdb_head_min_time_seconds"), 1_700_000_000.5);
  assert.equal(series.has("prometheus_tsdb_head_max_time"), false);
  assert.equal(series.get("bunny_meter_samples_left_out_total"), 2);
  assert.equal(series.get('x_total{exporter="otlp"}'), 3);
  assert.ok(series.get("process_resident_memory_bytes")! > 1e7);
  assert.ok(series.get("process_cpu_seconds_total")! > 0);
  assert.ok(series.get("process_open_fds")! > 2);
  assert.ok(Math.abs(series.get("process_start_time_seconds")! - Date.now() / 1_000) < 3_600);
  assert.ok([...series.keys()].some((name) => name.startsWith("bunny_build_info{")));
});

Deno.test("the internals show every number that the store keeps", async () => {
  const clock = new FakeClock();
  await using store = await Store.open({ clock, logger: SILENT });
  const unread = new Set(Object.keys(store.stats()));
  await using internals = new Internals(clock, {
    store: () =>
      new Proxy(store.stats(), {
        get(stats, name, receiver) {
          unread.delete(String(name));
          return Reflect.get(stats, name, receiver);
        },
      }),
  });
  internals.page("");
  assert.deepEqual([...unread], []);
});

Deno.test("the internals say when a store that has a directory keeps samples in memory", async () => {
  for (
    const { mode, modeReason, want } of [
      { mode: "disk", modeReason: undefined, want: 0 },
      { mode: "memory", modeReason: undefined, want: 0 },
      { mode: "memory", modeReason: "read-only", want: 1 },
      { mode: "suspended", modeReason: "no space left", want: 1 },
    ] as const
  ) {
    await using internals = new Internals(new FakeClock(), { store: () => ({ ...STORE, mode, modeReason }) });
    assert.equal(
      seriesOf(internals.page("").body).get("bunny_store_memory_only"),
      want,
      `${mode} ${modeReason}`,
    );
  }
});

Deno.test("the internals negotiate OpenMetrics", async () => {
  await using internals = new Internals(new FakeClock(), {});
  const { contentType, body } = internals.page("application/openmetrics-text");
  assert.match(contentType, /^application\/openmetrics-text; version=1\.0\.0/);
  assert.ok(body.endsWith("# EOF\n"));
  assert.ok(body.includes("# TYPE process_cpu_seconds counter\n# UNIT process_cpu_seconds seconds\n"));
});

Deno.test("a source that throws leaves a gap, and is told of once", async () => {
  const logger = keepingLogger();
  const sources: InternalsSources = {
    store: () => {
      throw new Error("closed");
    },
    more: [() => [{ name: "x", kind: "gauge", help: "X.", value: 1 }]],
  };
  await using internals = new Internals(new FakeClock(), sources, logger);
  for (let scrape = 0; scrape < 3; scrape++) assert.equal(seriesOf(internals.page("").body).get("x"), 1);
  assert.deepEqual(logger.lines.map(({ level, fields }) => [level, fields.error]), [["error", "closed"]]);
});

/** A clock that has run on by so much when a sleeper wakes. */
class LateClock extends FakeClock {
  lateMs = 0;

  override now(): number {
    return super.now() + this.lateMs;
  }
}

Deno.test("the event loop's lag is how late a sleeper woke, and its maximum of two minutes is the same for every scraper", async () => {
  const clock = new LateClock();
  await using internals = new Internals(clock, {});
  const lag = () => {
    const series = seriesOf(internals.page("").body);
    return [series.get("bunny_event_loop_lag_seconds"), series.get("bunny_event_loop_lag_max_seconds")];
  };
  await clock.advance(1_000);
  assert.deepEqual(lag(), [0, 0]);
  clock.lateMs = 250;
  await clock.advance(1_000);
  clock.lateMs = 0;
  await clock.advance(1_500);
  assert.deepEqual(lag(), [0, 0.25]);
  assert.deepEqual(lag(), [0, 0.25]);
  await clock.advance(117_000);
  assert.deepEqual(lag(), [0, 0.25]);
  await clock.advance(3_000);
  assert.deepEqual(lag(), [0, 0]);
});

Deno.test({
  name: "promtool finds no fault in the internals",
  ignore: !promtoolInstalled(),
  fn: async () => {
    await using internals = new Internals(new FakeClock(), { store: () => STORE });
    const { code, said } = await promtoolCheck(internals.page("").body);
    // Its names are Prometheus' own, and promtool would like them with a unit.
    const complaints = said.split("\n").filter((line) => line !== "" && !/^prometheus_tsdb_/.test(line));
    assert.deepEqual({ code, complaints }, { code, complaints: [] });
  },
});
