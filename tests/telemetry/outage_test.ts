import assert from "node:assert/strict";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { INSTRUMENTS } from "../../src/model/instruments.ts";
import { Labels } from "../../src/model/labels.ts";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { Dispatcher } from "../../src/telemetry/export/dispatcher.ts";
import { MetricPusher } from "../../src/telemetry/export/metric_pusher.ts";
import { RegistryProducer } from "../../src/telemetry/export/registry_producer.ts";
import { SpanFactory } from "../../src/telemetry/export/span_factory.ts";
import { SpanOutbox } from "../../src/telemetry/export/span_outbox.ts";
import type { Sent, Transport } from "../../src/telemetry/export/transport.ts";
import { MeterRegistry } from "../../src/telemetry/mod.ts";
import { TraceIds } from "../../src/telemetry/trace_ids.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { FakeStore } from "./fake_store.ts";
import { keepingLogger } from "./telemetry_rig.ts";

/** A way that answers at once, as it is told; what it "sends" is a list of names. */
class FakeTransport implements Transport {
  readonly target = "http://collector:4318";
  sent: Sent = { kind: "accepted", rejected: 0, note: "" };
  readonly bodies: string[] = [];
  attempts = 0;
  closed = false;
  /** Set: attempts wait until their signal ends them. */
  hangs = false;

  send(body: Uint8Array, signal: AbortSignal): Promise<Sent> {
    this.attempts++;
    if (this.hangs) {
      return new Promise((resolve) => {
        const later = () => resolve({ kind: "later", reason: String(signal.reason), afterMs: undefined });
        if (signal.aborted) later();
        else signal.addEventListener("abort", later, { once: true });
      });
    }
    if (this.sent.kind === "accepted") this.bodies.push(new TextDecoder().decode(body));
    return Promise.resolve(this.sent);
  }

  close(): void {
    this.closed = true;
  }
}

const DOWN: Sent = { kind: "later", reason: "connection refused", afterMs: undefined };

function setUp() {
  const clock = new FakeClock();
  const transport = new FakeTransport();
  const logger = keepingLogger();
  const dispatcher = new Dispatcher({
    exporter: "otlptracehttp",
    transport,
    timeoutMs: 10_000,
    clock,
    logger,
    random: () => 1,
  });
  return { clock, transport, logger, dispatcher };
}

function namesOf(spans: readonly ReadableSpan[]): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(spans.map(({ attributes }) => attributes["bunny-probe-name"]).join());
}

function outboxRig(limits = { maxQueueSize: 2_048, maxBatchSize: 512 }, encode = namesOf) {
  const parts = setUp();
  const { clock, dispatcher } = parts;
  const outbox = new SpanOutbox({
    dispatcher,
    clock,
    encode,
    delayMs: 5_000,
    ...limits,
  });
  const factory = new SpanFactory(resourceFromAttributes({}), [outbox], {});
  const ids = new TraceIds();
  const span = (probe: string | number) =>
    factory.probe({
      probe: String(probe),
      type: "http",
      startedAtMs: clock.wallNow(),
      durationMs: 1,
      lateMs: 0,
      outcome: { kind: "pass" },
      facts: {},
      events: [],
      trace: undefined,
    }, { traceId: ids.traceId(), spanId: ids.spanId() });
  return { ...parts, outbox, span };
}

Deno.test("an hour's outage keeps the queue bounded, every drop counted and the log quiet; the newest spans survive", async () => {
  const { clock, transport, logger, outbox, span } = outboxRig();
  transport.sent = DOWN;
  const total = 36_000; // ten a second
  for (let second = 0, made = 0; second < 3_600; second++) {
    for (let i = 0; i < 10; i++) span(made++);
    await clock.advance(1_000);
    assert.ok(outbox.stats().queued <= 2_048 + 512);
  }
  const { queued, dropped, failedAttempts, state } = outbox.stats();
  assert.equal(state, "failing");
  assert.equal(dropped + queued, total);
  assert.ok(failedAttempts > 100 && failedAttempts < 140, `${failedAttempts} attempts`);
  transport.sent = { kind: "accepted", rejected: 0, note: "" };
  await clock.advance(60_000);
  const arrived = transport.bodies.flatMap((body) => body.split(","));
  assert.equal(arrived.length, queued);
  assert.equal(arrived.at(-1), String(total - 1));
  assert.equal(new Set(arrived).size, arrived.length);
  assert.deepEqual(
    logger.lines.filter(({ level }) => level !== "debug").map(({ level, message }) => [level, message]),
    [["warn", "telemetry can't be delivered"], ["info", "telemetry is delivered again"]],
  );
  await outbox.close(0);
  assert.ok(transport.closed);
});

