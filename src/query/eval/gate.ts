import type { Clock } from "../../base/clock.ts";

/** What became of a wish to run. */
export type Admission = "admitted" | "full" | "timeout" | "canceled";

/** Lets so many queries run at once; a bounded number waits, first come, first served. */
export class Gate {
  readonly #maxRunning: number;
  readonly #maxWaiting: number;
  readonly #queue: (() => void)[] = [];
  #running = 0;

  constructor(maxRunning: number, maxWaiting: number) {
    this.#maxRunning = maxRunning;
    this.#maxWaiting = maxWaiting;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** Admits at once where there is room. Who is admitted must call `leave`. */
  tryEnter(): boolean {
    if (this.#running >= this.#maxRunning) return false;
    this.#running++;
    return true;
  }

  /** Waits for room, but not for longer than `timeoutMs`, nor once `signal` aborts. */
  async enter(timeoutMs: number, clock: Clock, signal: AbortSignal | undefined): Promise<Admission> {
    if (this.tryEnter()) return "admitted";
    if (this.#queue.length >= this.#maxWaiting) return "full";
    const given = new AbortController();
    const admit = () => given.abort();
    this.#queue.push(admit);
    const until = signal ? AbortSignal.any([signal, given.signal]) : given.signal;
    const slept = await clock.sleepUntil(clock.now() + timeoutMs, until);
    if (given.signal.aborted) return "admitted";
    this.#queue.splice(this.#queue.indexOf(admit), 1);
    return slept ? "timeout" : "canceled";
  }

  /** Leaves; the longest waiting one takes the place. */
  leave(): void {
    const admit = this.#queue.shift();
    if (admit) admit();
    else this.#running--;
  }
}
