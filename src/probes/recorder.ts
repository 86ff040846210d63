import type { ProbeConfig, UserMetricConfig } from "../config/mod.ts";
import { type Instrument, INSTRUMENTS, userInstrument } from "../model/instruments.ts";
import { Labels } from "../model/labels.ts";
import type { Counter, Distribution, Gauge, Meter, MeterGroup } from "../model/meter.ts";
import {
  HTTP_PHASES,
  type HttpPhase,
  type ProbeFacts,
  type ProbeResult,
  type ProbeType,
  type Reason,
  type SkipReason,
} from "../model/probe_result.ts";
import type { History } from "./history.ts";
import { SteadyStamps } from "./steady_stamps.ts";

/** The gauges that come straight from a fact, by the kind of probe that has them. */
const FACT_GAUGES: Readonly<Record<ProbeType, readonly (readonly [keyof ProbeFacts, Instrument])[]>> = {
  http: [
    ["httpStatusCode", INSTRUMENTS.probe_http_status_code],
    ["httpRedirects", INSTRUMENTS.probe_http_redirects],
    ["certificateExpirySeconds", INSTRUMENTS.probe_ssl_earliest_cert_expiry],
  ],
  grpc: [
    ["grpcStatusCode", INSTRUMENTS.probe_grpc_status_code],
    ["certificateExpirySeconds", INSTRUMENTS.probe_ssl_earliest_cert_expiry],
  ],
  tcp: [
    ["expectFailedStep", INSTRUMENTS.probe_expect_failed_step],
    ["certificateExpirySeconds", INSTRUMENTS.probe_ssl_earliest_cert_expiry],
  ],
  exec: [["execExitCode", INSTRUMENTS.probe_exec_exit_code]],
};

/**
 * Measured times are kept in binary fractions of about a microsecond. The store packs samples by the bits in which
 * neighbours differ, and all bits beyond that are noise: with them an hour of measurements takes twice the memory.
 */
const SECOND_PARTS = 2 ** 20;
/** How late a beat was matters from a millisecond on: 61 µs tell enough. */
const DELAY_PARTS = 2 ** 14;
const MS_PARTS = 2 ** 10;

/** Turns one probe's results into numbers: everything about a result in one commit, with one timestamp. */
export class Recorder {
  /** `probe`, `type` and the configuration's own: what every series of the probe carries. */
  readonly labels: Labels;
  readonly #group: MeterGroup;
  readonly #timeoutSeconds: number;
  readonly #success: Gauge;
  readonly #duration: Gauge;
  readonly #timeout: Gauge;
  readonly #interval: Gauge;
  readonly #delay: Gauge;
  readonly #failuresInARow: Gauge;
  readonly #successesInARow: Gauge;
  readonly #timeToFirstSuccess: Gauge;
  readonly #attempts: Counter;
  readonly #failures = new Map<Reason, Counter>();
  readonly #skipped = new Map<SkipReason, Counter>();
  readonly #latency: Readonly<Record<"success" | "failure", Distribution>>;
  readonly #facts: readonly (readonly [keyof ProbeFacts, Gauge])[];
  readonly #phases: readonly (readonly [HttpPhase, Gauge])[];
  readonly #userAttempts: Counter | undefined;
  readonly #userSuccesses: Counter | undefined;
  readonly #userResponseTime: Gauge | undefined;
  readonly #bunnyLabels: Labels;
  readonly #stamps = new SteadyStamps();
  #lastCommitMs = -Infinity;

