import assert from "node:assert/strict";
import type { ProbeConfig } from "../../src/config/mod.ts";
import type { Outcome, ProbeFacts, ProbeResult } from "../../src/model/probe_result.ts";
import { fail, PASS } from "../../src/probes/mod.ts";
import { describeTarget } from "../../src/probes/describe_target.ts";
import { History } from "../../src/probes/history.ts";
import { Recorder } from "../../src/probes/recorder.ts";
import { FakeMeter } from "./fake_meter.ts";
import { exec, grpc, http, NO_TLS, probeConfig, tcp, TRACE } from "./harness.ts";

/** The same values without what is beyond a hundredth of a millisecond: it is noise, and kept or not as it suits. */
function rounded(values: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Number(value.toFixed(5))]));
}

/** Records results, 100 ms apart, beginning at 1,000. */
function record(config: ProbeConfig, ...results: (readonly [Outcome, ProbeFacts?])[]): FakeMeter {
  const meter = new FakeMeter();
  const recorder = new Recorder(meter, config);
  const history = new History(0);
  recorder.begin(950);
  for (const [i, [outcome, facts = {}]] of results.entries()) {
    const result: ProbeResult = {
      probe: config.name,
      type: config.action.kind,
      startedAtMs: 1_000 + i * 100 - 50,
      durationMs: 50,
      lateMs: 1_000 / 512,
      outcome,
      facts,
      events: [],
      trace: TRACE,
    };
    history.note(result, 100 + i * 100, 1_000 + i * 100);
    recorder.record(result, history, config.periodMs, 1_000 + i * 100);
  }
  return meter;
}

Deno.test("Recorder says that a probe is there before its first result: counters at 0", () => {
  assert.deepEqual(record(probeConfig({})).commits, [
    { atMs: 949, values: { "probe_attempts_total{probe=a,type=tcp}": 0 } },
  ]);
});

Deno.test("Recorder writes all of a result at the time it was there, in one commit", () => {
  const facts = {
    httpStatusCode: 503,
    httpRedirects: 1,
    httpPhasesMs: { connect: 1, processing: 20, transfer: 4 },
    certificateExpirySeconds: 4_000_000_000,
  };
  const config = probeConfig({ action: http({}), labels: { team: "shop" }, periodMs: 100, timeoutMs: 2_000 });
  const { commits } = record(config, [fail("status", "503"), facts]);
  assert.deepEqual({ ...commits[1], values: rounded(commits[1].values) }, {
    atMs: 1_000,
    values: {
      "probe_success{probe=a,team=shop,type=http}": 0,
      "probe_duration_seconds{probe=a,team=shop,type=http}": 0.05,
      "probe_attempts_total{probe=a,team=shop,type=http}": 1,
      "probe_failures_total{probe=a,reason=status,team=shop,type=http}": 1,
      "probe_timeout_seconds{probe=a,team=shop,type=http}": 2,
      "probe_interval_seconds{probe=a,team=shop,type=http}": 0.1,
      "probe_http_status_code{probe=a,team=shop,type=http}": 503,
      "probe_http_redirects{probe=a,team=shop,type=http}": 1,
      "probe_http_duration_seconds{phase=connect,probe=a,team=shop,type=http}": 0.001,
      "probe_http_duration_seconds{phase=processing,probe=a,team=shop,type=http}": 0.02,
      "probe_http_duration_seconds{phase=transfer,probe=a,team=shop,type=http}": 0.004,
      "probe_ssl_earliest_cert_expiry{probe=a,team=shop,type=http}": 4_000_000_000,
      "probe_consecutive_failures{probe=a,team=shop,type=http}": 1,
      "probe_consecutive_successes{probe=a,team=shop,type=http}": 0,
      "bunny_probe_scheduling_delay_seconds{probe=a,team=shop}": 0.00195,
    },
  });
});

Deno.test("Recorder counts attempts, failures by reason, and what comes in a row", () => {
  const meter = record(probeConfig({}), [PASS], [fail("timeout", "")], [fail("timeout", "")], [
    fail("refused", ""),
  ], [PASS]);
  assert.deepEqual(Object.fromEntries(meter.counters), {
    "probe_attempts_total{probe=a,type=tcp}": 5,
    "probe_failures_total{probe=a,reason=timeout,type=tcp}": 2,
    "probe_failures_total{probe=a,reason=refused,type=tcp}": 1,
  });
  const rows = meter.commits.slice(1).map(({ values }) => [
    values["probe_success{probe=a,type=tcp}"],
    values["probe_consecutive_failures{probe=a,type=tcp}"],
    values["probe_consecutive_successes{probe=a,type=tcp}"],
    values["probe_time_to_first_success_seconds{probe=a,type=tcp}"],
  ]);
  assert.deepEqual(rows, [[1, 0, 1, 0.1], [0, 1, 0, 0.1], [0, 2, 0, 0.1], [0, 3, 0, 0.1], [1, 0, 1, 0.1]]);
  assert.deepEqual(meter.distributions.map(({ series, value, traceId }) => [series, value, traceId]), [
    ["probe_latency_seconds{probe=a,result=success,type=tcp}", 0.05, TRACE.traceId],
    ...Array(3).fill(["probe_latency_seconds{probe=a,result=failure,type=tcp}", 0.05, TRACE.traceId]),
    ["probe_latency_seconds{probe=a,result=success,type=tcp}", 0.05, TRACE.traceId],
  ]);
});

