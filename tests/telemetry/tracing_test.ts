import assert from "node:assert/strict";
import type { Outcome } from "../../src/model/probe_result.ts";
import type { VerdictChange } from "../../src/model/trace.ts";
import { httpReceiver } from "./otlp_receiver.ts";
import { TelemetryRig } from "./telemetry_rig.ts";

const FAILED: Outcome = { kind: "fail", reason: "timeout", detail: "no answer in time" };

function verdict(rig: TelemetryRig, change: Partial<VerdictChange> = {}): void {
  rig.telemetry.tracing.verdictChanged({
    endpoint: "healthz-readiness",
    healthy: false,
    atMs: rig.clock.wallNow(),
    durationMs: 0.5,
    reason: "1 of 2 values is not 1",
    probes: ["a", "b"],
    ...change,
  });
}

const decisions: {
  name: string;
  env: Record<string, string>;
  successRatio?: number;
  /** Share of successes that are kept, at least and at most. */
  kept: [least: number, most: number];
}[] = [
  { name: "by default all", env: {}, kept: [1, 1] },
  { name: "a success ratio of 0", env: {}, successRatio: 0, kept: [0, 0] },
  { name: "a success ratio of a quarter", env: {}, successRatio: 0.25, kept: [0.1, 0.4] },
  { name: "always_off", env: { OTEL_TRACES_SAMPLER: "always_off" }, kept: [0, 0] },
  {
    name: "traceidratio of a half",
    env: { OTEL_TRACES_SAMPLER: "parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG: "0.5" },
    kept: [0.35, 0.65],
  },
  {
    name: "the smaller of sampler and success ratio",
    env: { OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "0.5" },
    successRatio: 0.1,
    kept: [0.02, 0.2],
  },
];

for (const { name, env, successRatio, kept: [least, most] } of decisions) {
  Deno.test(`spans kept, ${name}: every failure, that share of successes, as the target was told`, async () => {
    await using peer = await httpReceiver();
    await using rig = await TelemetryRig.start(
      ["otlptracehttp"],
      { OTEL_EXPORTER_OTLP_ENDPOINT: peer.url, OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "2048", ...env },
      successRatio === undefined ? {} : { traceSuccessRatio: successRatio },
    );
    const successes = Array.from({ length: 500 }, () => rig.probe("a"));
    const failures = Array.from({ length: 20 }, () => rig.probe("b", FAILED));
    await rig.clock.advance(5_000);
    await peer.inbox.until(1);
    const spans = new Set(peer.inbox.spans.map(({ spanId }) => spanId));
    for (const { trace } of failures) assert.ok(spans.has(trace!.spanId));
    for (const { trace } of successes) assert.equal(spans.has(trace!.spanId), trace!.sampled);
    const share = successes.filter(({ trace }) => trace!.sampled).length / successes.length;
    assert.ok(share >= least && share <= most, `${share}`);
    assert.equal(spans.size, peer.inbox.spans.length);
  });
}

Deno.test("a change of verdict is sent at once, linked to the last spans behind it, which are kept for it", async () => {
  await using peer = await httpReceiver();
  await using rig = await TelemetryRig.start(["otlptracehttp"], { OTEL_EXPORTER_OTLP_ENDPOINT: peer.url }, {
    traceSuccessRatio: 0,
  });
  rig.probe("a");
  const lastA = rig.probe("a");
  const lastB = rig.probe("b", FAILED);
  rig.probe("elsewhere");
  verdict(rig);
  await peer.inbox.until(1); // time has not moved
  const wall = rig.clock.wallNow();
  const { spans } = peer.inbox;
  assert.deepEqual(
    spans.map(({ name, spanId }) => [name, spanId]),
    [
      ["http-probe", lastB.trace!.spanId],
      ["http-probe", lastA.trace!.spanId],
      ["health-verdict", spans[2].spanId],
    ],
  );
  const { resource: _, traceId, spanId, ...rest } = spans[2];
  assert.match(traceId, /^[0-9a-f]{32}$/);
  assert.match(spanId, /^[0-9a-f]{16}$/);
  assert.deepEqual(rest, {
    name: "health-verdict",
    kind: 1,
    startMs: wall - 0.5,
    endMs: wall,
    attributes: {
      "bunny.health.endpoint": "healthz-readiness",
      "bunny.health.verdict": "unhealthy",
      "bunny.health.reason": "1 of 2 values is not 1",
    },
    events: [],
    links: [lastA, lastB].map(({ probe, trace }) => ({
      traceId: trace!.traceId,
      spanId: trace!.spanId,
      attributes: { "bunny-probe-name": probe },
    })),
    status: { code: 2, message: "1 of 2 values is not 1" },
  });
  verdict(rig, { healthy: true, probes: [] });
  await peer.inbox.until(2);
  assert.deepEqual(peer.inbox.spans.at(-1)!.status, { code: 1, message: "" });
});

Deno.test("a probe that carried no context gets a span all the same", async () => {
  await using peer = await httpReceiver();
  await using rig = await TelemetryRig.start(["otlptracehttp"], {
    OTEL_EXPORTER_OTLP_ENDPOINT: peer.url,
    OTEL_PROPAGATORS: "none",
  });
  assert.equal(rig.probe("a").trace, undefined);
  await rig.clock.advance(5_000);
  await peer.inbox.until(1);
  assert.equal(peer.inbox.spans[0].attributes["bunny-probe-name"], "a");
  assert.match(peer.inbox.spans[0].traceId, /^[0-9a-f]{32}$/);
});

Deno.test("without a trace exporter targets get a context of their own each, not sampled", async () => {
  await using rig = await TelemetryRig.start(["prometheus"]);
  const contexts = Array.from({ length: 1_000 }, () => rig.probe("a").trace!);
  for (const { traceId, spanId, sampled } of contexts) {
    assert.match(traceId, /^[0-9a-f]{32}$/);
    assert.match(spanId, /^[0-9a-f]{16}$/);
    assert.equal(sampled, false);
  }
  assert.equal(new Set(contexts.map(({ traceId }) => traceId)).size, 1_000);
  assert.equal(new Set(contexts.map(({ spanId }) => spanId)).size, 1_000);
  verdict(rig);
});

const disabled: Record<string, string>[] = [
  { OTEL_SDK_DISABLED: "true" },
  { OTEL_SDK_DISABLED: "true", OTEL_TRACES_EXPORTER: "otlp" },
];

for (const env of disabled) {
  Deno.test(`${JSON.stringify(env)} leaves nothing of tracing`, async () => {
    await using rig = await TelemetryRig.start(["otlptracehttp"], env);
    assert.equal(rig.probe("a", FAILED).trace, undefined);
    verdict(rig);
    assert.deepEqual(rig.telemetry.stats(), []);
  });
}

Deno.test("span limits of the environment hold", async () => {
  await using peer = await httpReceiver();
  await using rig = await TelemetryRig.start(["otlptracehttp"], {
    OTEL_EXPORTER_OTLP_ENDPOINT: peer.url,
    OTEL_SPAN_EVENT_COUNT_LIMIT: "2",
    OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: "4",
  });
  const events = Array.from({ length: 9 }, (_, i) => ({ name: `e${i}`, atMs: i, attributes: {} }));
  rig.probe("alphabet", { kind: "pass" }, { events });
  await rig.clock.advance(5_000);
  await peer.inbox.until(1);
  const [span] = peer.inbox.spans;
  assert.equal(span.attributes["bunny-probe-name"], "alph");
  assert.deepEqual(span.events.map(({ name }) => name), ["e7", "e8"]);
});

Deno.test("a trace that can't be made costs neither probe nor verdict, and is told of once", async () => {
  await using rig = await TelemetryRig.start(["stdouttrace"]);
  const { tracing } = rig.telemetry;
  const broken = null as never;
  for (let i = 0; i < 3; i++) tracing.probeFinished(broken);
  tracing.verdictChanged(broken);
  assert.deepEqual(rig.logger.lines.map(({ level }) => level), ["error"]);
});
