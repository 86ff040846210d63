import assert from "node:assert/strict";
import { INSTRUMENTS } from "../../src/model/instruments.ts";
import { Labels } from "../../src/model/labels.ts";
import { authorityCertificate, serverCertificate, tlsFixturePath } from "../support/tls_fixtures.ts";
import { grpcReceiver, httpReceiver, type OtlpReceiver } from "./otlp_receiver.ts";
import { TelemetryRig } from "./telemetry_rig.ts";

const A = Labels.from({ probe: "a", type: "http" });

interface Wire {
  name: string;
  receiver(): Promise<OtlpReceiver>;
  transport: "http" | "grpc";
  env: Record<string, string>;
  contentType: string;
  paths: { traces: string; metrics: string };
}

const HTTP_PATHS = { traces: "/v1/traces", metrics: "/v1/metrics" };
const GRPC_PATHS = {
  traces: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
  metrics: "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
};
const TLS = {
  OTEL_EXPORTER_OTLP_CERTIFICATE: tlsFixturePath("authority.pem"),
  OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: tlsFixturePath("client.pem"),
  OTEL_EXPORTER_OTLP_CLIENT_KEY: tlsFixturePath("leaf.key"),
};
const mutualTls = () => ({ ...serverCertificate(), clientCa: authorityCertificate() });

