import type { Clock } from "../../base/clock.ts";
import { formatDuration } from "../../base/duration.ts";
import type { ProbeEvent, Reason } from "../../model/probe_result.ts";
import { fail, type Failure } from "../probe.ts";
import { socketFailure } from "./socket_error.ts";

export interface RunOptions {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** For the words of a time-out. */
  readonly timeoutMs: number;
}

/** Something open. Closing it twice is no harm, and never throws. */
export interface Closable {
  close(): void;
}

/**
 * One run of a probe over a connection: what it is at, what it holds open, what happened on the way. Everything held
 * is closed when the signal aborts, so that no read or write outlives the deadline, and at the end of the scope.
 */
export class Run implements Disposable {
  readonly events: ProbeEvent[] = [];
  readonly signal: AbortSignal;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #startedAt: number;
  readonly #held = new Set<Closable>();
  #doing = "starting";
  #ifBroken: Reason = "connect";
  readonly #onAbort = () => this.#closeAll();

  constructor({ signal, clock, timeoutMs }: RunOptions) {
    this.signal = signal;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#startedAt = clock.now();
    signal.addEventListener("abort", this.#onAbort);
  }

  /** Monotonic milliseconds. */
  now(): number {
    return this.#clock.now();
  }

  /** Says what comes next ("reading the body"), and the reason to give if the connection breaks meanwhile. */
  enter(doing: string, ifBroken: Reason): void {
    this.#doing = doing;
    this.#ifBroken = ifBroken;
  }

  /** Waits so long, at most until the deadline. */
  async pause(ms: number): Promise<void> {
    await this.#clock.sleepUntil(this.#clock.now() + ms, this.signal);
  }

  /** Notes an event for the trace. */
  note(name: string, attributes: ProbeEvent["attributes"]): void {
    this.events.push({ name, atMs: this.#clock.now() - this.#startedAt, attributes });
  }

  /** Closes this when time is up and at the end of the run. */
  hold(held: Closable): void {
    if (this.signal.aborted) return held.close();
    this.#held.add(held);
  }

  /** Closes it now. */
  letGo(held: Closable): void {
    this.#held.delete(held);
    held.close();
  }

  /**
   * What an error means at this point: time-out if the deadline caused it, else what the system said.
   * @throws the error itself when it is a mistake of ours
   */
  failure(error: unknown): Failure {
    if (this.signal.aborted) return this.timedOut();
    const failure = socketFailure(error, this.#doing, this.#ifBroken);
    if (!failure) throw error;
    return failure;
  }

  timedOut(): Failure {
    return fail("timeout", `not done within ${formatDuration(this.#timeoutMs)}: still ${this.#doing}`);
  }

  /** The end came too early: the peer closed in good order, in the middle of something. */
  cutShort(what: string): Failure {
    return fail(this.#ifBroken, `${this.#doing}: ${what}`);
  }

  [Symbol.dispose](): void {
    this.signal.removeEventListener("abort", this.#onAbort);
    this.#closeAll();
  }

  #closeAll(): void {
    for (const held of this.#held) held.close();
    this.#held.clear();
  }
}
