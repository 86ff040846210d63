import assert from "node:assert/strict";
import type { HealthConfig } from "../../src/config/mod.ts";
import { HealthEndpoint, type HealthEndpointDeps } from "../../src/ingress/health_endpoint.ts";
import type { Counter, Gauge, Meter } from "../../src/model/meter.ts";
import type { VerdictChange } from "../../src/model/trace.ts";
import type { QueryResult } from "../../src/query/mod.ts";
import { FakeClock } from "../support/fake_clock.ts";

const stats = { samplesTotal: 0, samplesPeak: 0, evaluationMs: 0 };
const scalar = (value: number): QueryResult => ({
  kind: "ok",
  value: { kind: "scalar", timestampMs: 0, value },
  annotations: [],
  stats,
});
const EMPTY: QueryResult = { kind: "ok", value: { kind: "vector", samples: [] }, annotations: [], stats };
const ERROR: QueryResult = { kind: "error", error: { kind: "timeout", message: "query timed out" } };

const CONFIG: HealthConfig = {
  path: "ready",
  query: { kind: "instant", expr: "up", timeoutMs: 1_000, relativeTimeMs: 0 },
  whenEmpty: "unhealthy",
  forMs: { healthy: 0, unhealthy: 0 },
  initial: "unhealthy",
  source: { kind: "local" },
  description: "",
  metrics: {
    attempts: { name: "ready_attempts", extraLabels: { team: "a" } },
    successes: { name: "ready_successes", extraLabels: {} },
    responseTime: undefined,
  },
};

/** Keeps the values that were said, by metric name and labels. */
class FakeMeter implements Meter {
  readonly values = new Map<string, number>();
  commits = 0;

  group() {
    const cell = (name: string, labels: { toString(): string }): Gauge & Counter => {
      const key = name + labels;
      return {
        set: (value) => void this.values.set(key, value),
        unset: () => void this.values.delete(key),
        add: (amount) => void this.values.set(key, (this.values.get(key) ?? 0) + amount),
      };
    };
    return {
      gauge: (instrument: { name: string }, labels: { toString(): string }) => cell(instrument.name, labels),
      counter: (instrument: { name: string }, labels: { toString(): string }) =>
        cell(instrument.name, labels),
      distribution: () => ({ record() {} }),
      commit: () => void this.commits++,
      close: () => this.values.clear(),
    };
  }
}

function endpointSaying(results: QueryResult[], config: Partial<HealthConfig> = {}) {
  const clock = new FakeClock();
  const meter = new FakeMeter();
  const changes: VerdictChange[] = [];
  let evaluations = 0;
  const deps: HealthEndpointDeps = {
    evaluate: () => Promise.resolve(results[Math.min(evaluations++, results.length - 1)]),
    clock,
    meter,
    tracing: { begin: () => undefined, probeFinished() {}, verdictChanged: (change) => changes.push(change) },
    probes: () => ["a"],
  };
  const endpoint = new HealthEndpoint({ ...CONFIG, ...config }, deps);
  return { clock, meter, changes, endpoint, deps, evaluations: () => evaluations };
}

const cases: { name: string; config?: Partial<HealthConfig>; says: QueryResult[]; want: number[] }[] = [
  {
    name: "healthy, unhealthy, no data and error",
    says: [scalar(1), scalar(0), EMPTY, ERROR],
    want: [200, 503, 504, 500],
  },
  {
    name: "empty where that is healthy",
    config: { whenEmpty: "healthy" },
    says: [EMPTY, scalar(0)],
    want: [200, 503],
  },
  {
    name: "empty at first where it starts healthy",
    config: { initial: "healthy" },
    says: [EMPTY, EMPTY, scalar(1), EMPTY],
    want: [200, 200, 200, 504],
  },
  {
    name: "an unhealthy answer at first although it starts healthy",
    config: { initial: "healthy" },
    says: [EMPTY, scalar(0)],
    want: [200, 503],
  },
  {
    name: "an error at first although it starts healthy",
    config: { initial: "healthy" },
    says: [ERROR],
    want: [500],
  },
  {
    name: "unhealthy only after two seconds of it",
    config: { forMs: { healthy: 0, unhealthy: 2_000 } },
    says: [scalar(1), scalar(0), scalar(0), scalar(0), scalar(1)],
    want: [200, 200, 200, 503, 200],
  },
  {
    name: "an error at once, whatever the damping",
    config: { forMs: { healthy: 0, unhealthy: 60_000 } },
    says: [scalar(1), ERROR, scalar(1)],
    want: [200, 500, 200],
  },
];
for (const { name, config, says, want } of cases) {
  Deno.test(`health endpoint answers ${name}`, async () => {
    const { clock, endpoint } = endpointSaying(says, config);
    const seen: number[] = [];
    for (const _ of says) {
      seen.push((await endpoint.evaluate()).status);
      await clock.advance(1_000);
    }
    assert.deepEqual(seen, want);
  });
}

