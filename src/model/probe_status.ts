import type { ProbeResult, ProbeType, Reason } from "./probe_result.ts";
import type { Labels } from "./labels.ts";

/** One failure, kept for people who ask why. */
export interface ProbeFailure {
  /** Wall clock, ms since the epoch. */
  readonly atMs: number;
  readonly reason: Reason;
  readonly detail: string;
}

/** What is known of one probe right now. */
export interface ProbeStatus {
  readonly name: string;
  readonly type: ProbeType;
  /** The labels that all its series carry, `probe` and `type` included; without a metric name. */
  readonly labels: Labels;
  /** Names of the metrics of its `metrics` block. */
  readonly userMetrics: readonly string[];
  /** Address or command for people, without secrets: `http://localhost:2624/healthz`. */
  readonly target: string;
  readonly periodMs: number;
  readonly timeoutMs: number;
  /** `undefined`: none has finished yet. */
  readonly lastResult: ProbeResult | undefined;
  readonly consecutiveFailures: number;
  readonly consecutiveSuccesses: number;
  /** Newest first; only a few are kept. */
  readonly lastFailures: readonly ProbeFailure[];
}

/** Where pages and verbose answers learn about the probes. */
export interface ProbeStatusSource {
  /** In the order of the configuration. */
  probes(): readonly ProbeStatus[];
}