  constructor(meter: Meter, config: ProbeConfig) {
    const { name: probe, labels: own, metrics } = config;
    const type = config.action.kind;
    const group = meter.group();
    const labels = Labels.from({ ...own, probe, type });
    const gauge = (instrument: Instrument) => group.gauge(instrument, labels);
    this.#group = group;
    this.labels = labels;
    this.#timeoutSeconds = config.timeoutMs / 1_000;
    this.#success = gauge(INSTRUMENTS.probe_success);
    this.#duration = gauge(INSTRUMENTS.probe_duration_seconds);
    this.#timeout = gauge(INSTRUMENTS.probe_timeout_seconds);
    this.#interval = gauge(INSTRUMENTS.probe_interval_seconds);
    this.#failuresInARow = gauge(INSTRUMENTS.probe_consecutive_failures);
    this.#successesInARow = gauge(INSTRUMENTS.probe_consecutive_successes);
    this.#timeToFirstSuccess = gauge(INSTRUMENTS.probe_time_to_first_success_seconds);
    this.#attempts = group.counter(INSTRUMENTS.probe_attempts_total, labels);
    const latency = (result: string) =>
      group.distribution(INSTRUMENTS.probe_latency_seconds, labels.with("result", result));
    this.#latency = { success: latency("success"), failure: latency("failure") };
    this.#facts = FACT_GAUGES[type].map(([fact, instrument]) => [fact, gauge(instrument)]);
    this.#phases = type !== "http" ? [] : HTTP_PHASES.map((phase) => [
      phase,
      group.gauge(INSTRUMENTS.probe_http_duration_seconds, labels.with("phase", phase)),
    ]);
    this.#bunnyLabels = Labels.from({ ...own, probe });
    this.#delay = group.gauge(INSTRUMENTS.bunny_probe_scheduling_delay_seconds, this.#bunnyLabels);
    const { attempts, successes, responseTime } = metrics;
    this.#userAttempts = attempts &&
      group.counter(
        userInstrument("counter", attempts.name, "Probes that ran to their end.", "1"),
        userLabels(attempts, own),
      );
    this.#userSuccesses = successes &&
      group.counter(
        userInstrument("counter", successes.name, "Probes that succeeded.", "1"),
        userLabels(successes, own),
      );
    this.#userResponseTime = responseTime &&
      group.gauge(
        userInstrument("gauge", responseTime.name, "Milliseconds that the last success took.", "ms"),
        userLabels(responseTime, own),
      );
  }

  /** Says that the probe is there: its counters at 0. */
  begin(wallMs: number): void {
    this.#commit(wallMs - 1); // a first result in this very millisecond must not be lost
  }

  /**
   * Goes on with the counters that come with their first increment, where they carry the same labels: else they would
   * end with the one whose place this takes, until the next of their kind. Before that one is closed.
   */
  succeed(before: Recorder): void {
    if (before.labels.key === this.labels.key) {
      for (const reason of before.#failures.keys()) this.#failureCounter(reason);
    }
    if (before.#bunnyLabels.key === this.#bunnyLabels.key) {
      for (const reason of before.#skipped.keys()) this.#skipCounter(reason);
    }
  }

  /**
   * `wallMs`: when the result was there, so that a window which ends now holds even the slowest time-out. The samples are
   * stamped with that or, to be regular, with a time just before.
   */
  record(result: ProbeResult, history: History, periodMs: number, wallMs: number): void {
    const { outcome, facts, trace } = result;
    const passed = outcome.kind === "pass";
    const seconds = result.durationMs / 1_000;
    this.#success.set(passed ? 1 : 0);
    this.#duration.set(secondsOf(result.durationMs));
    this.#timeout.set(this.#timeoutSeconds);
    this.#interval.set(periodMs / 1_000);
    this.#delay.set(secondsOf(result.lateMs, DELAY_PARTS));
    this.#attempts.add(1);
    this.#userAttempts?.add(1);
    if (outcome.kind === "fail") {
      this.#failureCounter(outcome.reason).add(1);
    } else {
      this.#userSuccesses?.add(1);
      this.#userResponseTime?.set(Math.round(result.durationMs * MS_PARTS) / MS_PARTS);
    }
    // An exemplar must not point at a trace that nobody keeps: failures always are, successes when sampled.
    const kept = trace?.sampled || !passed ? trace : undefined;
    this.#latency[passed ? "success" : "failure"].record(seconds, kept?.traceId, kept?.spanId);
    this.#failuresInARow.set(history.consecutiveFailures);
    this.#successesInARow.set(history.consecutiveSuccesses);
    if (history.firstSuccessAfterMs !== undefined) {
      this.#timeToFirstSuccess.set(history.firstSuccessAfterMs / 1_000);
    }
    for (const [fact, gauge] of this.#facts) setOrUnset(gauge, facts[fact] as number | undefined);
    for (const [phase, gauge] of this.#phases) {
      const ms = facts.httpPhasesMs?.[phase];
      setOrUnset(gauge, ms === undefined ? undefined : secondsOf(ms));
    }
    this.#commit(this.#stamps.stamp(wallMs, periodMs));
  }

  /** Counts beats that did not run; they are written with the next result. */
  skipped(reason: SkipReason, beats: number): void {
    this.#skipCounter(reason).add(beats);
  }

  /** Ends the series. */
  close(wallMs: number): void {
    this.#group.close(Math.max(wallMs, this.#lastCommitMs + 1));
  }

  #failureCounter(reason: Reason): Counter {
    let counter = this.#failures.get(reason);
    if (!counter) {
      counter = this.#group.counter(INSTRUMENTS.probe_failures_total, this.labels.with("reason", reason));
      this.#failures.set(reason, counter);
    }
    return counter;
  }

  #skipCounter(reason: SkipReason): Counter {
    let counter = this.#skipped.get(reason);
    if (!counter) {
      counter = this.#group.counter(
        INSTRUMENTS.bunny_probes_skipped_total,
        this.#bunnyLabels.with("reason", reason),
      );
      this.#skipped.set(reason, counter);
    }
    return counter;
  }

  /** Never twice at one time: the store would keep only the first. */
  #commit(wallMs: number): void {
    this.#lastCommitMs = Math.max(wallMs, this.#lastCommitMs + 1);
    this.#group.commit(this.#lastCommitMs);
  }
}

function secondsOf(ms: number, parts = SECOND_PARTS): number {
  return Math.round(ms / 1_000 * parts) / parts;
}

function setOrUnset(gauge: Gauge, value: number | undefined): void {
  if (value === undefined) gauge.unset();
  else gauge.set(value);
}

function userLabels({ extraLabels }: UserMetricConfig, own: Readonly<Record<string, string>>): Labels {
  return Labels.from({ ...own, ...extraLabels });
}
