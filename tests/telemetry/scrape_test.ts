import assert from "node:assert/strict";
import { SystemClock } from "../../src/base/clock.ts";
import { type Instrument, INSTRUMENTS } from "../../src/model/instruments.ts";
import { Labels } from "../../src/model/labels.ts";
import { Internals, MeterRegistry } from "../../src/telemetry/mod.ts";
import { FakeStore } from "./fake_store.ts";
import { prometheusInstalled, PrometheusPeer } from "./prometheus_peer.ts";

const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";

Deno.test({
  name: "a real Prometheus scrapes both pages, with types, exemplars and strange label values",
  ignore: !prometheusInstalled(),
  fn: async () => {
    const registry = new MeterRegistry(new FakeStore(), { clock: new SystemClock() });
    await using internals = new Internals(new SystemClock(), { meter: () => registry.stats() });
    const labels = Labels.from({ probe: 'a "b"\\c\nd é 🐰', type: "http" });
    const group = registry.group();
    for (const instrument of Object.values(INSTRUMENTS)) {
      if (instrument.kind === "gauge") group.gauge(instrument, labels).set(0.5);
      else if (instrument.kind === "counter") group.counter(instrument, labels).add(2);
      else group.distribution(instrument, labels).record(0.3, TRACE_ID, "b7ad6b7169203331");
    }
    const mine: Instrument = { ...INSTRUMENTS.probe_attempts_total, name: "egress_probe_alpha_attempts" };
    group.counter(mine, labels).add(1);

    const asked: string[] = [];
    await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
      const accept = request.headers.get("accept") ?? "";
      const page = new URL(request.url).pathname === "/prom-metrics"
        ? internals.page(accept)
        : registry.page(accept);
      asked.push(page.contentType);
      return new Response(page.body, { headers: { "content-type": page.contentType } });
    });
    const origin = `http://127.0.0.1:${server.addr.port}`;
    await using prometheus = await PrometheusPeer.start({
      otel: new URL(`${origin}/otel-metrics`),
      prom: new URL(`${origin}/prom-metrics`),
    });

    const scrapes = await prometheus.until(
      () => prometheus.api("query", { query: "sum by (job) (count_over_time(up[1m])) > 5" }),
      ({ result }) => result.length === 2,
    );
    assert.equal(scrapes.result.length, 2);
    const up = await prometheus.api("query", { query: "min(min_over_time(up[1m]))" });
    assert.equal(up.result[0].value[1], "1");
    const { activeTargets } = await prometheus.api("targets");
    assert.deepEqual(activeTargets.map(({ lastError }: { lastError: string }) => lastError), ["", ""]);
    assert.ok(asked.every((type) => type.startsWith("application/openmetrics-text; version=1.0.0")));

    for (const instrument of [...Object.values(INSTRUMENTS), mine]) {
      const name = instrument.kind === "histogram" ? `${instrument.name}_count` : instrument.name;
      const { result } = await prometheus.api("query", { query: name });
      assert.equal(result[0]?.metric.probe, 'a "b"\\c\nd é 🐰', name);
    }
    const metadata = await prometheus.api("metadata");
    assert.equal(metadata.probe_attempts[0].type, "counter");
    assert.equal(metadata.probe_latency_seconds[0].type, "histogram");
    assert.equal(metadata.probe_latency_seconds[0].unit, "seconds");
    const now = Date.now() / 1_000;
    const exemplars = await prometheus.api("query_exemplars", {
      query: "probe_latency_seconds_bucket",
      start: String(now - 600),
      end: String(now + 60),
    });
    assert.equal(exemplars[0].exemplars[0].labels.trace_id, TRACE_ID);
    assert.equal(exemplars[0].exemplars[0].value, "0.3");
  },
});