Deno.test("health endpoint shares one evaluation among concurrent requests", async () => {
  const { endpoint, clock, evaluations } = endpointSaying([scalar(1)]);
  const answers = await Promise.all([endpoint.evaluate(), endpoint.evaluate(), endpoint.evaluate()]);
  assert.equal(evaluations(), 1);
  assert.ok(answers.every((answer) => answer === answers[0]));
  await clock.advance(1);
  await endpoint.evaluate();
  assert.equal(evaluations(), 2);
});

Deno.test("health endpoint counts evaluations, changes and the user's own metrics", async () => {
  const { endpoint, clock, meter, changes } = endpointSaying([scalar(1), scalar(1), scalar(0), EMPTY, ERROR]);
  for (let i = 0; i < 5; i++) {
    await endpoint.evaluate();
    await clock.advance(1_000);
  }
  assert.deepEqual(Object.fromEntries(meter.values), {
    'bunny_health_verdict{endpoint="ready"}': 0,
    'bunny_health_evaluations_total{endpoint="ready", result="healthy"}': 2,
    'bunny_health_evaluations_total{endpoint="ready", result="unhealthy"}': 1,
    'bunny_health_evaluations_total{endpoint="ready", result="no_data"}': 1,
    'bunny_health_evaluations_total{endpoint="ready", result="error"}': 1,
    'bunny_health_transitions_total{endpoint="ready", to="healthy"}': 1,
    'bunny_health_transitions_total{endpoint="ready", to="unhealthy"}': 1,
    'ready_attempts{team="a"}': 5,
    "ready_successes{}": 2,
  });
  assert.deepEqual(changes.map(({ healthy, probes, reason }) => ({ healthy, probes, reason })), [
    { healthy: true, probes: ["a"], reason: "the query is 1" },
    { healthy: false, probes: ["a"], reason: "the query is 0" },
  ]);
});

Deno.test("health endpoint counts an error as the change of verdict that its clients see", async () => {
  const { endpoint, clock, meter, changes } = endpointSaying([scalar(1), scalar(1), ERROR, ERROR, scalar(1)]);
  const since: number[] = [];
  for (let i = 0; i < 5; i++) {
    const { atMs, sinceMs } = await endpoint.evaluate();
    since.push(atMs - sinceMs);
    await clock.advance(1_000);
  }
  assert.deepEqual(since, [0, 1_000, 0, 1_000, 0]);
  assert.equal(meter.values.get('bunny_health_transitions_total{endpoint="ready", to="healthy"}'), 2);
  assert.equal(meter.values.get('bunny_health_transitions_total{endpoint="ready", to="unhealthy"}'), 1);
  assert.deepEqual(changes.map(({ healthy }) => healthy), [true, false, true]);
});

/** The endpoint's place is taken before its fourth answer; answers are a second apart. */
const successions: { name: string; config: Partial<HealthConfig>; says: QueryResult[]; want: number[] }[] = [
  {
    name: "keeps a verdict that took its time",
    config: { description: "new" },
    says: [scalar(1)],
    want: [503, 200, 200, 200],
  },
  {
    name: "damps what a new query says from its own first answer on",
    config: { query: { kind: "instant", expr: "down", timeoutMs: 1_000, relativeTimeMs: 0 } },
    says: [scalar(1), scalar(1), scalar(0)],
    want: [503, 200, 200, 200, 200, 503],
  },
  {
    name: "goes on with the damping of a query that stays",
    config: { description: "new" },
    says: [scalar(1), scalar(1), scalar(0)],
    want: [503, 200, 200, 200, 503],
  },
  {
    name: "takes the new initial verdict while there was no answer yet",
    config: { initial: "healthy" },
    says: [EMPTY],
    want: [504, 504, 504, 200],
  },
];
for (const { name, config, says, want } of successions) {
  Deno.test(`health endpoint that takes another's place ${name}`, async () => {
    const forMs = { healthy: 1_000, unhealthy: 2_000 };
    const { clock, endpoint, deps } = endpointSaying(says, { forMs });
    const seen: number[] = [];
    let current = endpoint;
    for (let i = 0; i < want.length; i++) {
      if (i === 3) current = new HealthEndpoint({ ...CONFIG, forMs, ...config }, deps, endpoint);
      seen.push((await current.evaluate()).status);
      await clock.advance(1_000);
    }
    assert.deepEqual(seen, want);
  });
}

