import assert from "node:assert/strict";
import type { Clock } from "../../src/base/clock.ts";
import type { QueryLimits, QueryReport, QueryResult } from "../../src/query/mod.ts";
import { Meter, SamplePool } from "../../src/query/eval/meter.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { engineWith, loaded } from "./engine_support.ts";

const STORE = loaded(`
load 10s
  one 1+1x100
  two{a="1"} 1+1x100
  two{a="2"} 1+1x100
  native {{schema:1 count:5 sum:20 buckets:[1 2 1 1]}}+{{schema:1 count:10 sum:5 buckets:[1 2 3 4]}}x100
`);

/** What each query holds at most, as Prometheus counts it: one less allowed, and it must fail. */
const SAMPLE_CASES: {
  query: string;
  peak: number;
  atSeconds: number;
  toSeconds?: number;
  stepSeconds?: number;
}[] = [
  { query: "7", peak: 1, atSeconds: 1 },
  { query: "one", peak: 1, atSeconds: 1 },
  { query: "one[20s]", peak: 2, atSeconds: 10 },
  { query: "increase(one[20s])", peak: 3, atSeconds: 10 }, // a window of two, and the result
  { query: "one[20s:5s]", peak: 3, atSeconds: 10 },
  { query: "7", peak: 3, atSeconds: 0, toSeconds: 2, stepSeconds: 1 },
  { query: "one", peak: 3, atSeconds: 0, toSeconds: 10, stepSeconds: 5 },
  { query: "one @ 10", peak: 3, atSeconds: 0, toSeconds: 10, stepSeconds: 5 },
  // twice ten in the subquery, ten in the last window, and two results
  { query: "rate(two[10s:1s] @ 10)", peak: 32, atSeconds: 0, toSeconds: 10, stepSeconds: 5 },
  // the same, while the other side's two results wait
  {
    query: "rate(two[10s:1s] @ 10) + rate(two[10s:1s] @ 30)",
    peak: 34,
    atSeconds: 0,
    toSeconds: 10,
    stepSeconds: 5,
  },
  // seven histograms, each of the weight of 13 floats
  { query: "max_over_time(native[61s])[20s:5s]", peak: 91, atSeconds: 201 },
];

for (const { query, peak, atSeconds, toSeconds, stepSeconds } of SAMPLE_CASES) {
  Deno.test(`maxSamples bounds ${query}${stepSeconds ? " over a range" : ""} at ${peak}`, async () => {
    const run = (maxSamples: number) => {
      const engine = engineWith({ maxSamples });
      return stepSeconds === undefined
        ? engine.instant(STORE, query, atSeconds * 1000)
        : engine.range(STORE, query, atSeconds * 1000, toSeconds! * 1000, stepSeconds * 1000);
    };
    const within = await run(peak);
    assert.equal(within.kind, "ok");
    if (within.kind === "ok") assert.equal(within.stats.samplesPeak, peak);
    if (peak === 1) return; // zero samples are no limit
    const beyond = await run(peak - 1);
    assert.deepEqual(beyond, {
      kind: "error",
      error: {
        kind: "too_many_samples",
        message: "query processing would load too many samples into memory in query execution",
      },
    });
  });
}

Deno.test("maxSamples bounds the steps of a subquery that selects nothing", async () => {
  const result = await engineWith({ maxSamples: 1_000 }).instant(STORE, "count_over_time(nothing[1d:1s])", 0);
  assert.equal(result.kind === "error" && result.error.kind, "too_many_samples");
});

const TOGETHER = {
  kind: "error",
  error: {
    kind: "too_many_samples",
    message:
      "query processing would load too many samples into memory, together with the other queries that run",
  },
};

Deno.test("maxSamplesTogether bounds what queries hold that run beside each other, and takes it back at their end", async () => {
  const engine = engineWith({ maxSamplesTogether: 30 });
  const run = (query: string, limits?: QueryLimits) => engine.range(STORE, query, 0, 10_000, 5_000, limits);
  const large = "rate(two[10s:1s] @ 10)"; // holds 32
  for (let round = 0; round < 3; round++) {
    assert.deepEqual(await run(large), TOGETHER);
    assert.equal((await run(large, { urgent: true })).kind, "ok");
    assert.equal((await run("one + one")).kind, "ok");
  }
});

const TOO_LITTLE = {
  kind: "error",
  error: {
    kind: "too_little_memory",
    message: "there is too little memory left for this query: the process is near its limit",
  },
};

