import type { Clock } from "../base/clock.ts";
import { formatDuration } from "../base/duration.ts";
import { messageOf } from "../base/errors.ts";
import { fingerprint, type HealthConfig } from "../config/mod.ts";
import { INSTRUMENTS, userInstrument } from "../model/instruments.ts";
import { Labels } from "../model/labels.ts";
import type { Counter, Gauge, Meter, MeterGroup } from "../model/meter.ts";
import type { Tracing } from "../model/trace.ts";
import type { QueryResult } from "../query/mod.ts";
import type { Evaluator } from "./evaluator.ts";
import { damped, type Verdict } from "./hysteresis.ts";
import { type Finding, findingOf } from "./verdict.ts";

/** Samples of an endpoint are at least this far apart, unless its verdict changes: a load test must not fill the store. */
const MIN_COMMIT_GAP_MS = 100;

export interface HealthEndpointDeps {
  readonly evaluate: Evaluator;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly tracing: Tracing;
  /** Names of the probes that the query selects, right now. */
  readonly probes: () => readonly string[];
}

/** One answer, and what it rests on. */
export interface Evaluation {
  readonly healthy: boolean;
  /** HTTP status: 200; 503 unhealthy, 504 no fresh data, 500 the query failed. */
  readonly status: number;
  /** One sentence. */
  readonly reason: string;
  readonly finding: Finding;
  readonly result: QueryResult;
  /** Wall clock of the evaluation, ms. */
  readonly atMs: number;
  /** Wall clock since when the answer has been `healthy`, or has not been, ms. */
  readonly sinceMs: number;
}

/** How an endpoint stands. */
interface Standing {
  verdict: Verdict;
  /** Whose say the verdict goes by: query and source. */
  asked: string;
  /** What was answered last, errors included, and since when (monotonic ms). */
  shown: { readonly healthy: boolean; readonly sinceMs: number };
  /** Whether the query has ever said anything; until then `initial` speaks for it. */
  answered: boolean;
}

/** A path whose verdict is a query. Concurrent requests share one evaluation. */
export class HealthEndpoint {
  readonly config: HealthConfig;
  readonly #deps: HealthEndpointDeps;
  readonly #meters: EndpointMeters;
  /** The same object as that of whose place it takes: that one goes on answering for as long as this is not in it. */
  readonly #standing: Standing;
  /** Query and source. */
  readonly #asks: string;
  #running: Promise<Evaluation> | undefined;
  #last: Evaluation | undefined;

  /** `before`: whose place it takes. A verdict that has been reached goes on; it is for the query to change it. */
  constructor(config: HealthConfig, deps: HealthEndpointDeps, before?: HealthEndpoint) {
    this.config = config;
    this.#deps = deps;
    this.#meters = new EndpointMeters(config, deps.meter.group());
    const healthy = config.initial === "healthy";
    this.#asks = fingerprint([config.query, config.source]);
    this.#standing = before && before.#standing.answered ? before.#standing : {
      verdict: { healthy, contraryMs: undefined },
      asked: this.#asks,
      shown: { healthy, sinceMs: deps.clock.now() },
      answered: false,
    };
  }

  /** The newest evaluation, without making one; for pages. */
  get last(): Evaluation | undefined {
    return this.#last;
  }

  /** Evaluates now, or joins the evaluation that is under way or was made in this very millisecond. Never rejects. */
  evaluate(): Promise<Evaluation> {
    if (this.#running) return this.#running;
    const nowMs = this.#deps.clock.wallNow();
    if (this.#last?.atMs === nowMs) return Promise.resolve(this.#last);
    return this.#running = this.#evaluate(nowMs).finally(() => this.#running = undefined);
  }

  /** Ends its series. */
  close(): void {
    this.#meters.close(this.#deps.clock.wallNow());
  }

  async #evaluate(atMs: number): Promise<Evaluation> {
    const { clock } = this.#deps;
    const startedAt = clock.now();
    const result = await this.#deps.evaluate(atMs).catch(internalError);
    const durationMs = clock.now() - startedAt;
    const knownAtMs = clock.wallNow();
    const before = this.#standing.shown;
    const evaluation = this.#judge(findingOf(result), result, atMs);
    const changed = this.#standing.shown.healthy !== before.healthy;
    this.#last = evaluation;
    this.#meters.record(evaluation, durationMs, changed, knownAtMs);
    if (changed) {
      this.#deps.tracing.verdictChanged({
        endpoint: this.config.path,
        healthy: evaluation.healthy,
        atMs: knownAtMs,
        durationMs,
        reason: evaluation.reason,
        probes: this.#deps.probes(),
      });
    }
    return evaluation;
  }

  #judge(finding: Finding, result: QueryResult, atMs: number): Evaluation {
    const now = this.#deps.clock.now();
    const standing = this.#standing;
    // What another query has said against the verdict is of no account.
    if (standing.asked !== this.#asks) standing.verdict = { ...standing.verdict, contraryMs: undefined };
    standing.asked = this.#asks;
    const answer = (healthy: boolean, status: number, reason: string): Evaluation => {
      if (healthy !== standing.shown.healthy) standing.shown = { healthy, sinceMs: now };
      const sinceMs = atMs - (now - standing.shown.sinceMs);
      return { healthy, status, reason, finding, result, atMs, sinceMs };
    };
    // An error is never damped and never a 200, and says nothing about what the query thinks of the app.
    if (finding.kind === "error") return answer(false, 500, finding.reason);

    const emptyIsHealthy = this.config.whenEmpty === "healthy";
    const says = finding.kind === "healthy" || (finding.kind === "no_data" && emptyIsHealthy);
    if (finding.kind === "no_data" && !emptyIsHealthy && !standing.answered && standing.verdict.healthy) {
      return answer(true, 200, `${finding.reason} yet: healthy at first, as configured`);
    }
    if (finding.kind !== "no_data" || emptyIsHealthy) standing.answered = true;

    standing.verdict = damped(standing.verdict, says, now, this.config.forMs);
    const { healthy, contraryMs } = standing.verdict;
    const status = healthy ? 200 : finding.kind === "no_data" ? 504 : 503;
    if (contraryMs === undefined) return answer(healthy, status, finding.reason);
    const neededMs = says ? this.config.forMs.healthy : this.config.forMs.unhealthy;
    const lasted = `for ${formatDuration(now - contraryMs)} of ${formatDuration(neededMs)}`;
    return answer(
      healthy,
      status,
      `still ${healthy ? "healthy" : "unhealthy"}; ${lasted}: ${finding.reason}`,
    );
  }
}