Deno.test("spans wait for the delay, or for a batch to be full, or for a flush", async () => {
  const { clock, transport, outbox, span } = outboxRig({ maxQueueSize: 100, maxBatchSize: 3 });
  span("a");
  await clock.advance(4_999);
  assert.deepEqual(transport.bodies, []);
  await clock.advance(1);
  assert.deepEqual(transport.bodies, ["a"]);
  for (const name of ["b", "c", "d", "e"]) span(name);
  await clock.advance(0);
  assert.deepEqual(transport.bodies, ["a", "b,c,d", "e"]);
  span("f");
  outbox.flushSoon();
  await clock.advance(0);
  assert.deepEqual(transport.bodies.at(-1), "f");
  await outbox.close(0);
});

Deno.test("a close sends what is queued, and takes no more", async () => {
  const { clock, transport, outbox, span } = outboxRig({ maxQueueSize: 100, maxBatchSize: 2 });
  for (const name of ["a", "b", "c"]) span(name);
  const closed = outbox.close(1_000);
  span("late");
  await clock.advance(0);
  await closed;
  assert.deepEqual(transport.bodies.join(), "a,b,c");
  assert.deepEqual(outbox.stats().dropped, 0);
});

Deno.test("a close while the receiver is away tries once more, though its pause is not over", async () => {
  const { clock, transport, outbox, span } = outboxRig();
  transport.sent = { kind: "later", reason: "status 503", afterMs: 120_000 };
  span("a");
  await clock.advance(5_000);
  assert.equal(transport.attempts, 1);
  transport.sent = { kind: "accepted", rejected: 0, note: "" };
  const closed = outbox.close(1_000);
  await clock.advance(0);
  await closed;
  assert.deepEqual(transport.bodies, ["a"]);
});

Deno.test("a close that has no time for the receiver's pause gives up at once and counts what is lost", async () => {
  const { clock, transport, outbox, span } = outboxRig();
  transport.sent = { kind: "later", reason: "status 503", afterMs: 120_000 };
  for (const name of ["a", "b"]) span(name);
  const closed = outbox.close(10_000);
  await clock.advance(0); // no time passes
  await closed;
  assert.equal(transport.attempts, 1);
  assert.equal(outbox.stats().dropped, 2);
});

Deno.test("a close ends within its limit when the receiver hangs", async () => {
  const { clock, transport, outbox, span } = outboxRig();
  transport.hangs = true;
  span("a");
  await clock.advance(5_000);
  span("b");
  let isClosed = false;
  const closed = outbox.close(2_000).then(() => isClosed = true);
  await clock.advance(1_999);
  assert.equal(isClosed, false);
  await clock.advance(1);
  await closed;
  assert.equal(outbox.stats().dropped, 2);
});

function pusherRig(
  temporality: "cumulative" | "delta" = "cumulative",
  histograms: "exponential" | "explicit" = "exponential",
  encode?: () => never,
) {
  const parts = setUp();
  const { clock, dispatcher } = parts;
  const registry = new MeterRegistry(new FakeStore(), { clock });
  const producerOf = () =>
    new RegistryProducer({
      registry,
      temporality,
      histograms,
      resource: () => resourceFromAttributes({}),
      wallNow: () => clock.wallNow(),
    });
  const pusher = new MetricPusher({
    producer: producerOf(),
    dispatcher,
    clock,
    encode: encode ?? (({ scopeMetrics: [{ metrics }] }) =>
      new TextEncoder().encode(
        JSON.stringify(metrics.map(({ descriptor, dataPoints }) => [
          descriptor.name,
          ...dataPoints.map(({ value, startTime, endTime }) => [value, endTime[0] - startTime[0]]),
        ])),
      )),
    intervalMs: 60_000,
  });
  return { ...parts, registry, pusher, producerOf };
}

