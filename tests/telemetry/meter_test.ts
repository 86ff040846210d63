import assert from "node:assert/strict";
import type { Instrument } from "../../src/model/instruments.ts";
import { INSTRUMENTS } from "../../src/model/instruments.ts";
import { Labels } from "../../src/model/labels.ts";
import { MeterRegistry } from "../../src/telemetry/mod.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { FakeStore } from "./fake_store.ts";

const A = Labels.from({ probe: "a" });
const B = Labels.from({ probe: "b" });
const { probe_success: SUCCESS, probe_duration_seconds: DURATION } = INSTRUMENTS;
const { probe_attempts_total: ATTEMPTS, probe_failures_total: FAILURES, probe_latency_seconds: LATENCY } =
  INSTRUMENTS;

function setUp() {
  const store = new FakeStore();
  const lines: string[] = [];
  const logger = {
    debug() {},
    info: (line: string) => lines.push(line),
    warn: (line: string) => lines.push(line),
    error: (line: string) => lines.push(line),
  };
  const registry = new MeterRegistry(store, { clock: new FakeClock(), logger });
  return { store, registry, lines };
}

/** What a scrape would show: series → value, or count of a distribution. */
function page(registry: MeterRegistry): Record<string, number> {
  const shown: Record<string, number> = {};
  for (const { instrument, cells } of registry.snapshot()) {
    for (const cell of cells) {
      shown[`${instrument.name}${cell.labels}`] = cell.shape === "number" ? cell.value : cell.count;
    }
  }
  return shown;
}

Deno.test("a commit is one append of every counter and of the gauges set since the last one", () => {
  const { store, registry } = setUp();
  const group = registry.group();
  const attempts = group.counter(ATTEMPTS, A);
  const success = group.gauge(SUCCESS, A);
  const duration = group.gauge(DURATION, A);
  success.set(1);
  group.commit(1_000);
  attempts.add(2);
  duration.set(0.25);
  group.commit(2_000);
  assert.deepEqual(store.take(), [
    { at: 1_000, samples: { "probe_attempts_total{probe=a}": 0, "probe_success{probe=a}": 1 } },
    { at: 2_000, samples: { "probe_attempts_total{probe=a}": 2, "probe_duration_seconds{probe=a}": 0.25 } },
  ]);
});

Deno.test("a group commits batches of any size", () => {
  const { store, registry } = setUp();
  const group = registry.group();
  const gauges = Array.from(
    { length: 50 },
    (_, i) => group.gauge(SUCCESS, Labels.from({ probe: `p${i}` })),
  );
  for (const count of [50, 3, 50, 17]) {
    gauges.slice(0, count).forEach((gauge, i) => gauge.set(i));
    group.commit(count);
    const [{ samples }] = store.take();
    assert.equal(Object.keys(samples).length, count);
    assert.equal(samples[`probe_success{probe=p${count - 1}}`], count - 1);
  }
});

Deno.test("a late counter gets its zero at the commit before", () => {
  const { store, registry } = setUp();
  const group = registry.group();
  group.gauge(SUCCESS, A).set(1);
  group.commit(1_000);
  store.take();
  group.counter(FAILURES, A.with("reason", "dns")).add(1);
  group.commit(2_000);
  assert.deepEqual(store.take(), [
    { at: 1_000, samples: { "probe_failures_total{probe=a,reason=dns}": 0 } },
    { at: 2_000, samples: { "probe_failures_total{probe=a,reason=dns}": 1 } },
  ]);
});

Deno.test("a counter that counted before the first commit gets its zero just ahead of it", () => {
  const { store, registry } = setUp();
  const group = registry.group();
  group.counter(ATTEMPTS, A).add(1);
  group.counter(ATTEMPTS, B);
  group.commit(1_000);
  assert.deepEqual(store.take(), [
    { at: 999, samples: { "probe_attempts_total{probe=a}": 0 } },
    { at: 1_000, samples: { "probe_attempts_total{probe=a}": 1, "probe_attempts_total{probe=b}": 0 } },
  ]);
});

Deno.test("a gauge that is unset goes stale once and leaves the page", () => {
  const { store, registry } = setUp();
  const group = registry.group();
  const gauge = group.gauge(SUCCESS, A);
  gauge.unset(); // never had a value: nothing to mark
  group.commit(500);
  gauge.set(1);
  group.commit(1_000);
  assert.deepEqual(page(registry), { 'probe_success{probe="a"}': 1 });
  gauge.unset();
  assert.deepEqual(page(registry), {});
  group.commit(2_000);
  group.commit(3_000);
  gauge.set(0);
  group.commit(4_000);
  assert.deepEqual(store.take(), [
    { at: 1_000, samples: { "probe_success{probe=a}": 1 } },
    { at: 2_000, samples: { "probe_success{probe=a}": "stale" } },
    { at: 4_000, samples: { "probe_success{probe=a}": 0 } },
  ]);
});

