import assert from "node:assert/strict";
import type { ProbeConfig } from "../../src/config/mod.ts";
import type { ProbeResult } from "../../src/model/probe_result.ts";
import type { TraceContext, Tracing } from "../../src/model/trace.ts";
import { fail, PASS, type Probe, type ProbeRun, Schedule } from "../../src/probes/mod.ts";
import type { Logger } from "../../src/base/log.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { FakeMeter } from "./fake_meter.ts";
import { probeConfig, tcp, TRACE } from "./harness.ts";

/** How a fake probe behaves; the run is the n-th of its kind, from 0. */
type Behaviour = (run: number, signal: AbortSignal) => Promise<ProbeRun> | ProbeRun;

const passes: Behaviour = () => ({ outcome: PASS, facts: {}, events: [] });
const fails: Behaviour = () => ({ outcome: fail("status", "503"), facts: {}, events: [] });

/** Hangs until its signal, as a good probe does. */
const hangs: Behaviour = (_, signal) =>
  new Promise((resolve) =>
    signal.addEventListener(
      "abort",
      () => resolve({ outcome: fail("timeout", "hung"), facts: {}, events: [] }),
    )
  );

/** Ignores its signal. */
const isDeaf: Behaviour = () => new Promise(() => {});

/** A schedule of fake probes on a fake clock. */
class Stage {
  readonly clock: FakeClock;
  readonly meter = new FakeMeter();
  readonly finished: ProbeResult[] = [];
  readonly schedule: Schedule;
  /** How many lines were said of each level. */
  readonly said = { debug: 0, info: 0, warn: 0, error: 0 };
  /** Monotonic times at which probes ran, by name. */
  readonly ran: Record<string, number[]> = {};
  readonly #behaviours: Record<string, Behaviour>;

  constructor(behaviours: Record<string, Behaviour> = {}, clock = new FakeClock()) {
    this.clock = clock;
    this.#behaviours = behaviours;
    const tracing: Tracing = {
      begin: (): TraceContext => TRACE,
      probeFinished: (result) => void this.finished.push(result),
      verdictChanged() {},
    };
    const logger: Logger = {
      debug: () => this.said.debug++,
      info: () => this.said.info++,
      warn: () => this.said.warn++,
      error: () => this.said.error++,
    };
    this.schedule = new Schedule({
      clock: this.clock,
      meter: this.meter,
      tracing,
      logger,
      makeProbe: (config) => this.#make(config),
    });
  }

  /** Outcomes of a probe so far: "pass" or the reason. */
  outcomes(probe: string): string[] {
    return this.finished.filter((result) => result.probe === probe)
      .map(({ outcome }) => outcome.kind === "pass" ? "pass" : outcome.reason);
  }

  counter(series: string): number | undefined {
    return this.meter.counters.get(series);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const stopped = this.schedule.stop();
    await this.clock.advance(2_000);
    await stopped;
    assert.equal(this.clock.pending, 0, "nobody sleeps after the end");
  }