const A = Labels.from({ probe: "a" });

Deno.test("no data points, no request", async () => {
  const { clock, transport, pusher, registry } = pusherRig();
  await clock.advance(300_000);
  assert.equal(transport.attempts, 0);
  registry.group().gauge(INSTRUMENTS.probe_success, A).set(1);
  await clock.advance(60_000);
  assert.equal(transport.attempts, 1);
  await pusher.close(0);
});

Deno.test("an hour's outage makes no metrics pile up: attempts back off, and the first that arrives has it all", async () => {
  const { clock, transport, pusher, registry, logger } = pusherRig();
  const attempts = registry.group().counter(INSTRUMENTS.probe_attempts_total, A);
  transport.sent = DOWN;
  for (let minute = 0; minute < 60; minute++) {
    attempts.add(100);
    await clock.advance(60_000);
  }
  assert.ok(transport.attempts > 100 && transport.attempts < 130, `${transport.attempts}`);
  transport.sent = { kind: "accepted", rejected: 0, note: "" };
  await clock.advance(30_000);
  assert.deepEqual(JSON.parse(transport.bodies[0])[0][1][0], 6_000);
  assert.deepEqual(
    logger.lines.filter(({ level }) => level !== "debug").map(({ level }) => level),
    ["warn", "info"],
  );
  await pusher.close(0);
});

Deno.test("deltas tell of the time since the last export that arrived, and none is lost with one that didn't", async () => {
  const { clock, transport, pusher, registry } = pusherRig("delta");
  const group = registry.group();
  const attempts = group.counter(INSTRUMENTS.probe_attempts_total, A);
  const latency = group.distribution(INSTRUMENTS.probe_latency_seconds, A);
  const next = async (ms: number) => {
    await clock.advance(ms);
    return Object.fromEntries(
      JSON.parse(transport.bodies.at(-1)!).map((
        [name, ...points]: [string, ...unknown[]],
      ) => [name, points[0]]),
    );
  };
  attempts.add(3);
  latency.record(0.25);
  latency.record(0.25);
  const first = await next(60_000);
  assert.deepEqual(first["bunny.probe.attempts"], [3, 60]);
  assert.equal(first["bunny.probe.duration"][0].count, 2);

  attempts.add(1);
  latency.record(16); // coarser buckets from now on
  transport.sent = DOWN;
  await clock.advance(60_000);
  attempts.add(1);
  latency.record(0);
  transport.sent = { kind: "accepted", rejected: 0, note: "" };
  const second = await next(1_000);
  assert.deepEqual(second["bunny.probe.attempts"], [2, 61]);
  const [{ count, sum, zeroCount, positive }] = second["bunny.probe.duration"];
  assert.deepEqual([count, sum, zeroCount], [2, 16, 1]);
  assert.equal(positive.bucketCounts.reduce((a: number, b: number) => a + b), 1);
  assert.equal(positive.bucketCounts.at(-1), 1);
  assert.ok(positive.bucketCounts.every((count: number) => count >= 0));
  await pusher.close(0);
});

Deno.test("deltas of a series that went away and came back leave out what was told before", async () => {
  const { clock, transport, pusher, registry } = pusherRig("delta");
  const told = () => JSON.parse(transport.bodies.at(-1)!).map(([, point]: unknown[]) => point);
  const hold = () => {
    const group = registry.group();
    group.distribution(INSTRUMENTS.probe_latency_seconds, A).record(1);
    group.counter(INSTRUMENTS.probe_attempts_total, A).add(3);
    return group;
  };
  registry.group().counter(INSTRUMENTS.bunny_config_reload_failures_total, Labels.EMPTY);
  const first = hold();
  await clock.advance(60_000);
  first.close(clock.wallNow());
  await clock.advance(60_000);
  assert.deepEqual(told(), [[0, 60]]);
  hold();
  await clock.advance(60_000);
  const [, attempts, [{ count }, seconds]] = told();
  assert.deepEqual(attempts, [3, 120]);
  assert.deepEqual([count, seconds], [1, 120]);
  await pusher.close(0);
});

