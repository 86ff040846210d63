/** So many restarts within `WINDOW_MS`, and no more: what fails that often is better started anew from outside. */
const MAX_RESTARTS = 5;

const WINDOW_MS = 60_000;

/** Wait before a restart, ms, by how many there were in the window. */
const WAITS_MS = [0, 100, 300, 600, 900];

/** Decides whether, and how soon, a service that failed is restarted: never in a tight loop. Owns no clock. */
export class RestartBudget {
  /** When the restarts within the window were, monotonic ms, oldest first. */
  #restartsAtMs: number[] = [];

  /** Takes one restart from the budget. @returns how long to wait before it, ms; `undefined`: no more of them */
  take(nowMs: number): number | undefined {
    this.#restartsAtMs = this.#restartsAtMs.filter((atMs) => nowMs - atMs < WINDOW_MS);
    const before = this.#restartsAtMs.length;
    if (before >= MAX_RESTARTS) return undefined;
    this.#restartsAtMs.push(nowMs);
    return WAITS_MS[before];
  }
}