for (
  const { action, facts, want } of [
    {
      action: grpc({}),
      facts: { grpcStatusCode: 12 },
      want: ["probe_grpc_status_code{probe=a,type=grpc}", 12],
    },
    {
      action: exec(["/bin/x"]),
      facts: { execExitCode: 3 },
      want: ["probe_exec_exit_code{probe=a,type=exec}", 3],
    },
    {
      action: tcp({}),
      facts: { expectFailedStep: 2 },
      want: ["probe_expect_failed_step{probe=a,type=tcp}", 2],
    },
  ] as const
) {
  Deno.test(`Recorder takes down ${want[0]}, and drops it when there is none`, () => {
    const { commits } = record(probeConfig({ action }), [fail("rpc", ""), facts], [fail("timeout", ""), {}]);
    assert.equal(commits[1].values[want[0]], want[1]);
    assert.equal(want[0] in commits[2].values, false);
  });
}

Deno.test("Recorder keeps a user's own metrics under their own names and labels", () => {
  const metrics = {
    attempts: { name: "shop_tries", extraLabels: { who: "me" } },
    successes: { name: "shop_wins", extraLabels: {} },
    responseTime: { name: "shop_ms", extraLabels: { team: "theirs" } },
  };
  const config = probeConfig({ metrics, labels: { team: "shop" } });
  const { commits } = record(config, [fail("timeout", "")], [PASS]);
  const own = commits.map(({ values }) =>
    Object.fromEntries(Object.entries(values).filter(([name]) => name.startsWith("shop")))
  );
  assert.deepEqual(own, [
    { "shop_tries{team=shop,who=me}": 0, "shop_wins{team=shop}": 0 },
    { "shop_tries{team=shop,who=me}": 1, "shop_wins{team=shop}": 0 },
    { "shop_tries{team=shop,who=me}": 2, "shop_wins{team=shop}": 1, "shop_ms{team=theirs}": 50 },
  ]);
});

Deno.test("Recorder keeps measured times to a microsecond, with no more bits than that takes", () => {
  const meter = new FakeMeter();
  const metrics = {
    attempts: undefined,
    successes: undefined,
    responseTime: { name: "own_ms", extraLabels: {} },
  };
  const recorder = new Recorder(meter, probeConfig({ metrics }));
  const result: ProbeResult = {
    probe: "a",
    type: "tcp",
    startedAtMs: 0,
    durationMs: 1.2345678,
    lateMs: 0.7654321,
    outcome: PASS,
    facts: {},
    events: [],
    trace: undefined,
  };
  recorder.record(result, new History(0), 100, 5);
  const { values } = meter.commits[0];
  const kept = [
    [values["probe_duration_seconds{probe=a,type=tcp}"], 0.0012345678, 2 ** 20],
    [values["bunny_probe_scheduling_delay_seconds{probe=a}"], 0.0007654321, 2 ** 14],
    [values.own_ms, 1.2345678, 2 ** 10],
  ];
  for (const [value, measured, parts] of kept) {
    assert.ok(Math.abs(value - measured) <= 0.5 / parts, `${value} for ${measured}`);
    assert.equal(value * parts % 1, 0);
  }
});

Deno.test("Recorder never writes two results at one time, even when they come in one millisecond", () => {
  const meter = new FakeMeter();
  const recorder = new Recorder(meter, probeConfig({}));
  const history = new History(0);
  const result: ProbeResult = {
    probe: "a",
    type: "tcp",
    startedAtMs: 0,
    durationMs: 0,
    lateMs: 0,
    outcome: PASS,
    facts: {},
    events: [],
    trace: undefined,
  };
  recorder.begin(5);
  for (let i = 0; i < 3; i++) recorder.record(result, history, 1, 5);
  recorder.close(5);
  assert.deepEqual(meter.commits.map(({ atMs }) => atMs), [4, 5, 6, 7]);
  assert.equal(meter.closed[0].atMs, 8);
});

for (
  const [action, want] of [
    [http({ host: "localhost", port: 80, path: "/healthz?token=secret#x" }), "http://localhost:80/healthz"],
    [http({ host: "::1", port: 8443, scheme: "HTTPS" }), "https://[::1]:8443/"],
    [grpc({ host: "a", port: 1, service: "shop" }), "grpc://a:1/shop"],
    [grpc({ host: "a", port: 1, tls: NO_TLS }), "grpcs://a:1"],
    [tcp({ host: "a", port: 1 }), "tcp://a:1"],
    [tcp({ host: "a", port: 1, tls: NO_TLS }), "tls://a:1"],
    [exec(["/bin/login", "--password=secret"]), "/bin/login"],
  ] as const
) {
  Deno.test(`a probe's target for people: ${want}`, () => assert.equal(describeTarget(action), want));
}

Deno.test("Recorder stamps a result that came a little later than the others with the time it was due", () => {
  const meter = new FakeMeter();
  const recorder = new Recorder(meter, probeConfig({ periodMs: 100 }));
  const history = new History(0);
  for (const atMs of [1_000, 1_107, 1_260]) {
    recorder.record(
      {
        probe: "a",
        type: "tcp",
        startedAtMs: atMs,
        durationMs: 1,
        lateMs: 0,
        outcome: PASS,
        facts: {},
        events: [],
        trace: TRACE,
      },
      history,
      100,
      atMs,
    );
  }
  assert.deepEqual(meter.commits.map(({ atMs }) => atMs), [1_000, 1_100, 1_260]);
});