Deno.test("an exporter of deltas that comes later leaves out what was counted before it came", async () => {
  const { clock, registry, pusher, producerOf } = pusherRig("delta");
  const attempts = registry.group().counter(INSTRUMENTS.probe_attempts_total, A);
  const closed = registry.group();
  closed.counter(INSTRUMENTS.probe_failures_total, A).add(4);
  closed.close(clock.wallNow());
  attempts.add(5);
  await clock.advance(1_000);
  const later = producerOf();
  attempts.add(1);
  registry.group().counter(INSTRUMENTS.probe_failures_total, A).add(2);
  await clock.advance(1_000);
  const { resourceMetrics } = await later.collect();
  const points = resourceMetrics.scopeMetrics[0].metrics.map(({ dataPoints: [{ value }] }) => value);
  assert.deepEqual(points, [1, 2]);
  await pusher.close(0);
});

Deno.test("a total that is forgotten begins again at 0, with a start of its own", async () => {
  const { clock, transport, pusher, registry } = pusherRig();
  const told = () => JSON.parse(transport.bodies.at(-1)!)[0][1];
  const count = (probe: string) => {
    const group = registry.group();
    group.counter(INSTRUMENTS.probe_attempts_total, Labels.from({ probe })).add(1);
    return group;
  };
  const first = count("a");
  await clock.advance(60_000);
  assert.deepEqual(told(), [1, 60]);
  first.close(clock.wallNow());
  for (let i = 0; i < 2_048; i++) count(String(i)).close(clock.wallNow());
  await clock.advance(30_000);
  count("a");
  await clock.advance(30_000);
  assert.deepEqual(told(), [1, 30]);
  await pusher.close(0);
});

Deno.test("metrics and spans that can't be written are dropped, counted and said", async () => {
  const encode = () => {
    throw new Error("no such type");
  };
  const metrics = pusherRig("cumulative", "exponential", encode);
  metrics.registry.group().counter(INSTRUMENTS.probe_attempts_total, A).add(1);
  await metrics.clock.advance(60_000);
  await metrics.pusher.close(0);
  const spans = outboxRig(undefined, encode);
  spans.span("a");
  await spans.clock.advance(5_000);
  await spans.outbox.close(0);
  for (const { dispatcher, logger, transport } of [metrics, spans]) {
    assert.equal(transport.attempts, 0);
    assert.ok(dispatcher.dropped >= 1);
    assert.match(String(logger.lines[0].fields.reason), /no such type/);
  }
});

Deno.test("a close pushes the metrics a last time, and waits no longer than its limit", async () => {
  const { clock, transport, pusher, registry } = pusherRig();
  registry.group().counter(INSTRUMENTS.probe_attempts_total, A).add(1);
  await pusher.close(1_000);
  assert.equal(transport.bodies.length, 1);
  assert.ok(transport.closed);

  const hanging = pusherRig();
  hanging.registry.group().counter(INSTRUMENTS.probe_attempts_total, A).add(1);
  hanging.transport.hangs = true;
  const closed = hanging.pusher.close(1_000);
  await hanging.clock.advance(1_000);
  await closed;
  assert.equal(clock.pending, 0);
});

Deno.test("fixed buckets for a receiver that knows no others, cumulative and as deltas", async () => {
  for (const [temporality, second] of [["cumulative", 3], ["delta", 1]] as const) {
    const { clock, transport, pusher, registry } = pusherRig(temporality, "explicit");
    const latency = registry.group().distribution(INSTRUMENTS.probe_latency_seconds, A);
    const seen = () => JSON.parse(transport.bodies.at(-1)!)[0][1][0];
    for (const value of [0.001, 60]) latency.record(value);
    await clock.advance(60_000);
    const { buckets: { boundaries, counts }, count, min, max } = seen();
    assert.deepEqual([count, min, max], [2, 0.001, 60]);
    assert.equal(counts.length, boundaries.length + 1);
    assert.equal(counts[boundaries.indexOf(0.001)], 1);
    assert.equal(counts.at(-1), 1);
    latency.record(0.001);
    await clock.advance(60_000);
    assert.equal(seen().count, second);
    assert.equal(seen().buckets.counts[boundaries.indexOf(0.001)], temporality === "delta" ? 1 : 2);
    assert.equal(seen().buckets.counts.at(-1), temporality === "delta" ? 0 : 1);
    await pusher.close(0);
  }
});
