import type { Outcome, ProbeEvent, ProbeFacts, Reason } from "../model/probe_result.ts";
import type { TraceContext } from "../model/trace.ts";

/** What one run came to. */
export interface ProbeRun {
  readonly outcome: Outcome;
  readonly facts: ProbeFacts;
  readonly events: readonly ProbeEvent[];
  /** One sentence, for a success that deserves a second look. */
  readonly warning?: string;
}

/** One way to ask a target how it is. Holds nothing open between runs. */
export interface Probe {
  /**
   * Asks once. Whatever the target does is an outcome; a rejection is a mistake of ours. Ends soon after `signal`
   * aborts, with everything closed that the run had opened.
   */
  run(signal: AbortSignal, trace: TraceContext | undefined): Promise<ProbeRun>;
}

export type Failure = Extract<Outcome, { kind: "fail" }>;

export const PASS: Outcome = { kind: "pass" };

/** `detail`: one sentence for a person. */
export function fail(reason: Reason, detail: string): Failure {
  return { kind: "fail", reason, detail };
}
