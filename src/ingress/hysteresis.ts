/** How long a new opinion must last before it becomes the verdict, ms, by what it would change to. */
export interface Damping {
  readonly healthy: number;
  readonly unhealthy: number;
}

/** What is published, and what may follow it. */
export interface Verdict {
  readonly healthy: boolean;
  /** Monotonic ms since when the query has said otherwise; `undefined` while it agrees. */
  readonly contraryMs: number | undefined;
}

/** The verdict after one more evaluation: it changes only when the query has said so for long enough. */
export function damped(before: Verdict, says: boolean, nowMs: number, forMs: Damping): Verdict {
  if (says === before.healthy) {
    return before.contraryMs === undefined ? before : { ...before, contraryMs: undefined };
  }
  const contraryMs = before.contraryMs ?? nowMs;
  const neededMs = says ? forMs.healthy : forMs.unhealthy;
  if (nowMs - contraryMs >= neededMs) return { healthy: says, contraryMs: undefined };
  return { ...before, contraryMs };
}
