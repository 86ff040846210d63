import type { TraceContext } from "./trace.ts";

/** The closed set of reasons for a failed probe: label values, so never anything else. */
export const REASONS = [
  "timeout",
  "dns",
  "refused",
  "connect",
  "tls",
  "status",
  "body",
  "headers",
  "redirect",
  "expect",
  "not_serving",
  "unimplemented",
  "rpc",
  "exit_code",
  "signal",
  "spawn",
  "internal",
] as const;
export type Reason = (typeof REASONS)[number];

/** Why a beat did not run: label values as well. */
export const SKIP_REASONS = ["still_running", "late"] as const;
export type SkipReason = (typeof SKIP_REASONS)[number];

const PROBE_TYPES = ["http", "grpc", "tcp", "exec"] as const;
export type ProbeType = (typeof PROBE_TYPES)[number];

/** How a probe ended. `detail` is one sentence for a person; it may hold what the target sent, never our secrets. */
export type Outcome =
  | { readonly kind: "pass" }
  | { readonly kind: "fail"; readonly reason: Reason; readonly detail: string };

/** The stretches of an HTTP probe, in the order they happen. */
export const HTTP_PHASES = ["resolve", "connect", "tls", "processing", "transfer"] as const;
export type HttpPhase = (typeof HTTP_PHASES)[number];

/** Something that happened on the way, for the trace: an expect step, a redirect. */
export interface ProbeEvent {
  readonly name: string;
  /** Milliseconds after the probe started. */
  readonly atMs: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
}

/** What only some kinds of probe measure. Absent: not measured this time. */
export interface ProbeFacts {
  readonly httpStatusCode?: number;
  readonly httpRedirects?: number;
  /** Milliseconds by phase; a phase that did not happen is absent. Redirects add up. */
  readonly httpPhasesMs?: Readonly<Partial<Record<HttpPhase, number>>>;
  /** Unix seconds at which the first certificate of the chain expires. */
  readonly certificateExpirySeconds?: number;
  readonly grpcStatusCode?: number;
  readonly execExitCode?: number;
  /** 1-based; 0 when every step passed. */
  readonly expectFailedStep?: number;
  readonly serverAddress?: string;
  readonly serverPort?: number;
}

/** One finished probe. */
export interface ProbeResult {
  readonly probe: string;
  readonly type: ProbeType;
  /** Wall clock at the start, ms since the epoch. */
  readonly startedAtMs: number;
  /** From start to verdict, ms with a fraction. */
  readonly durationMs: number;
  /** How late the beat was, ms with a fraction. */
  readonly lateMs: number;
  readonly outcome: Outcome;
  readonly facts: ProbeFacts;
  readonly events: readonly ProbeEvent[];
  readonly trace: TraceContext | undefined;
}