Deno.test("a query is refused while the process has no memory for it, an urgent one is not", async () => {
  let hasRoom = false;
  const engine = engineWith({ hasRoom: () => hasRoom });
  const run = (query: string, limits?: QueryLimits) => engine.instant(STORE, query, 10_000, limits);
  assert.deepEqual(await run("one"), TOO_LITTLE);
  assert.deepEqual(await run("two[20s]"), TOO_LITTLE);
  assert.equal((await run("one", { urgent: true })).kind, "ok");
  hasRoom = true;
  assert.equal((await run("one")).kind, "ok");
});

Deno.test("a query ends in its midst when the memory for it goes", async () => {
  let looks = 0;
  const engine = engineWith({ hasRoom: () => ++looks < 3 });
  assert.deepEqual(await engine.instant(STORE, "sum(one) + sum(two)", 10_000), TOO_LITTLE);
});

Deno.test("meters of one pool leave each other what they do not hold", () => {
  const pool = new SamplePool(10);
  const options = { clock: new FakeClock(), maxSamples: 8, deadlineMs: Infinity, sliceMs: 1, pool };
  const [first, second] = [new Meter(options), new Meter(options)];
  first.hold(6);
  second.expectRoomFor(4);
  second.hold(3);
  assert.throws(() => second.expectRoomFor(2), /together with the other queries/);
  assert.throws(() => second.hold(2), /together with the other queries/);
  second.end();
  assert.equal(pool.held, 6);
  first.hold(2);
  assert.throws(() => first.hold(1), /in query execution$/);
  first.release(5);
  new Meter(options).hold(5);
  first.end();
  first.end();
  assert.equal(pool.held, 5);
});

/** A clock that moves on by itself each time it is asked. */
function impatientClock(msPerLook: number): Clock {
  let nowMs = 0;
  return {
    now: () => nowMs += msPerLook,
    wallNow: () => 0,
    sleepUntil: () => Promise.resolve(true),
  };
}

Deno.test("a query that takes longer than its limit times out", async () => {
  const engine = engineWith({ clock: impatientClock(100), timeoutMs: 1_000 });
  const query = "sum(one) + sum(two) + sum(one) + sum(two) + sum(one) + sum(two)";
  const result = await engine.instant(STORE, query, 10_000);
  assert.deepEqual(result, {
    kind: "error",
    error: { kind: "timeout", message: "query timed out in expression evaluation" },
  });
  const patient = await engine.instant(STORE, query, 10_000, { timeoutMs: 1_000_000 });
  assert.equal(patient.kind, "ok");
});

Deno.test("a query whose caller has gone is canceled", async () => {
  const caller = new AbortController();
  caller.abort();
  const result = await engineWith().instant(STORE, "one", 0, { signal: caller.signal });
  assert.deepEqual(result, {
    kind: "error",
    error: { kind: "canceled", message: "query was canceled in expression evaluation" },
  });
});

const LONG_QUERY = "quantile_over_time(0.5, one[15m:1s])";

/** Takes many slices where a slice is but a look at the clock. */
function longQuery(engine: ReturnType<typeof engineWith>, limits?: QueryLimits) {
  return engine.range(STORE, LONG_QUERY, 0, 900_000, 10_000, limits);
}

/** A query that goes on until it is told to stop. */
function endlessQuery(engine: ReturnType<typeof engineWith>): { stop(): Promise<QueryResult> } {
  const caller = new AbortController();
  const result = engine.range(STORE, LONG_QUERY, 0, 900_000, 1, {
    signal: caller.signal,
    timeoutMs: Infinity,
  });
  return {
    stop: () => {
      caller.abort();
      return result;
    },
  };
}

const CANCELED = {
  kind: "error",
  error: { kind: "canceled", message: "query was canceled in expression evaluation" },
} as const;

Deno.test("a long query lets timers, requests and other queries in", async () => {
  const engine = engineWith({ sliceMs: 0 });
  const long = endlessQuery(engine);
  await new Promise((resolve) => setTimeout(resolve, 0));
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepting = listener.accept();
  using _there = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
  using _here = await accepting;
  assert.equal((await longQuery(engine)).kind, "ok");
  assert.deepEqual(engine.load, { running: 1, waiting: 0 });
  assert.deepEqual(await long.stop(), CANCELED);
});

