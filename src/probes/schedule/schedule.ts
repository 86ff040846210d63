import { callAt, type Clock } from "../../base/clock.ts";
import { type Logger, SILENT } from "../../base/log.ts";
import { atOnce, type Steps } from "../../base/steps.ts";
import { fingerprint, type ProbeConfig } from "../../config/mod.ts";
import type { Meter } from "../../model/meter.ts";
import type { ProbeStatus, ProbeStatusSource } from "../../model/probe_status.ts";
import { NO_TRACING, type Tracing } from "../../model/trace.ts";
import { ExecPolicy } from "../exec/exec_policy.ts";
import { findKillReach } from "../exec/process_group.ts";
import { History } from "../history.ts";
import { makeProbe, type ProbeDeps } from "../make_probe.ts";
import { BufferPool } from "../net/inbox.ts";
import { Resolver } from "../net/resolver.ts";
import type { Probe } from "../probe.ts";
import { Recorder } from "../recorder.ts";
import { phaseOf } from "./beats.ts";
import { Deadlines } from "./deadlines.ts";
import { ProbeLoop } from "./probe_loop.ts";

/** How long `stop` waits for runs that are under way before it cuts them off. */
const STOP_WAIT_MS = 1_000;

export interface ScheduleOptions {
  readonly clock: Clock;
  readonly meter: Meter;
  /** Default: traces nothing. */
  readonly tracing?: Tracing;
  /** Default: says nothing. */
  readonly logger?: Logger;
  /** Programs that exec probes may run. Default: none. */
  readonly execPolicy?: ExecPolicy;
  /** Default: by the kind → maker table. */
  readonly makeProbe?: (config: ProbeConfig, deps: ProbeDeps) => Probe;
}

interface Entry {
  readonly fingerprint: string;
  /** Which probe of this schedule it was, in order of appearance: decides on its phase. */
  readonly sequence: number;
  /** When a probe of its name was first made, monotonic ms: from then on its initial delay counts. */
  readonly firstMadeAtMs: number;
  /** When that has passed; one that has begun to beat does not wait again. */
  readonly earliestMs: number;
  readonly history: History;
  readonly loop: ProbeLoop;
  readonly recorder: Recorder;
}

/** Runs probes, each on its own beat, and records what they find. */
export class Schedule implements ProbeStatusSource, AsyncDisposable {
  readonly #options: Required<ScheduleOptions>;
  readonly #deps: ProbeDeps;
  readonly #deadlines: Deadlines;
  readonly #originMs: number;
  /** By name, in the order of the configuration. */
  #entries = new Map<string, Entry>();
  #nextSequence = 0;
  /** Loops that were dropped and clear up. */
  readonly #ending = new Set<Promise<void>>();
  #hasWarned = false;
  #stopped: Promise<void> | undefined;

  constructor(options: ScheduleOptions) {
    this.#options = {
      tracing: NO_TRACING,
      logger: SILENT,
      execPolicy: new ExecPolicy([]),
      makeProbe,
      ...options,
    };
    const { clock, execPolicy } = this.#options;
    this.#deps = {
      clock,
      execPolicy,
      resolver: new Resolver(),
      pool: new BufferPool(),
      killReach: findKillReach(),
    };
    this.#deadlines = new Deadlines(clock);
    this.#originMs = clock.now();
  }

  /**
   * Makes these the probes, from now on. One that has not changed keeps its beat, its counters and the run that is
   * under way; one that has changed goes on with its series, its place in the period and, as long as it asks the same,
   * with what it has found out; the series of one that is gone end. Names are unique.
   */
  apply(probes: readonly ProbeConfig[]): void {
    atOnce(this.applying(probes));
  }

  /** The same in steps, each for one probe. Ends before the next one begins. */
  *applying(probes: readonly ProbeConfig[]): Steps<void> {
    if (this.#stopped) return;
    this.#warnOfShortReach(probes);
    const before = this.#entries;
    const after = new Map<string, Entry>();
    for (const config of probes) {
      const old = before.get(config.name);
      const print = fingerprint(config);
      const entry = old?.fingerprint === print ? old : this.#make(config, print, old);
      after.set(config.name, entry);
      yield;
    }
    this.#entries = after;
    // The new ones hold their series already: what they share with the old ones gets no stale marker.
    for (const [name, entry] of before) {
      if (after.has(name)) continue;
      this.#drop(entry);
      yield;
    }
    for (const [name, entry] of after) {
      const old = before.get(name);
      if (old === entry) continue;
      if (old) {
        entry.recorder.succeed(old.recorder); // now, not when it was made: the old one has gone on counting
        this.#drop(old);
      }
      if (!this.#stopped) this.#start(entry, old !== undefined);
      yield;
    }
  }

  probes(): readonly ProbeStatus[] {
    return [...this.#entries.values()].map(({ loop }) => loop.status());
  }

  /** Ends all beats, and waits for the runs that are under way; those that take longer than a second are cut off. */
  stop(): Promise<void> {
    return this.#stopped ??= this.#stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(): Promise<void> {
    const { clock } = this.#options;
    const loops = [...this.#entries.values()].map(({ loop }) => loop);
    const ended = Promise.all([...loops.map((loop) => loop.stop()), ...this.#ending]);
    using _limit = callAt(clock, clock.now() + STOP_WAIT_MS, () => loops.forEach((loop) => loop.abort()));
    await ended;
    this.#deadlines.close();
  }

  /** Said once: with scoped permissions what a command has started can outlive it. */
  #warnOfShortReach(probes: readonly ProbeConfig[]): void {
    if (this.#deps.killReach.kind !== "leader" || this.#hasWarned) return;
    if (!probes.some(({ action }) => action.kind === "exec")) return;
    this.#hasWarned = true;
    this.#options.logger.warn(
      "the permissions at hand let a command that outlives its limit be ended, but not what it has started: " +
        "add /bin/kill to --allow-run, or allow it without a scope",
    );
  }

  /** `old`: the one whose place it takes. */
  #make(config: ProbeConfig, print: string, old: Entry | undefined): Entry {
    const { meter, clock, tracing, logger } = this.#options;
    const sequence = old?.sequence ?? this.#nextSequence++;
    const now = clock.now();
    const firstMadeAtMs = old?.firstMadeAtMs ?? now;
    const earliestMs = old && old.earliestMs <= now ? old.earliestMs : firstMadeAtMs + config.initialDelayMs;
    const history = old && asksTheSame(old.loop.config, config) ? old.history : new History(now);
    const recorder = new Recorder(meter, config);
    const loop = new ProbeLoop({
      config,
      probe: this.#options.makeProbe(config, this.#deps),
      recorder,
      history,
      originMs: this.#originMs,
      phase: phaseOf(sequence),
      clock,
      deadlines: this.#deadlines,
      tracing,
      logger,
    });
    return { fingerprint: print, sequence, firstMadeAtMs, earliestMs, history, loop, recorder };
  }

  #start({ loop, recorder, earliestMs }: Entry, isSuccessor: boolean): void {
    if (!isSuccessor) recorder.begin(this.#options.clock.wallNow());
    loop.start(earliestMs);
  }

  #drop({ loop, recorder }: Entry): void {
    loop.abort();
    recorder.close(this.#options.clock.wallNow());
    const ending = loop.stop().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }
}

/** Whether what one has found out is true of the other: a target does not recover because its time-out is changed. */
function asksTheSame(one: ProbeConfig, other: ProbeConfig): boolean {
  return fingerprint(one.action) === fingerprint(other.action);
}