Deno.test("a close marks what lives as stale, releases every hold and clears the page", () => {
  const { store, registry } = setUp();
  const group = registry.group();
  group.counter(ATTEMPTS, A).add(1);
  const gone = group.gauge(DURATION, A);
  gone.set(1);
  const gauge = group.gauge(SUCCESS, A);
  gauge.set(1);
  group.distribution(LATENCY, A).record(0.1);
  group.commit(1_000);
  gone.unset();
  group.commit(2_000);
  store.take();
  group.close(3_000);
  gauge.set(1);
  group.commit(4_000);
  group.close(5_000);
  assert.deepEqual(store.take(), [
    { at: 3_000, samples: { "probe_attempts_total{probe=a}": "stale", "probe_success{probe=a}": "stale" } },
  ]);
  assert.deepEqual([...store.holds.values()], [0, 0, 0]);
  assert.deepEqual(page(registry), {});
});

Deno.test("a counter and a distribution asked for again go on where they were", () => {
  const { store, registry } = setUp();
  const first = registry.group();
  first.counter(ATTEMPTS, A).add(5);
  first.distribution(LATENCY, A).record(0.1);
  first.commit(1_000);
  first.close(2_000);
  store.take();
  const second = registry.group();
  second.counter(ATTEMPTS, A).add(1);
  second.distribution(LATENCY, A).record(0.2);
  second.commit(3_000);
  assert.deepEqual(store.take(), [{ at: 3_000, samples: { "probe_attempts_total{probe=a}": 6 } }]);
  assert.equal(page(registry)['probe_latency_seconds{probe="a"}'], 2);
});

Deno.test("totals are remembered for a bounded number of closed counters", () => {
  const { registry } = setUp();
  for (let i = 0; i < 5_000; i++) {
    const group = registry.group();
    group.counter(ATTEMPTS, Labels.from({ probe: String(i) })).add(1);
    group.close(i);
  }
  assert.equal(registry.stats().remembered, 2_048);
  const group = registry.group();
  group.counter(ATTEMPTS, Labels.from({ probe: "4999" })).add(1);
  group.counter(ATTEMPTS, Labels.from({ probe: "0" })).add(1);
  assert.deepEqual(page(registry), {
    'probe_attempts_total{probe="4999"}': 2,
    'probe_attempts_total{probe="0"}': 1,
  });
});

Deno.test("two groups that hold one series share its value, and the last to go marks it stale", () => {
  const { store, registry } = setUp();
  const before = registry.group();
  before.counter(ATTEMPTS, A).add(3);
  before.gauge(SUCCESS, A).set(1);
  before.commit(1_000);
  const after = registry.group();
  after.counter(ATTEMPTS, A).add(1);
  after.gauge(SUCCESS, A);
  store.take();
  before.close(2_000);
  assert.deepEqual(store.take(), []);
  assert.deepEqual(page(registry), { 'probe_attempts_total{probe="a"}': 4, 'probe_success{probe="a"}': 1 });
  after.commit(3_000);
  after.close(4_000);
  assert.deepEqual(store.take(), [
    { at: 3_000, samples: { "probe_attempts_total{probe=a}": 4 } },
    { at: 4_000, samples: { "probe_attempts_total{probe=a}": "stale", "probe_success{probe=a}": "stale" } },
  ]);
});

Deno.test("one name asked for as two kinds is shown as the newer one", () => {
  const { registry } = setUp();
  const own = (kind: Instrument["kind"]): Instrument => ({ ...SUCCESS, name: "mine", kind });
  const old = registry.group();
  old.counter(own("counter"), A).add(7);
  registry.group().gauge(own("gauge"), A).set(0.5);
  const [family, ...others] = registry.snapshot();
  assert.equal(others.length, 0);
  assert.equal(family.instrument.kind, "gauge");
  assert.deepEqual(page(registry), { 'mine{probe="a"}': 0.5 });
});

Deno.test("a store that refuses never reaches the owner, and is logged when it begins and when it ends", () => {
  const { store, registry, lines } = setUp();
  const group = registry.group();
  store.failure = new Error("disk full");
  const attempts = group.counter(ATTEMPTS, A);
  const gauge = group.gauge(SUCCESS, A);
  gauge.set(1);
  attempts.add(1);
  group.commit(1_000);
  group.commit(2_000);
  assert.equal(lines.length, 1);
  store.failure = undefined;
  gauge.set(1);
  group.commit(3_000);
  store.failure = new Error("disk full");
  gauge.unset();
  group.commit(4_000);
  store.failure = undefined;
  group.commit(5_000); // the stale marker is not forgotten
  assert.deepEqual(store.take(), [
    { at: 3_000, samples: { "probe_attempts_total{probe=a}": 1, "probe_success{probe=a}": 1 } },
    { at: 5_000, samples: { "probe_attempts_total{probe=a}": 1, "probe_success{probe=a}": "stale" } },
  ]);
  assert.equal(lines.length, 4);
  assert.ok(registry.stats().appendErrors >= 3);
  store.failure = new Error("gone");
  group.close(6_000);
});

Deno.test("counters only go up", () => {
  const { registry } = setUp();
  const counter = registry.group().counter(ATTEMPTS, A);
  counter.add(2);
  for (const amount of [-1, NaN, Infinity, 0]) counter.add(amount);
  assert.deepEqual(page(registry), { 'probe_attempts_total{probe="a"}': 2 });
});

Deno.test("samples that the store leaves out are counted", () => {
  const { store, registry } = setUp();
  store.leftOut = 3;
  const group = registry.group();
  group.counter(ATTEMPTS, A);
  group.commit(1);
  group.commit(2);
  assert.equal(registry.stats().samplesLeftOut, 6);
});