  #make({ name }: ProbeConfig): Probe {
    const ran = this.ran[name] ??= [];
    return {
      run: (signal) => {
        ran.push(this.clock.now());
        return Promise.resolve((this.#behaviours[name] ?? passes)(ran.length - 1, signal));
      },
    };
  }
}

function every(periodMs: number, overrides: Partial<ProbeConfig> = {}): ProbeConfig {
  return probeConfig({ periodMs, timeoutMs: periodMs, ...overrides });
}

/** Differences between neighbours, rounded to hide what floats do. */
function gaps(times: readonly number[]): number[] {
  return times.slice(1).map((time, i) => Math.round((time - times[i]) * 1_000) / 1_000);
}

Deno.test("Schedule beats each probe on its own period", async () => {
  await using stage = new Stage();
  stage.schedule.apply([every(100), every(250, { name: "b" })]);
  await stage.clock.advance(10_000);
  assert.equal(stage.ran.a.length, 101); // phase 0: the first one at once
  assert.deepEqual(new Set(gaps(stage.ran.a)), new Set([100]));
  assert.equal(stage.ran.b.length, 40);
  assert.deepEqual(new Set(gaps(stage.ran.b)), new Set([250]));
});

Deno.test("Schedule spreads probes over their period", async () => {
  await using stage = new Stage();
  stage.schedule.apply(Array.from({ length: 10 }, (_, i) => every(100, { name: `p${i}` })));
  await stage.clock.advance(99.9);
  const starts = Object.values(stage.ran).map(([first]) => first).sort((a, b) => a - b);
  assert.equal(starts.length, 10);
  for (const gap of gaps(starts)) assert(gap > 3 && gap < 25, `gap of ${gap}`);
});

Deno.test("Schedule waits for a probe's initial delay", async () => {
  await using stage = new Stage();
  stage.schedule.apply([every(100, { initialDelayMs: 5_000 })]);
  await stage.clock.advance(4_999);
  assert.deepEqual(stage.ran.a, []);
  await stage.clock.advance(101);
  assert(stage.ran.a.length >= 1);
});

Deno.test("Schedule survives a wall clock that jumps either way", async () => {
  await using stage = new Stage();
  stage.schedule.apply([every(100)]);
  await stage.clock.advance(1_000);
  stage.clock.jumpWall(-3_600_000);
  await stage.clock.advance(1_000);
  stage.clock.jumpWall(7_200_000);
  await stage.clock.advance(1_000);
  assert.deepEqual(new Set(gaps(stage.ran.a)), new Set([100]));
  assert.equal(stage.ran.a.length, 31);
  const times = stage.meter.commits.map(({ atMs }) => atMs);
  assert(times.every((time, i) => i === 0 || time > times[i - 1]), "no two commits of one probe at one time");
});

Deno.test("Schedule ends a hanging probe at its limit, and begins the next beat in time", async () => {
  await using stage = new Stage({ a: hangs });
  stage.schedule.apply([every(100, { timeoutMs: 60 })]);
  await stage.clock.advance(999);
  assert.deepEqual(stage.outcomes("a"), Array(10).fill("timeout"));
  assert.deepEqual(new Set(gaps(stage.ran.a)), new Set([100]));
  for (const { durationMs } of stage.finished) assert.equal(Math.round(durationMs), 60);
});

Deno.test("Schedule runs every beat of a probe whose limit is its period", async () => {
  await using stage = new Stage({ a: hangs });
  stage.schedule.apply([every(100)]);
  await stage.clock.advance(1_000);
  assert.equal(stage.ran.a.length, 11);
  assert.equal(stage.counter("bunny_probes_skipped_total{probe=a,reason=still_running}"), undefined);
});

Deno.test("Schedule skips and counts the beats that find a run under way, and never stacks them", async () => {
  await using stage = new Stage({ a: hangs });
  stage.schedule.apply([every(100, { timeoutMs: 350 })]);
  await stage.clock.advance(2_000);
  assert.deepEqual(stage.ran.a, [0, 400, 800, 1_200, 1_600, 2_000]);
  assert.equal(stage.counter("bunny_probes_skipped_total{probe=a,reason=still_running}"), 15);
});

Deno.test("Schedule gives a result at the limit even if the probe is deaf, and stops beginning runs that never end", async () => {
  await using stage = new Stage({ a: isDeaf });
  stage.schedule.apply([every(100, { timeoutMs: 50 })]);
  await stage.clock.advance(560);
  assert.deepEqual(stage.outcomes("a"), [
    "timeout",
    "timeout",
    "timeout",
    "internal",
    "internal",
    "internal",
  ]);
  assert.equal(stage.ran.a.length, 3);
  assert.equal(Math.round(stage.finished[0].durationMs), 60);
});

Deno.test("Schedule takes a probe that throws for a failure of ours", async () => {
  await using stage = new Stage({
    a: () => {
      throw new TypeError("oops");
    },
  });
  stage.schedule.apply([every(100)]);
  await stage.clock.advance(250);
  assert.deepEqual(stage.outcomes("a"), ["internal", "internal", "internal"]);
});

Deno.test("Schedule counts beats that came too late", async () => {
  const clock = new FakeClock();
  await using stage = new Stage({}, clock);
  stage.schedule.apply([every(100)]);
  await clock.advance(50);
  // The process is held up: the sleeper of the beat at 100 wakes at 430.
  const now = clock.now.bind(clock);
  let heldUpMs = 330;
  clock.now = () => now() + heldUpMs;
  await clock.advance(50);
  heldUpMs = 0;
  await clock.advance(1_000);
  assert.equal(stage.counter("bunny_probes_skipped_total{probe=a,reason=late}"), 3);
  assert.equal(stage.counter("bunny_probes_skipped_total{probe=a,reason=still_running}"), undefined);
});

Deno.test("Schedule beats quicker until the first success, and after a change until it has settled", async () => {
  const answers: Behaviour = (run, signal) => (run >= 4 && run < 20 ? passes : fails)(run, signal);
  await using stage = new Stage({ a: answers });
  const adaptive = { untilSuccessPeriodMs: 10, onFailurePeriodMs: 20 };
  stage.schedule.apply([every(100, { adaptive })]);
  await stage.clock.advance(4_000);
  const between = gaps(stage.ran.a);
  // Quick up to the first success, then four more quick ones until five in a row were alike, then back on the grid.
  assert.deepEqual(between.slice(0, 4), [10, 10, 10, 10]);
  assert.deepEqual(between.slice(4, 8), [20, 20, 20, 20]);
  assert.deepEqual(new Set(between.slice(9, 20)), new Set([100]));
  assert.deepEqual(between.slice(20, 24), [20, 20, 20, 20]);
  assert.deepEqual(new Set(between.slice(25)), new Set([100]));
});

Deno.test("a reload leaves an unchanged probe its beat, its counters and the run under way", async () => {
  await using stage = new Stage({ a: hangs });
  const a = every(100, { timeoutMs: 90 });
  stage.schedule.apply([a, every(100, { name: "b" })]);
  for (let i = 0; i < 50; i++) {
    await stage.clock.advance(33);
    stage.schedule.apply([structuredClone({ ...a }), every(100, { name: `b${i}` })]);
  }
  assert.deepEqual(new Set(gaps(stage.ran.a)), new Set([100]));
  assert.equal(stage.ran.a.length, 17);
  assert.deepEqual(stage.outcomes("a"), Array(16).fill("timeout"));
  assert.equal(stage.counter("probe_attempts_total{probe=a,type=tcp}"), 16);
});

Deno.test("a reload ends the series of a probe that is gone, and what it was doing", async () => {
  await using stage = new Stage({ a: hangs });
  stage.schedule.apply([every(100)]);
  await stage.clock.advance(150);
  stage.schedule.apply([]);
  const ended = stage.meter.closed.at(-1)!;
  assert.equal(ended.atMs, stage.clock.wallNow());
  assert(ended.series.includes("probe_success{probe=a,type=tcp}"));
  const commits = stage.meter.commits.length;
  await stage.clock.advance(1_000);
  assert.equal(stage.meter.commits.length, commits, "nothing is written about a probe that is gone");
  assert.equal(stage.finished.length, 1);
  assert.deepEqual(stage.schedule.probes(), []);
});

Deno.test("a reload changes a probe over without ending its series or losing its place", async () => {
  await using stage = new Stage();
  stage.schedule.apply([every(100, { name: "z" }), every(100)]);
  await stage.clock.advance(500);
  const before = stage.counter("probe_attempts_total{probe=a,type=tcp}")!;
  stage.schedule.apply([every(100, { timeoutMs: 50 })]);
  await stage.clock.advance(500);
  assert.deepEqual(new Set(gaps(stage.ran.a)), new Set([100]));
  assert.equal(stage.counter("probe_attempts_total{probe=a,type=tcp}"), before + 5);
  assert.deepEqual(
    stage.meter.closed.flatMap(({ series }) => series).filter((series) => series.includes("=a")),
    [],
  );
  assert.deepEqual(stage.schedule.probes().map(({ name, timeoutMs }) => [name, timeoutMs]), [["a", 50]]);
});

for (
  const { name, change, want } of [
    { name: "goes on counting what comes in a row", change: { timeoutMs: 50 }, want: 10 },
    { name: "even under other labels", change: { labels: { team: "shop" } }, want: 10 },
    { name: "but not where it asks for something else", change: { action: tcp({ port: 2 }) }, want: 5 },
  ]
) {
  Deno.test(`a reload that changes a probe ${name}`, async () => {
    await using stage = new Stage({ a: fails });
    stage.schedule.apply([every(100)]);
    await stage.clock.advance(450);
    stage.schedule.apply([every(100, change)]);
    await stage.clock.advance(500);
    const [{ consecutiveFailures, lastFailures }] = stage.schedule.probes();
    assert.deepEqual([consecutiveFailures, lastFailures.length], [want, 5]);
    const rows = stage.meter.commits.map(({ values }) =>
      Object.entries(values).find(([series]) => series.startsWith("probe_consecutive_failures"))?.[1]
    );
    assert.deepEqual(rows.slice(-5), [want - 4, want - 3, want - 2, want - 1, want]);
  });
}

Deno.test("a reload that changes a probe keeps the counters by reason, though nothing of the kind happens again", async () => {
  const behaviour: Behaviour = (run, signal) => (run < 3 ? hangs : passes)(run, signal);
  await using stage = new Stage({ a: behaviour });
  stage.schedule.apply([every(100, { timeoutMs: 250 })]);
  await stage.clock.advance(1_000);
  const series = [
    "probe_failures_total{probe=a,reason=timeout,type=tcp}",
    "bunny_probes_skipped_total{probe=a,reason=still_running}",
  ];
  const counts = series.map((one) => stage.counter(one));
  assert.deepEqual(counts, [3, 6]);
  stage.schedule.apply([every(100, { timeoutMs: 50 })]);
  await stage.clock.advance(100);
  assert.deepEqual(stage.meter.closed.flatMap((closed) => closed.series), []);
  assert.deepEqual(series.map((one) => stage.meter.commits.at(-1)!.values[one]), counts);
  stage.schedule.apply([every(100, { labels: { team: "shop" } })]);
  await stage.clock.advance(100);
  assert.deepEqual(
    stage.meter.closed.at(-1)!.series.filter((one) => series.includes(one)),
    series,
    "other labels: other series",
  );
});

Deno.test("a reload that changes a probe does not make it wait a second time", async () => {
  await using stage = new Stage();
  stage.schedule.apply([every(100, { initialDelayMs: 2_000 })]);
  await stage.clock.advance(1_500);
  stage.schedule.apply([every(100, { initialDelayMs: 2_000, timeoutMs: 50 })]);
  await stage.clock.advance(499);
  assert.deepEqual(stage.ran.a, [], "the rest of the delay");
  await stage.clock.advance(541);
  stage.schedule.apply([every(100, { initialDelayMs: 60_000, timeoutMs: 40 })]);
  await stage.clock.advance(500);
  assert.deepEqual(new Set(gaps(stage.ran.a)), new Set([100]));
  assert(stage.ran.a.length >= 9);
});

Deno.test("stop lets the runs that are under way end, and records them", async () => {
  await using stage = new Stage({ a: hangs });
  stage.schedule.apply([every(1_000, { timeoutMs: 500 })]);
  await stage.clock.advance(100);
  let isStopped = false;
  const stopped = stage.schedule.stop().then(() => isStopped = true);
  await stage.clock.advance(399);
  assert.equal(isStopped, false);
  await stage.clock.advance(2);
  await stopped;
  assert.deepEqual(stage.outcomes("a"), ["timeout"]);
  assert.deepEqual(stage.meter.closed, [], "a stop is no removal");
});

for (const [name, behaviour] of Object.entries({ "takes long": hangs, "is deaf": isDeaf })) {
  Deno.test(`stop waits no longer than a second for a run that ${name}`, async () => {
    const stage = new Stage({ a: behaviour });
    stage.schedule.apply([every(60_000)]);
    await stage.clock.advance(2_000);
    assert.equal(stage.ran.a.length, 1);
    const stopped = stage.schedule.stop();
    await stage.clock.advance(1_020);
    await stopped;
    assert.deepEqual(stage.finished, []);
    assert.equal(stage.clock.pending, 0);
  });
}

Deno.test("apply after a stop does nothing", async () => {
  const stage = new Stage();
  await stage.schedule.stop();
  stage.schedule.apply([every(100)]);
  await stage.clock.advance(500);
  assert.deepEqual(stage.ran, {});
});

Deno.test("a probe's status says what it is and how it has been", async () => {
  await using stage = new Stage({ a: (run, signal) => (run < 3 ? passes : fails)(run, signal) });
  stage.schedule.apply([
    every(100, { labels: { team: "shop" } }),
    every(100, { name: "b", initialDelayMs: 60_000 }),
  ]);
  await stage.clock.advance(950);
  const [a, b] = stage.schedule.probes();
  assert.deepEqual(a.labels.toRecord(), { probe: "a", type: "tcp", team: "shop" });
  assert.equal(a.target, "tcp://127.0.0.1:1");
  assert.deepEqual([a.consecutiveFailures, a.consecutiveSuccesses, a.lastFailures.length], [7, 0, 5]);
  assert.deepEqual(a.lastFailures[0], { atMs: stage.clock.wallNow() - 50, reason: "status", detail: "503" });
  assert.equal(a.lastResult?.outcome.kind, "fail");
  assert.deepEqual([b.lastResult, b.lastFailures.length], [undefined, 0]);
});

Deno.test("changes are told aloud, the rest in a whisper", async () => {
  const behaviour: Behaviour = (run, signal) => (run < 5 || run >= 15 ? passes : fails)(run, signal);
  await using stage = new Stage({ a: behaviour });
  stage.schedule.apply([every(100)]);
  await stage.clock.advance(2_000);
  assert.deepEqual(stage.said, { debug: 9, info: 2, warn: 1, error: 0 });
});

Deno.test("a success that deserves a second look is told once for each time it begins", async () => {
  const warns = (run: number) => run < 5 || run >= 10;
  const behaviour: Behaviour = (run) => ({
    outcome: PASS,
    facts: {},
    events: [],
    warning: warns(run) ? "redirected" : undefined,
  });
  await using stage = new Stage({ a: behaviour });
  stage.schedule.apply([every(100)]);
  await stage.clock.advance(2_000);
  assert.equal(stage.said.warn, 2);
});
