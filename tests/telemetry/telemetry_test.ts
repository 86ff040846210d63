import assert from "node:assert/strict";
import { INSTRUMENTS } from "../../src/model/instruments.ts";
import { Labels } from "../../src/model/labels.ts";
import { metricsOf, spansOf } from "./otlp_messages.ts";
import { ExporterTotals } from "../../src/telemetry/mod.ts";
import { ACCEPT, httpReceiver } from "./otlp_receiver.ts";
import { TelemetryRig, until } from "./telemetry_rig.ts";

const A = Labels.from({ probe: "a" });

Deno.test("exporters' counts go on when all of telemetry is replaced", async () => {
  const totals = new ExporterTotals();
  const started = () => TelemetryRig.start(["stdouttrace"], {}, {}, totals);
  {
    await using before = await started();
    before.probe("a");
    await before.clock.advance(5_000);
    assert.equal(before.telemetry.stats()[0].sent, 1);
  }
  await using after = await started();
  assert.equal(after.telemetry.stats()[0].sent, 1);
  after.probe("a");
  await after.clock.advance(5_000);
  assert.equal(after.telemetry.stats()[0].sent, 2);
});

Deno.test("a reload adds and removes exporters without losing a span or a data point", async () => {
  await using peer = await httpReceiver();
  await using rig = await TelemetryRig.start(["otlptracehttp"], {
    OTEL_EXPORTER_OTLP_ENDPOINT: peer.url,
    OTEL_METRIC_EXPORT_INTERVAL: "1000",
  });
  const counter = rig.registry.group().counter(INSTRUMENTS.probe_attempts_total, A);
  const tracing = rig.telemetry.tracing;
  const results = [rig.probe("before")];
  const trace = tracing.begin("during", "http");
  await rig.telemetry.apply(rig.config(["otlptracehttp", "otlpmetrichttp", "stdouttrace"]));
  const during = rig.probe("during", { kind: "pass" }, { trace });
  results.push(during, rig.probe("after"));
  counter.add(1);
  await rig.clock.advance(5_000);
  await until(() => peer.inbox.spans.length >= 3 && peer.inbox.metrics.length >= 1);
  assert.deepEqual(
    new Set(peer.inbox.spans.map(({ spanId }) => spanId)),
    new Set(results.map(({ trace }) => trace!.spanId)),
  );
  assert.equal(during.trace, trace);
  assert.deepEqual(
    rig.printed.flatMap((line) => spansOf(JSON.parse(line))).map(({ spanId }) => spanId),
    results.slice(1).map(({ trace }) => trace!.spanId),
  );

  const last = rig.probe("the last one");
  counter.add(1);
  await rig.telemetry.apply(rig.config([])); // what is queued still goes out
  await until(() => peer.inbox.spans.some(({ spanId }) => spanId === last.trace!.spanId));
  await until(() => peer.inbox.metrics.at(-1)!.points[0].value === 2);
  assert.equal(rig.telemetry.tracing, tracing);
  assert.equal(tracing.begin("untraced", "http")!.sampled, false);
  await until(() => rig.telemetry.stats().every(({ queued }) => queued === 0));

  // Their counts go on when they come back.
  const sentOf = (name: string) => rig.telemetry.stats().find(({ exporter }) => exporter === name)!.sent;
  assert.equal(sentOf("otlptracehttp"), 4);
  await rig.telemetry.apply(rig.config(["otlptracehttp"]));
  rig.probe("again");
  await rig.clock.advance(5_000);
  await until(() => sentOf("otlptracehttp") === 5);
});

Deno.test("a reload that changes nothing leaves the exporters alone, and a new ratio holds at once", async () => {
  await using peer = await httpReceiver();
  await using rig = await TelemetryRig.start(["otlptracehttp"], { OTEL_EXPORTER_OTLP_ENDPOINT: peer.url });
  rig.probe("a");
  await rig.telemetry.apply(rig.config(["otlptracehttp"]));
  await rig.telemetry.apply(rig.config(["otlptracehttp"], { traceSuccessRatio: 0 }));
  rig.probe("b");
  rig.probe("c", { kind: "fail", reason: "dns", detail: "no such host" });
  await rig.clock.advance(5_000);
  await peer.inbox.until(1);
  assert.deepEqual(peer.inbox.spans.map(({ attributes }) => attributes["bunny-probe-name"]), ["a", "c"]);
  assert.equal(peer.inbox.seen.length, 1);
});