Deno.test("long queries beyond the limit wait in line, and beyond that are refused", async () => {
  const reports: QueryReport[] = [];
  const engine = engineWith({
    sliceMs: 0,
    maxConcurrentQueries: 1,
    maxWaitingQueries: 1,
    onQuery: (report) => reports.push(report),
  });
  const first = longQuery(engine);
  const second = longQuery(engine);
  assert.deepEqual(engine.load, { running: 1, waiting: 1 });
  const third = await longQuery(engine);
  assert.deepEqual(third, {
    kind: "error",
    error: { kind: "too_many_queries", message: "too many queries are running and waiting" },
  });
  assert.equal((await first).kind, "ok");
  assert.equal((await second).kind, "ok");
  assert.deepEqual(engine.load, { running: 0, waiting: 0 });
  assert.deepEqual(reports.map(({ kind, outcome }) => `${kind} ${outcome}`), [
    "range too_many_queries",
    "range ok",
    "range ok",
  ]);
});

/** One on which each look takes a while, as long as it is told so. */
class TiringClock extends FakeClock {
  lookMs = 0;
  #lookedMs = 0;

  override now(): number {
    this.#lookedMs += this.lookMs;
    return super.now() + this.#lookedMs;
  }
}

Deno.test("a query that ends within its first slice needs no place", async () => {
  const clock = new TiringClock();
  const engine = engineWith({ clock, maxConcurrentQueries: 1, maxWaitingQueries: 0 });
  clock.lookMs = 5;
  const running = endlessQuery(engine);
  assert.deepEqual(engine.load, { running: 1, waiting: 0 });
  clock.lookMs = 0;
  assert.equal((await engine.instant(STORE, "one", 0)).kind, "ok");
  assert.deepEqual(await running.stop(), CANCELED);
});

Deno.test("a first slice is shorter where several take turns already", async () => {
  const clock = new TiringClock();
  const engine = engineWith({ clock, sliceMs: 10, maxConcurrentQueries: 1, maxWaitingQueries: 0 });
  clock.lookMs = 50;
  const running = endlessQuery(engine);
  const refusedWithin = async () => {
    clock.lookMs = 2;
    const result = engine.instant(STORE, "one + one + one", 0); // needs more than one slice, and less than two
    clock.lookMs = 0;
    return (await result).kind === "error";
  };
  assert.equal(await refusedWithin(), false);
  using _another = engine.turns.join();
  assert.equal(await refusedWithin(), true);
  assert.deepEqual(await running.stop(), CANCELED);
});

Deno.test("an urgent long query waits for no place, and takes none", async () => {
  const engine = engineWith({ sliceMs: 0, maxConcurrentQueries: 1, maxWaitingQueries: 1 });
  const running = endlessQuery(engine);
  const waiting = endlessQuery(engine);
  assert.equal((await longQuery(engine, { urgent: true })).kind, "ok");
  assert.deepEqual(engine.load, { running: 1, waiting: 1 });
  assert.deepEqual(await running.stop(), CANCELED);
  assert.deepEqual(await waiting.stop(), CANCELED);
  assert.deepEqual(engine.load, { running: 0, waiting: 0 });
});

Deno.test("a long query whose caller goes while it waits is canceled, and leaves the line", async () => {
  const engine = engineWith({ sliceMs: 0, maxConcurrentQueries: 1 });
  const caller = new AbortController();
  const first = endlessQuery(engine);
  const second = longQuery(engine, { signal: caller.signal });
  assert.equal(engine.load.waiting, 1);
  caller.abort();
  assert.deepEqual(await second, {
    kind: "error",
    error: { kind: "canceled", message: "query was canceled in query queue" },
  });
  assert.equal(engine.load.waiting, 0);
  assert.deepEqual(await first.stop(), CANCELED);
});

Deno.test("a long query times out in line", async () => {
  const clock = new FakeClock();
  const engine = engineWith({ clock, sliceMs: 0, maxConcurrentQueries: 1 });
  const first = endlessQuery(engine);
  const second = longQuery(engine, { timeoutMs: 5_000 });
  assert.equal(engine.load.waiting, 1);
  await clock.advance(5_000);
  assert.deepEqual(await second, {
    kind: "error",
    error: { kind: "timeout", message: "query timed out in query queue" },
  });
  assert.deepEqual(await first.stop(), CANCELED);
});

const BAD_OPTIONS = [
  {
    option: { lookbackMs: -5 },
    message: "Cannot create Engine as lookbackMs must be > 0: current value is -5",
  },
  {
    option: { maxSamples: 0 },
    message: "Cannot create Engine as maxSamples must be > 0: current value is 0",
  },
];

for (const { option, message } of BAD_OPTIONS) {
  Deno.test(`Engine refuses ${JSON.stringify(option)}`, () => {
    assert.throws(() => engineWith(option), { message });
  });
}
