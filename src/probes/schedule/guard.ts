import type { Clock } from "../../base/clock.ts";
import { formatDuration } from "../../base/duration.ts";
import { messageOf } from "../../base/errors.ts";
import type { TraceContext } from "../../model/trace.ts";
import { fail, type Probe, type ProbeRun } from "../probe.ts";
import type { Deadline, Deadlines } from "./deadlines.ts";

/** How long after its deadline a run may take to clear up before it is given up. */
const GRACE_MS = 10;

/** Runs that were given up and never ended: with this many no further one is begun. */
const MAX_STRAYS = 3;

export interface GuardOptions {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly timeoutMs: number;
  /** Told of what a run threw: a mistake of ours. */
  readonly onBroken: (error: unknown) => void;
}

/**
 * Runs a probe so that a result comes at the deadline whatever the probe does: one that ignores its signal is given
 * up a moment later, one that throws has failed.
 */
export class Guard {
  readonly #probe: Probe;
  readonly #options: GuardOptions;
  readonly #running = new Map<GuardedRun, Promise<unknown>>();
  #strays = 0;

  constructor(probe: Probe, options: GuardOptions) {
    this.#probe = probe;
    this.#options = options;
  }

  /** Never rejects. */
  run(trace: TraceContext | undefined): Promise<ProbeRun> {
    if (this.#strays >= MAX_STRAYS) {
      return Promise.resolve(
        failed("internal", `${this.#strays} earlier runs of this probe have not ended yet`),
      );
    }
    const { clock, deadlines, timeoutMs } = this.#options;
    return new Promise((resolve) => {
      const run = new GuardedRun(clock, deadlines, () => {
        this.#strays++;
        resolve(failed("timeout", `not done within ${formatDuration(timeoutMs)}`));
      });
      run.cutAt(clock.now() + timeoutMs);
      const ended = this.#begin(run.signal, trace).then((result) => {
        this.#running.delete(run);
        if (run.end() === "given_up") this.#strays--;
        resolve(result);
      });
      this.#running.set(run, ended);
    });
  }

  /** Cuts off the run that is under way; its result means nothing. */
  abort(): void {
    for (const run of this.#running.keys()) run.cut();
  }

  /** Waits until every run has ended in earnest, those that were given up too. */
  async settled(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  async #begin(signal: AbortSignal, trace: TraceContext | undefined): Promise<ProbeRun> {
    try {
      return await this.#probe.run(signal, trace);
    } catch (error) {
      this.#options.onBroken(error);
      return failed("internal", `the probe itself broke: ${messageOf(error)}`);
    }
  }
}

/** The deadlines of one run: first it is told to end, then it is given up. */
class GuardedRun {
  readonly #clock: Clock;
  readonly #deadlines: Deadlines;
  readonly #onGivenUp: () => void;
  readonly #abort = new AbortController();
  #deadline: Deadline | undefined;
  #state: "running" | "given_up" | "ended" = "running";

  constructor(clock: Clock, deadlines: Deadlines, onGivenUp: () => void) {
    this.#clock = clock;
    this.#deadlines = deadlines;
    this.#onGivenUp = onGivenUp;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  cutAt(dueAtMs: number): void {
    this.#deadline = this.#deadlines.at(dueAtMs, () => this.cut());
  }

  cut(): void {
    if (this.#state !== "running" || this.#abort.signal.aborted) return;
    this.#deadline?.cancel();
    this.#deadline = this.#deadlines.at(this.#clock.now() + GRACE_MS, () => {
      this.#state = "given_up";
      this.#onGivenUp();
    });
    this.#abort.abort();
  }

  /** @returns what it was before */
  end(): "running" | "given_up" | "ended" {
    const before = this.#state;
    this.#deadline?.cancel();
    this.#state = "ended";
    return before;
  }
}

function failed(reason: "timeout" | "internal", detail: string): ProbeRun {
  return { outcome: fail(reason, detail), facts: {}, events: [] };
}
