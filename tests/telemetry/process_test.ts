import assert from "node:assert/strict";
import { runBunny, untilStatus } from "../process/bunny.ts";
import { freePort } from "../support/free_port.ts";
import { httpPeer } from "../support/http_peer.ts";
import { tempDir } from "../support/temp_dir.ts";
import { httpReceiver } from "./otlp_receiver.ts";
import { prometheusInstalled, PrometheusPeer } from "./prometheus_peer.ts";
import { until } from "./telemetry_rig.ts";

const COUNTERS = [
  "probe_attempts_total",
  "probe_failures_total",
  "probe_latency_seconds_count",
  "probe_latency_seconds_bucket",
  "my_attempts",
  "bunny_health_evaluations_total",
  "process_cpu_seconds_total",
  "prometheus_tsdb_head_samples_appended_total",
];

function configuration(port: number, target: number, exporters: string): string {
  return JSON.stringify({
    egress: {
      periodMilliseconds: 100,
      probes: [
        { name: "up", httpGet: { host: "127.0.0.1", port: target, path: "/" } },
        {
          name: "down",
          httpGet: { host: "127.0.0.1", port: freePort(), path: "/" },
          metrics: { attempts: { name: "my_attempts", enabled: true } },
        },
        { name: "env", exec: { command: ["/bin/sh", "-c", "test ${#TRACEPARENT} = 55"] } },
      ],
    },
    ingress: {
      httpServer: {
        host: "127.0.0.1",
        port,
        health: [
          { path: "ready", instantQuery: { query: 'min(probe_success{probe="down"})' } },
          { path: "alive", instantQuery: { query: 'min(probe_success{probe="up"})' } },
        ],
      },
    },
    signals: { shutdownTimeoutMilliseconds: 2_000 },
    telemetry: { openTelemetry: { exporters: exporters.split(",") } },
  });
}

