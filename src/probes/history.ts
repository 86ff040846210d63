import type { ProbeResult } from "../model/probe_result.ts";
import type { ProbeFailure } from "../model/probe_status.ts";

/** How many failures are kept for people to look at. */
const KEPT_FAILURES = 5;

/** What one probe's results were, as far as it is remembered. */
export class History {
  /** Monotonic ms from the probe's creation to its first success; `undefined`: none yet. */
  firstSuccessAfterMs: number | undefined;
  last: ProbeResult | undefined;
  consecutiveFailures = 0;
  consecutiveSuccesses = 0;
  /** Whether the outcome has ever been another one. */
  hasChanged = false;
  #failures: readonly ProbeFailure[] = [];
  readonly #createdAtMs: number;

  /** Monotonic ms. */
  constructor(createdAtMs: number) {
    this.#createdAtMs = createdAtMs;
  }

  /** Newest first. */
  get lastFailures(): readonly ProbeFailure[] {
    return this.#failures;
  }

  /** How many results in a row were like the last one. */
  get consecutive(): number {
    return this.consecutiveFailures + this.consecutiveSuccesses;
  }

  /** `nowMs`: monotonic; `atMs`: wall clock. */
  note(result: ProbeResult, nowMs: number, atMs: number): void {
    const { outcome } = result;
    if (this.last && this.last.outcome.kind !== outcome.kind) this.hasChanged = true;
    this.last = result;
    if (outcome.kind === "pass") {
      this.consecutiveSuccesses++;
      this.consecutiveFailures = 0;
      this.firstSuccessAfterMs ??= nowMs - this.#createdAtMs;
      return;
    }
    this.consecutiveFailures++;
    this.consecutiveSuccesses = 0;
    const { reason, detail } = outcome;
    this.#failures = [{ atMs, reason, detail }, ...this.#failures.slice(0, KEPT_FAILURES - 1)];
  }
}