Deno.test("health endpoint that takes another's place goes by what that one says until then", async () => {
  const says = [scalar(1), scalar(0), scalar(1), scalar(0)];
  const config = { forMs: { healthy: 0, unhealthy: 1_500 } };
  const { clock, endpoint, deps } = endpointSaying(says, config);
  const statuses: number[] = [];
  const ask = async (asked: HealthEndpoint) => {
    statuses.push((await asked.evaluate()).status);
    await clock.advance(1_000);
  };
  await ask(endpoint);
  await ask(endpoint);
  const successor = new HealthEndpoint({ ...CONFIG, ...config, description: "new" }, deps, endpoint);
  await ask(endpoint); // healthy again, so what was contrary is over
  await ask(successor);
  assert.deepEqual(statuses, [200, 200, 200, 200]);
});

Deno.test("health endpoint that asks something else counts anew, also where one between them was never asked", async () => {
  const config = { ...CONFIG, forMs: { healthy: 0, unhealthy: 1_500 } };
  const { clock, deps } = endpointSaying([scalar(1), scalar(0), scalar(0)]);
  const first = new HealthEndpoint(config, deps);
  await first.evaluate();
  await clock.advance(1_000);
  await first.evaluate();
  await clock.advance(2_000);
  const changed = { ...config, query: { ...config.query, expr: "down" } };
  const between = new HealthEndpoint(changed, deps, first);
  const last = new HealthEndpoint({ ...changed, description: "new" }, deps, between);
  const { status, reason } = await last.evaluate();
  assert.equal(status, 200);
  assert.match(reason, /for 0ms of 1\.5s/);
});

Deno.test("health endpoint and its successor tell of a change once", async () => {
  const answer = Promise.withResolvers<QueryResult>();
  const { endpoint, deps, changes } = endpointSaying([scalar(1)]);
  await endpoint.evaluate();
  const late = { ...deps, evaluate: () => answer.promise };
  const old = new HealthEndpoint({ ...CONFIG, description: "old" }, late, endpoint);
  const successor = new HealthEndpoint({ ...CONFIG, description: "new" }, late, old);
  const both = [old.evaluate(), successor.evaluate()];
  answer.resolve(scalar(0));
  await Promise.all(both);
  assert.deepEqual(changes.map(({ healthy }) => healthy), [true, false]);
});

Deno.test("health endpoint tells of a change at the time at which it was known", async () => {
  const { clock, deps, changes } = endpointSaying([]);
  const endpoint = new HealthEndpoint(CONFIG, {
    ...deps,
    evaluate: async () => {
      await clock.advance(5);
      return scalar(1);
    },
  });
  const { atMs } = await endpoint.evaluate();
  assert.deepEqual(changes.map((change) => [change.atMs - atMs, change.durationMs]), [[5, 5]]);
});

Deno.test("health endpoint writes samples at most ten times a second, however often it is asked", async () => {
  const { endpoint, clock, meter } = endpointSaying([scalar(1)]);
  for (let i = 0; i < 1_000; i++) {
    await endpoint.evaluate();
    await clock.advance(1);
  }
  assert.equal(meter.commits, 10);
});

Deno.test("health endpoint says how far a damped change has come", async () => {
  const { endpoint, clock } = endpointSaying([scalar(1), scalar(0)], {
    forMs: { healthy: 0, unhealthy: 5_000 },
  });
  await endpoint.evaluate();
  await clock.advance(1_000);
  await endpoint.evaluate();
  await clock.advance(2_000);
  assert.equal((await endpoint.evaluate()).reason, "still healthy; for 2s of 5s: the query is 0");
});

Deno.test("health endpoint turns an evaluator that breaks its promise into an error", async () => {
  const clock = new FakeClock();
  const endpoint = new HealthEndpoint(CONFIG, {
    evaluate: () => Promise.reject(new Error("a bug")),
    clock,
    meter: new FakeMeter(),
    tracing: { begin: () => undefined, probeFinished() {}, verdictChanged() {} },
    probes: () => [],
  });
  const { status, reason } = await endpoint.evaluate();
  assert.deepEqual({ status, reason }, { status: 500, reason: "the query failed: a bug" });
});
