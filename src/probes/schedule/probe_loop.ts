import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { ProbeConfig } from "../../config/mod.ts";
import type { ProbeResult } from "../../model/probe_result.ts";
import type { ProbeStatus } from "../../model/probe_status.ts";
import type { Tracing } from "../../model/trace.ts";
import { describeTarget } from "../describe_target.ts";
import type { History } from "../history.ts";
import type { Probe, ProbeRun } from "../probe.ts";
import type { Recorder } from "../recorder.ts";
import { beatAfter, firstBeat, following, type Grid } from "./beats.ts";
import type { Deadlines } from "./deadlines.ts";
import { Guard } from "./guard.ts";

/** After a change the outcome has settled when it was the same this often. */
const SETTLED_AFTER = 5;

export interface ProbeLoopOptions {
  readonly config: ProbeConfig;
  readonly probe: Probe;
  readonly recorder: Recorder;
  /** What is known already, of a probe that goes on; else a new one. */
  readonly history: History;
  readonly originMs: number;
  readonly phase: number;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly tracing: Tracing;
  readonly logger: Logger;
}

/** One probe's life: beats, runs, results. */
export class ProbeLoop {
  readonly config: ProbeConfig;
  readonly #options: ProbeLoopOptions;
  readonly #grid: Grid;
  readonly #guard: Guard;
  readonly #history: History;
  readonly #stop = new AbortController();
  readonly #target: string;
  readonly #userMetrics: readonly string[];
  #ended: Promise<void> = Promise.resolve();
  #isSilent = false;
  #lastWarning: string | undefined;

  constructor(options: ProbeLoopOptions) {
    const { config, probe, history, clock, deadlines, logger } = options;
    this.config = config;
    this.#options = options;
    this.#grid = { originMs: options.originMs, phase: options.phase, periodMs: config.periodMs };
    this.#history = history;
    this.#target = describeTarget(config.action);
    this.#userMetrics = Object.values(config.metrics).filter((metric) => metric !== undefined).map((
      { name },
    ) => name);
    this.#guard = new Guard(probe, {
      clock,
      deadlines,
      timeoutMs: config.timeoutMs,
      onBroken: (error) =>
        logger.error("a probe broke through a mistake of ours", {
          probe: config.name,
          error,
          stack: error instanceof Error ? error.stack : undefined,
        }),
    });
  }

  /** Begins to beat, at this time at the earliest (monotonic ms). */
  start(earliestMs: number): void {
    this.#ended = this.#beat(earliestMs).catch((error) => {
      this.#options.logger.error("a probe's loop broke", { probe: this.config.name, error });
    });
  }

  /** Ends the beats. @returns when the run that is under way has ended, and its result is recorded */
  stop(): Promise<void> {
    this.#stop.abort();
    return this.#ended;
  }

  /** Cuts the run off that is under way. Nothing is recorded from now on. */
  abort(): void {
    this.#isSilent = true;
    this.#stop.abort();
    this.#guard.abort();
  }

  status(): ProbeStatus {
    const { name, action, periodMs, timeoutMs } = this.config;
    return {
      name,
      type: action.kind,
      labels: this.#options.recorder.labels,
      userMetrics: this.#userMetrics,
      target: this.#target,
      periodMs,
      timeoutMs,
      lastResult: this.#history.last,
      consecutiveFailures: this.#history.consecutiveFailures,
      consecutiveSuccesses: this.#history.consecutiveSuccesses,
      lastFailures: this.#history.lastFailures,
    };
  }

  async #beat(earliestMs: number): Promise<void> {
    const { clock, recorder } = this.#options;
    const { signal } = this.#stop;
    let dueAtMs = firstBeat(this.#grid, Math.max(clock.now(), earliestMs));
    while (await clock.sleepUntil(dueAtMs, signal)) {
      const wokeAtMs = clock.now();
      await this.#run(wokeAtMs - dueAtMs);
      const periodMs = this.#periodMs;
      const nextMs = periodMs === this.config.periodMs ? beatAfter(this.#grid, dueAtMs) : dueAtMs + periodMs;
      const { nextDueAtMs, skippedLate, skippedRunning } = following(nextMs, periodMs, wokeAtMs, clock.now());
      if (skippedLate > 0) recorder.skipped("late", skippedLate);
      if (skippedRunning > 0) recorder.skipped("still_running", skippedRunning);
      dueAtMs = nextDueAtMs;
    }
  }

  /** Quick until there is a first success, and while the outcome changes. */
  get #periodMs(): number {
    const { adaptive, periodMs } = this.config;
    const { firstSuccessAfterMs, hasChanged, consecutive } = this.#history;
    if (adaptive?.untilSuccessPeriodMs !== undefined && firstSuccessAfterMs === undefined) {
      return adaptive.untilSuccessPeriodMs;
    }
    if (adaptive?.onFailurePeriodMs !== undefined && hasChanged && consecutive < SETTLED_AFTER) {
      return adaptive.onFailurePeriodMs;
    }
    return periodMs;
  }

  async #run(lateMs: number): Promise<void> {
    const { clock, tracing } = this.#options;
    const { name, action } = this.config;
    const trace = tracing.begin(name, action.kind);
    const startedAtMs = clock.wallNow();
    const startedAt = clock.now();
    const run = await this.#guard.run(trace);
    if (this.#isSilent) return;
    const { outcome, facts, events } = run;
    const durationMs = clock.now() - startedAt;
    this.#finish({
      probe: name,
      type: action.kind,
      startedAtMs,
      durationMs,
      lateMs,
      outcome,
      facts,
      events,
      trace,
    }, run);
  }

  #finish(result: ProbeResult, run: ProbeRun): void {
    const { clock, recorder, tracing } = this.#options;
    const wallMs = clock.wallNow();
    const before = this.#history.last;
    this.#history.note(result, clock.now(), wallMs);
    recorder.record(result, this.#history, this.#periodMs, wallMs);
    tracing.probeFinished(result);
    this.#tell(result, before, run.warning);
  }

  /** Changes are told aloud, the rest in a whisper: ten lines a second help nobody. */
  #tell(result: ProbeResult, before: ProbeResult | undefined, warning: string | undefined): void {
    const { logger } = this.#options;
    const probe = this.config.name;
    const { outcome } = result;
    if (warning !== undefined && warning !== this.#lastWarning) {
      logger.warn("probe succeeds, but", { probe, warning });
    }
    this.#lastWarning = warning;
    if (outcome.kind === "fail") {
      const isNews = before?.outcome.kind !== "fail" || before.outcome.reason !== outcome.reason;
      const { reason, detail } = outcome;
      logger[isNews ? "warn" : "debug"]("probe fails", { probe, reason, detail });
    } else if (before?.outcome.kind !== "pass") {
      logger.info("probe succeeds", { probe, type: result.type, target: this.#target });
    }
  }
}
