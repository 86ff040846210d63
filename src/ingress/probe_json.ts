import type { ProbeStatus } from "../model/probe_status.ts";

/** What verbose answers and the status page both tell of a probe. */
export function probeJson({ type, target, lastResult, consecutiveFailures, lastFailures }: ProbeStatus) {
  return {
    type,
    target,
    lastOutcome: lastResult?.outcome.kind ?? null,
    consecutiveFailures,
    lastFailures: lastFailures.map(({ atMs, reason, detail }) => ({
      time: new Date(atMs).toISOString(),
      reason,
      detail,
    })),
  };
}