const wires: Wire[] = [
  {
    name: "http/protobuf",
    receiver: () => httpReceiver(),
    transport: "http",
    env: {},
    contentType: "application/x-protobuf",
    paths: HTTP_PATHS,
  },
  {
    name: "http/json",
    receiver: () => httpReceiver(),
    transport: "http",
    env: { OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" },
    contentType: "application/json",
    paths: HTTP_PATHS,
  },
  {
    name: "http/protobuf with gzip",
    receiver: () => httpReceiver(),
    transport: "http",
    env: { OTEL_EXPORTER_OTLP_COMPRESSION: "gzip" },
    contentType: "application/x-protobuf",
    paths: HTTP_PATHS,
  },
  {
    name: "http/protobuf with TLS on both sides",
    receiver: () => httpReceiver({ tls: mutualTls() }),
    transport: "http",
    env: TLS,
    contentType: "application/x-protobuf",
    paths: HTTP_PATHS,
  },
  {
    name: "grpc",
    receiver: () => grpcReceiver(),
    transport: "grpc",
    env: {},
    contentType: "application/grpc",
    paths: GRPC_PATHS,
  },
  {
    name: "grpc with gzip",
    receiver: () => grpcReceiver(),
    transport: "grpc",
    env: { OTEL_EXPORTER_OTLP_COMPRESSION: "gzip" },
    contentType: "application/grpc",
    paths: GRPC_PATHS,
  },
  {
    name: "grpc with TLS on both sides",
    receiver: () => grpcReceiver({ tls: mutualTls() }),
    transport: "grpc",
    env: TLS,
    contentType: "application/grpc",
    paths: GRPC_PATHS,
  },
];

for (const { name, receiver, transport, env, contentType, paths } of wires) {
  Deno.test(`${name}: spans arrive as they were`, async () => {
    await using peer = await receiver();
    await using rig = await TelemetryRig.start([`otlptrace${transport}`], {
      OTEL_EXPORTER_OTLP_ENDPOINT: peer.url,
      OTEL_EXPORTER_OTLP_HEADERS: "x-scope-orgid=tenant%20one",
      ...env,
    });
    const wall = rig.clock.wallNow();
    const passed = rig.probe("a", { kind: "pass" }, {
      facts: { httpStatusCode: 200, serverAddress: "localhost", serverPort: 8080 },
    });
    const failed = rig.probe("b", { kind: "fail", reason: "expect", detail: 'no match in "é"' }, {
      type: "tcp",
      events: [{ name: "receive", atMs: 1.25, attributes: { step: 1, matched: false, delimiter: "\n" } }],
    });
    await rig.clock.advance(5_000);
    await peer.inbox.until(1);
    const [{ path, headers }] = peer.inbox.seen;
    assert.equal(path, paths.traces);
    assert.equal(headers["content-type"], contentType);
    assert.equal(headers["x-scope-orgid"], "tenant one");
    const [first, second] = peer.inbox.spans;
    const { resource, ...span } = first;
    assert.deepEqual(span, {
      name: "http-probe",
      kind: 3,
      traceId: passed.trace!.traceId,
      spanId: passed.trace!.spanId,
      startMs: wall,
      endMs: wall + 12.5,
      attributes: {
        "bunny-probe-name": "a",
        "server.address": "localhost",
        "server.port": 8080,
        "http.response.status_code": 200,
      },
      events: [],
      links: [],
      status: { code: 1, message: "" },
    });
    assert.equal(resource["service.name"], "bunny");
    assert.equal(second.name, "tcp-socket-probe");
    assert.equal(second.spanId, failed.trace!.spanId);
    assert.deepEqual(second.attributes, { "bunny-probe-name": "b", "error.type": "expect" });
    assert.deepEqual(second.status, { code: 2, message: 'no match in "é"' });
    assert.deepEqual(second.events, [{
      name: "receive",
      atMs: wall + 1.25,
      attributes: { step: 1, matched: false, delimiter: "\n" },
    }]);
  });

  Deno.test(`${name}: metrics arrive as they are`, async () => {
    await using peer = await receiver();
    await using rig = await TelemetryRig.start([`otlpmetric${transport}`], {
      OTEL_EXPORTER_OTLP_ENDPOINT: peer.url,
      OTEL_METRIC_EXPORT_INTERVAL: "1000",
      ...env,
    });
    const wall = rig.clock.wallNow();
    const group = rig.registry.group();
    group.counter(INSTRUMENTS.probe_attempts_total, A).add(3);
    group.gauge(INSTRUMENTS.probe_duration_seconds, A).set(0.125);
    const latency = group.distribution(INSTRUMENTS.probe_latency_seconds, A.with("result", "pass"));
    for (const value of [0, 0.25, 0.25, 8]) latency.record(value);
    await rig.clock.advance(1_000);
    await peer.inbox.until(1);
    assert.equal(peer.inbox.seen[0].path, paths.metrics);
    assert.equal(peer.inbox.seen[0].headers["content-type"], contentType);
    const [gauge, counter, histogram] = [
      "bunny.probe.last_duration",
      "bunny.probe.attempts",
      "bunny.probe.duration",
    ]
      .map((name) => peer.inbox.metrics.find((metric) => metric.name === name)!);
    const times = { startMs: wall, atMs: wall + 1_000 };
    const attributes = { probe: "a", type: "http" };
    assert.equal(gauge.unit, "s");
    assert.equal(gauge.kind, "gauge");
    assert.deepEqual(gauge.points, [{ ...times, attributes, value: 0.125 }]);
    assert.deepEqual(
      { ...counter, resource: 0 },
      {
        name: "bunny.probe.attempts",
        unit: "{attempt}",
        description: INSTRUMENTS.probe_attempts_total.help,
        kind: "sum",
        temporality: 2,
        isMonotonic: true,
        points: [{ ...times, attributes, value: 3 }],
        resource: 0,
      },
    );
    const [{ buckets = [], offset = 0, scale = 0, ...point }] = histogram.points;
    assert.equal(histogram.kind, "exponential");
    assert.equal(histogram.temporality, 2);
    assert.deepEqual(point, {
      ...times,
      attributes: { ...attributes, result: "pass" },
      count: 4,
      sum: 8.5,
      min: 0,
      max: 8,
      zeroCount: 1,
    });
    const bucketOf = (value: number) => Math.ceil(Math.log2(value) * 2 ** scale) - 1 - offset;
    assert.equal(buckets[bucketOf(0.25)], 2);
    assert.equal(buckets[bucketOf(8)], 1);
    assert.equal(buckets.reduce((sum, count) => sum + count), 3);
  });
}