function internalError(error: unknown): QueryResult {
  return { kind: "error", error: { kind: "internal", message: messageOf(error) } };
}

/** An endpoint's series: Bunny's own and the user's. */
class EndpointMeters {
  readonly #group: MeterGroup;
  readonly #verdict: Gauge;
  readonly #evaluations: Readonly<Record<Finding["kind"], Counter>>;
  readonly #transitions: { readonly healthy: Counter; readonly unhealthy: Counter };
  readonly #attempts: Counter | undefined;
  readonly #successes: Counter | undefined;
  readonly #responseTime: Gauge | undefined;
  #committedAtMs = -Infinity;

  constructor(config: HealthConfig, group: MeterGroup) {
    const endpoint = config.path;
    const evaluations = (result: Finding["kind"]) =>
      group.counter(INSTRUMENTS.bunny_health_evaluations_total, Labels.from({ endpoint, result }));
    const transitions = (to: string) =>
      group.counter(INSTRUMENTS.bunny_health_transitions_total, Labels.from({ endpoint, to }));
    this.#group = group;
    this.#verdict = group.gauge(INSTRUMENTS.bunny_health_verdict, Labels.from({ endpoint }));
    this.#evaluations = {
      healthy: evaluations("healthy"),
      unhealthy: evaluations("unhealthy"),
      no_data: evaluations("no_data"),
      error: evaluations("error"),
    };
    this.#transitions = { healthy: transitions("healthy"), unhealthy: transitions("unhealthy") };
    const { attempts, successes, responseTime } = config.metrics;
    this.#attempts = attempts &&
      group.counter(
        userInstrument("counter", attempts.name, `Evaluations of ${endpoint}.`, "1"),
        Labels.from(attempts.extraLabels),
      );
    this.#successes = successes &&
      group.counter(
        userInstrument("counter", successes.name, `Healthy verdicts of ${endpoint}.`, "1"),
        Labels.from(successes.extraLabels),
      );
    this.#responseTime = responseTime &&
      group.gauge(
        userInstrument(
          "gauge",
          responseTime.name,
          `Milliseconds that the last evaluation of ${endpoint} took.`,
          "ms",
        ),
        Labels.from(responseTime.extraLabels),
      );
  }

  record(evaluation: Evaluation, durationMs: number, changed: boolean, nowMs: number): void {
    this.#verdict.set(evaluation.healthy ? 1 : 0);
    this.#evaluations[evaluation.finding.kind].add(1);
    this.#attempts?.add(1);
    if (evaluation.healthy) this.#successes?.add(1);
    this.#responseTime?.set(durationMs);
    if (changed) this.#transitions[evaluation.healthy ? "healthy" : "unhealthy"].add(1);
    const due = nowMs - this.#committedAtMs >= MIN_COMMIT_GAP_MS || (changed && nowMs > this.#committedAtMs);
    if (!due) return;
    this.#group.commit(nowMs);
    this.#committedAtMs = nowMs;
  }

  close(timestampMs: number): void {
    this.#group.close(timestampMs);
  }
}
