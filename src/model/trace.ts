import type { ProbeResult, ProbeType } from "./probe_result.ts";

/** The identity that a probe carries to its target (W3C Trace Context). */
export interface TraceContext {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits: the probe's own span. */
  readonly spanId: string;
  readonly sampled: boolean;
}

/** The `traceparent` header of a context. */
export function traceparent(context: TraceContext): string {
  return `00-${context.traceId}-${context.spanId}-${context.sampled ? "01" : "00"}`;
}

/** One change of a health endpoint's verdict. */
export interface VerdictChange {
  readonly endpoint: string;
  readonly healthy: boolean;
  /** Wall clock at which the verdict was known, ms since the epoch. */
  readonly atMs: number;
  /** How long the evaluation had taken by then, ms. */
  readonly durationMs: number;
  /** One sentence, as in the answer's second line. */
  readonly reason: string;
  /** Names of the probes that the query selects. */
  readonly probes: readonly string[];
}

/** Where spans go: probes and verdicts tell it what happened, telemetry decides what is kept. Never throws. */
export interface Tracing {
  /** Called before a probe runs; `undefined`: this probe carries no context. */
  begin(probe: string, type: ProbeType): TraceContext | undefined;
  probeFinished(result: ProbeResult): void;
  verdictChanged(change: VerdictChange): void;
}

/** Traces nothing. */
export const NO_TRACING: Tracing = { begin: () => undefined, probeFinished() {}, verdictChanged() {} };