Deno.test("a whole Bunny pushes what it probes: the target's trace, failures, a verdict, and the last of it at SIGTERM", async () => {
  await using receiver = await httpReceiver();
  const told = new Set<string>();
  await using target = await httpPeer(({ headers }, response) => {
    told.add(String(headers.traceparent));
    response.end("ok");
  });
  using dir = tempDir();
  const port = freePort();
  const file = dir.write("bunny.yaml", configuration(port, target.port, "otlptracehttp,otlpmetrichttp"));
  await using bunny = runBunny(file, {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_BSP_SCHEDULE_DELAY: "600000", // only what is flushed arrives
    OTEL_METRIC_EXPORT_INTERVAL: "600000",
    OTEL_SERVICE_NAME: "shop",
  });
  await bunny.waitForLine(/"msg":"ready"/);
  await untilStatus(port, "ready", 503);
  await untilStatus(port, "alive", 200);
  await until(() => receiver.inbox.spans.some(({ name }) => name === "health-verdict"));
  const verdict = receiver.inbox.spans.find(({ name }) => name === "health-verdict")!;
  assert.equal(verdict.attributes["bunny.health.endpoint"], "alive");
  const [link] = verdict.links;
  assert.equal(link.attributes["bunny-probe-name"], "up");
  assert.ok(receiver.inbox.spans.some(({ spanId }) => spanId === link.spanId));
  await until(() => told.size >= 5);
  bunny.kill("SIGTERM");
  const { code } = await bunny.status;
  assert.equal(code, 0);

  const { spans, metrics } = receiver.inbox;
  assert.ok(spans.every(({ resource }) => resource["service.name"] === "shop"));
  const up = spans.filter(({ attributes }) => attributes["bunny-probe-name"] === "up");
  const ids = new Set(up.map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`));
  for (const traceparent of told) assert.ok(ids.has(traceparent), traceparent);
  assert.equal(up[0].attributes["http.response.status_code"], 200);
  const down = spans.filter(({ attributes }) => attributes["bunny-probe-name"] === "down");
  assert.ok(down.length >= 3);
  assert.ok(
    down.every(({ attributes, status }) => attributes["error.type"] === "refused" && status.code === 2),
  );
  const env = spans.filter(({ name }) => name === "exec-probe");
  assert.ok(env.length >= 1 && env.every(({ status }) => status.code === 1), JSON.stringify(env[0]));

  const attempts = metrics.find(({ name }) => name === "bunny.probe.attempts")!;
  const values = Object.fromEntries(
    attempts.points.map(({ attributes, value }) => [attributes.probe, value!]),
  );
  assert.equal(values.up, up.length);
  assert.equal(values.down, down.length);
  assert.equal(metrics.find(({ name }) => name === "my_attempts")!.points[0].value, down.length);
});

Deno.test("a collector that hangs holds up neither probes nor answers nor the stop", async () => {
  await using receiver = await httpReceiver();
  receiver.inbox.reply = () => ({ kind: "hang" });
  await using target = await httpPeer();
  using dir = tempDir();
  const port = freePort();
  const file = dir.write("bunny.yaml", configuration(port, target.port, "otlptracehttp,otlpmetrichttp"));
  await using bunny = runBunny(file, {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_BSP_SCHEDULE_DELAY: "10",
    OTEL_METRIC_EXPORT_INTERVAL: "10",
  });
  await bunny.waitForLine(/"msg":"ready"/);
  await receiver.inbox.until(2);
  const seen = target.requests.length;
  await until(() => target.requests.length >= seen + 10);
  const startedAt = performance.now();
  await untilStatus(port, "alive", 200);
  assert.ok(performance.now() - startedAt < 1_000);
  const stoppedAt = performance.now();
  bunny.kill("SIGTERM");
  assert.equal((await bunny.status).code, 0);
  assert.ok(performance.now() - stoppedAt < 2_000 + 3_000, "the limit, and what a busy machine may add");
});

Deno.test({
  name: "a real Prometheus scrapes a whole Bunny over a reload: both pages, and no counter goes back",
  ignore: !prometheusInstalled(),
  fn: async () => {
    await using target = await httpPeer();
    using dir = tempDir();
    const port = freePort();
    const file = dir.write("bunny.yaml", configuration(port, target.port, "prometheus"));
    await using bunny = runBunny(file);
    await bunny.waitForLine(/"msg":"ready"/);
    await using prometheus = await PrometheusPeer.start({
      otel: new URL(`http://127.0.0.1:${port}/otel-metrics`),
      prom: new URL(`http://127.0.0.1:${port}/prom-metrics`),
    });
    const number = async (query: string) => {
      const { result } = await prometheus.api("query", { query });
      return result.length === 0 ? 0 : Number(result[0].value[1]);
    };
    await prometheus.until(() => number('probe_attempts_total{probe="up"}'), (value) => value > 5);
    // Another period makes other probes of the same names.
    dir.write("bunny.yaml", configuration(port, target.port, "prometheus").replace(":100,", ":50,"));
    const before = await number('probe_attempts_total{probe="up"}');
    await prometheus.until(() => number('probe_attempts_total{probe="up"}'), (value) => value > before + 40);
    await prometheus.until(() => number('probe_interval_seconds{probe="up"}'), (value) => value === 0.05);
    for (const name of COUNTERS) assert.equal(await number(`sum(resets(${name}[1m]))`), 0, name);
    assert.equal(await number("min(min_over_time(up[1m]))"), 1);
    assert.equal(await number('count(my_attempts{job="otel"})'), 1);
    assert.ok(await number('prometheus_tsdb_head_series{job="prom"}') > 20);
    assert.ok(await number('process_resident_memory_bytes{job="prom"}') > 1e7);
    const { activeTargets } = await prometheus.api("targets");
    assert.deepEqual(activeTargets.map(({ lastError }: { lastError: string }) => lastError), ["", ""]);
  },
});
