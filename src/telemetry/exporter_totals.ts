import type { ExporterStats } from "./export/dispatcher.ts";

interface Counted {
  stats(): ExporterStats;
}

/** Adds up exporters' counts by name, over all that ever bore it, so that no counter goes back when one is replaced. */
export class ExporterTotals {
  readonly #running = new Set<Counted>();
  readonly #retired = new Map<string, ExporterStats>();

  add(exporter: Counted): void {
    this.#running.add(exporter);
  }

  /** It has ended: only its counts are kept. */
  retire(exporter: Counted): void {
    if (!this.#running.delete(exporter)) return;
    const stats = exporter.stats();
    const before = this.#retired.get(stats.exporter);
    const ended: ExporterStats = { ...stats, state: "idle", queued: 0 };
    this.#retired.set(stats.exporter, before ? sum(before, ended) : ended);
  }

  stats(): ExporterStats[] {
    const byName = new Map(this.#retired);
    for (const exporter of this.#running) {
      const stats = exporter.stats();
      const before = byName.get(stats.exporter);
      byName.set(stats.exporter, before ? sum(before, stats) : stats);
    }
    return [...byName.values()];
  }
}

/** The newer one's state. */
function sum(older: ExporterStats, newer: ExporterStats): ExporterStats {
  return {
    ...newer,
    queued: older.queued + newer.queued,
    sent: older.sent + newer.sent,
    dropped: older.dropped + newer.dropped,
    failedAttempts: older.failedAttempts + newer.failedAttempts,
  };
}
