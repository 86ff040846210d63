import type { RunningProcess } from "../support/process_runner.ts";

/** One failed run of a probe, as Bunny's log tells of it. */
export interface Failed {
  readonly probe: string;
  /** Wall clock, ms. */
  readonly atMs: number;
  readonly reason: string;
  readonly detail: string;
}

/** All failed probes of a Bunny whose log tells of each (`EGRESS_LOG_LEVEL=debug`). */
export class Failures {
  readonly #bunny: RunningProcess;
  readonly #failed: Failed[] = [];
  #seenLines = 0;

  constructor(bunny: RunningProcess) {
    this.#bunny = bunny;
  }

  /** Those between two times (wall clock, ms). */
  between(fromMs: number, untilMs: number): Failed[] {
    const { lines } = this.#bunny;
    for (; this.#seenLines < lines.length; this.#seenLines++) {
      const failed = failedProbe(lines[this.#seenLines].text);
      if (failed) this.#failed.push(failed);
    }
    return this.#failed.filter(({ atMs }) => atMs >= fromMs && atMs < untilMs);
  }
}

function failedProbe(line: string): Failed | undefined {
  if (!line.includes('"probe fails"')) return undefined;
  const { time, probe, reason, detail } = JSON.parse(line);
  return { probe, atMs: Date.parse(time), reason, detail };
}