Deno.test("a reload changes the resource of what comes after it", async () => {
  await using peer = await httpReceiver();
  await using rig = await TelemetryRig.start(["otlptracehttp", "otlpmetrichttp"], {
    OTEL_EXPORTER_OTLP_ENDPOINT: peer.url,
    OTEL_METRIC_EXPORT_INTERVAL: "1000",
  }, { resourceAttributes: { team: "red" } });
  rig.registry.group().counter(INSTRUMENTS.probe_attempts_total, A);
  rig.probe("a");
  await rig.telemetry.apply(
    rig.config(["otlptracehttp", "otlpmetrichttp"], { resourceAttributes: { team: "blue" } }),
  );
  rig.probe("b");
  await rig.clock.advance(5_000);
  await until(() => peer.inbox.spans.length === 2 && peer.inbox.metrics.length > 0);
  assert.deepEqual(peer.inbox.spans.map(({ resource }) => resource.team), ["red", "blue"]);
  assert.equal(peer.inbox.metrics[0].resource.team, "blue");
});

const resources: { name: string; env: Record<string, string>; want: Record<string, string> }[] = [
  {
    name: "the Pod's name tells replicas apart",
    env: { HOSTNAME: "app-7c9f-x2x" },
    want: { "service.name": "bunny", "service.instance.id": "app-7c9f-x2x", team: "red" },
  },
  {
    name: "the environment comes before the configuration",
    env: { OTEL_RESOURCE_ATTRIBUTES: "team=blue,service.name=shop,service.instance.id=7,k8s.pod.name=x" },
    want: { "service.name": "shop", "service.instance.id": "7", team: "blue", "k8s.pod.name": "x" },
  },
  {
    name: "OTEL_SERVICE_NAME comes first",
    env: { OTEL_RESOURCE_ATTRIBUTES: "service.name=shop", OTEL_SERVICE_NAME: "till" },
    want: { "service.name": "till" },
  },
];

for (const { name, env, want } of resources) {
  Deno.test(`a resource: ${name}`, async () => {
    await using rig = await TelemetryRig.start(["stdouttrace"], env, { resourceAttributes: { team: "red" } });
    rig.probe("a");
    await rig.clock.advance(5_000);
    const [{ resource }] = spansOf(JSON.parse(rig.printed[0]));
    for (const [key, value] of Object.entries(want)) assert.equal(resource[key], value, key);
    assert.equal(resource["telemetry.sdk.name"], "opentelemetry");
  });
}

Deno.test("without a host name an instance gets an id of its own", async () => {
  const ids = new Set<unknown>();
  for (let i = 0; i < 2; i++) {
    await using rig = await TelemetryRig.start(["stdouttrace"]);
    rig.probe("a");
    await rig.clock.advance(5_000);
    ids.add(spansOf(JSON.parse(rig.printed[0]))[0].resource["service.instance.id"]);
  }
  assert.equal(ids.size, 2);
});

Deno.test("stdout exporters print a line of OTLP JSON an export", async () => {
  await using rig = await TelemetryRig.start(["stdouttrace", "stdoutmetric"], {
    OTEL_METRIC_EXPORT_INTERVAL: "1000",
  });
  rig.registry.group().gauge(INSTRUMENTS.probe_success, A).set(1);
  const { trace } = rig.probe("a");
  await rig.clock.advance(5_000);
  const lines = rig.printed.map((line) => JSON.parse(line));
  const spans = lines.flatMap(spansOf);
  assert.deepEqual(spans.map(({ traceId }) => traceId), [trace!.traceId]);
  const metrics = lines.flatMap(metricsOf);
  assert.equal(metrics.length, 5);
  assert.deepEqual(metrics[0].points[0].value, 1);
  assert.ok(rig.printed.every((line) => !line.includes("\n")));
});

