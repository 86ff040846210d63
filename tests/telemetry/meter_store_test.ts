import assert from "node:assert/strict";
import { SILENT } from "../../src/base/log.ts";
import { INSTRUMENTS } from "../../src/model/instruments.ts";
import { Labels } from "../../src/model/labels.ts";
import { equalTo } from "../../src/model/matcher.ts";
import { isStaleNaN, SampleColumns } from "../../src/model/sample.ts";
import { Store } from "../../src/store/mod.ts";
import { MeterRegistry } from "../../src/telemetry/mod.ts";
import { FakeClock } from "../support/fake_clock.ts";

Deno.test("what a meter commits is what the real store has: late zeros, stale markers, totals that go on", async () => {
  const clock = new FakeClock();
  const store = await Store.open({
    dir: "",
    clock,
    logger: SILENT,
    retentionMs: 3_600_000,
    retentionSizeBytes: undefined,
    minBlockMs: 300_000,
    maxBlockMs: 900_000,
  });
  try {
    const registry = new MeterRegistry(store, { clock });
    const base = clock.wallNow();
    const labels = Labels.from({ probe: "a" });
    const samples = (name: string) => {
      const columns = new SampleColumns();
      const range = { minTimeMs: base - 10_000, maxTimeMs: base + 60_000 };
      for (const series of store.select({ matchers: [equalTo("__name__", name)], ...range })) {
        series.read(range.minTimeMs, range.maxTimeMs, columns);
      }
      return Array.from({ length: columns.length }, (_, i) => [
        columns.timestamps[i] - base,
        isStaleNaN(columns.values[i]) ? "stale" : columns.values[i],
      ]);
    };
    const first = registry.group();
    const success = first.gauge(INSTRUMENTS.probe_success, labels);
    success.set(1);
    first.commit(base);
    first.counter(INSTRUMENTS.probe_failures_total, labels.with("reason", "dns")).add(1);
    success.set(0);
    first.commit(base + 1_000);
    success.unset();
    first.commit(base + 2_000);
    first.close(base + 3_000);
    const second = registry.group();
    second.counter(INSTRUMENTS.probe_failures_total, labels.with("reason", "dns")).add(1);
    second.commit(base + 4_000);
    assert.deepEqual(samples("probe_success"), [[0, 1], [1_000, 0], [2_000, "stale"]]);
    assert.deepEqual(samples("probe_failures_total"), [
      [0, 0],
      [1_000, 1],
      [2_000, 1],
      [3_000, "stale"],
      [4_000, 2],
    ]);
    assert.deepEqual(registry.stats().samplesLeftOut, 0);
  } finally {
    await store.close();
  }
});

Deno.test("a group that ends in the moment of its last commit ends its series all the same", async () => {
  const clock = new FakeClock();
  const store = await Store.open({ clock, logger: SILENT });
  try {
    const atMs = clock.wallNow();
    const group = new MeterRegistry(store, { clock }).group();
    group.gauge(INSTRUMENTS.bunny_health_verdict, Labels.from({ endpoint: "x" })).set(1);
    group.commit(atMs);
    group.close(atMs);
    const [series] = store.select({
      matchers: [equalTo("endpoint", "x")],
      minTimeMs: atMs,
      maxTimeMs: atMs + 1_000,
    });
    const columns = new SampleColumns();
    series.readLast(atMs, atMs + 1_000, columns);
    assert.ok(isStaleNaN(columns.values[0]));
  } finally {
    await store.close();
  }
});