Deno.test("an invalid variable is named in a log line, once", async () => {
  await using rig = await TelemetryRig.start([], {
    OTEL_METRIC_EXPORT_INTERVAL: "often",
    OTEL_EXPORTER_OTLP_TIMEOUT: "soon",
  });
  await rig.telemetry.apply(rig.config(["otlptracehttp"]));
  await rig.telemetry.apply(rig.config(["otlptracehttp"], { traceSuccessRatio: 0.5 }));
  const lines = rig.logger.lines.map(({ level, message }) => `${level} ${message.split(" ")[0]}`);
  assert.deepEqual(lines, ["warn OTEL_METRIC_EXPORT_INTERVAL", "warn OTEL_EXPORTER_OTLP_TIMEOUT"]);
});

Deno.test("a shutdown flushes spans and metrics, and then takes nothing more", async () => {
  await using peer = await httpReceiver();
  const rig = await TelemetryRig.start(["otlptracehttp", "otlpmetrichttp"], {
    OTEL_EXPORTER_OTLP_ENDPOINT: peer.url,
  });
  rig.registry.group().counter(INSTRUMENTS.probe_attempts_total, A).add(1);
  rig.probe("a");
  await rig.telemetry.shutdown(5_000);
  assert.equal(peer.inbox.spans.length, 1);
  assert.equal(peer.inbox.metrics.length, 1);
  assert.equal(rig.probe("b").trace, undefined);
  await rig.telemetry.apply(rig.config(["otlptracehttp"]));
  await rig.telemetry.shutdown(5_000);
  assert.equal(peer.inbox.spans.length, 1);
  assert.equal(rig.clock.pending, 0);
});

Deno.test("a shutdown ends within its limit when the collector hangs, and counts what is lost", async () => {
  await using peer = await httpReceiver();
  peer.inbox.reply = () => ({ kind: "hang" });
  const rig = await TelemetryRig.start(["otlptracehttp", "otlpmetrichttp"], {
    OTEL_EXPORTER_OTLP_ENDPOINT: peer.url,
  });
  rig.registry.group().counter(INSTRUMENTS.probe_attempts_total, A).add(1);
  rig.probe("a");
  let isOver = false;
  const over = rig.telemetry.shutdown(3_000).then(() => isOver = true);
  await peer.inbox.until(2);
  await rig.clock.advance(2_999);
  assert.equal(isOver, false);
  await rig.clock.advance(1);
  await over;
  const stats = rig.telemetry.stats().find(({ exporter }) => exporter === "otlptracehttp")!;
  assert.deepEqual([stats.sent, stats.dropped, stats.queued], [0, 1, 0]);
  assert.equal(rig.clock.pending, 0);
});

Deno.test("counts of exporters are readings for the page of internals", async () => {
  await using peer = await httpReceiver();
  await using rig = await TelemetryRig.start(["otlptracehttp"], { OTEL_EXPORTER_OTLP_ENDPOINT: peer.url });
  peer.inbox.reply = () => ACCEPT;
  rig.probe("a");
  const valueOf = (name: string) => rig.telemetry.readings().find((reading) => reading.name === name);
  assert.equal(valueOf("bunny_exporter_queued_items")!.value, 1);
  assert.equal(valueOf("bunny_exporter_delivering")!.value, undefined);
  await rig.clock.advance(5_000);
  await until(() => valueOf("bunny_exporter_delivering")!.value === 1);
  assert.deepEqual(valueOf("bunny_exporter_sent_items_total"), {
    name: "bunny_exporter_sent_items_total",
    kind: "counter",
    help: "Spans or data points delivered.",
    value: 1,
    labels: { exporter: "otlptracehttp" },
  });
});

Deno.test("exemplars are kept while traces go somewhere", async () => {
  await using rig = await TelemetryRig.start(["prometheus"]);
  const latency = rig.registry.group().distribution(INSTRUMENTS.probe_latency_seconds, A);
  const shown = () => rig.registry.page("application/openmetrics-text").body.match(/trace_id="(\w+)"/g) ?? [];
  latency.record(0.1, "0af7651916cd43dd8448eb211c80319c");
  assert.deepEqual(shown(), []);
  await rig.telemetry.apply(rig.config(["stdouttrace"]));
  latency.record(0.1, "0af7651916cd43dd8448eb211c80319c");
  assert.deepEqual(shown(), ['trace_id="0af7651916cd43dd8448eb211c80319c"']);
});
