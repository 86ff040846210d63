/** Longest delay `setTimeout` takes; longer sleeps are made of several. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** One who sleeps. */
class Sleeper {
  /** Where it is in the heap. */
  at = 0;

  constructor(
    readonly dueAtMs: number,
    /** How many went to sleep before. */
    readonly order: number,
    readonly wake: () => void,
  ) {}

  isBefore(other: Sleeper): boolean {
    return this.dueAtMs < other.dueAtMs || (this.dueAtMs === other.dueAtMs && this.order < other.order);
  }
}

/**
 * Everybody who sleeps, on one timer of the runtime. The runtime keeps its timers in a Map, and the tables that a Map leaves
 * behind as things pass through it refer to one another: once a full collection of garbage has made one of them old, all that
 * follow grow old, too, with the timers that were in them. Of one timer at a time that is next to nothing.
 */
export class Sleepers {
  readonly #now: () => number;
  /** A binary heap, the first to be woken at its root. */
  readonly #heap: Sleeper[] = [];
  #count = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the timer is due; infinite without one. */
  #ringsAtMs = Infinity;

  /** `now`: monotonic ms. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** As `Clock.sleepUntil`. */
  sleepUntil(dueAtMs: number, signal: AbortSignal | undefined): Promise<boolean> {
    if (signal?.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const onAbort = () => {
        this.#remove(sleeper);
        resolve(false);
      };
      const sleeper = new Sleeper(orderable(dueAtMs), this.#count++, () => {
        signal?.removeEventListener("abort", onAbort);
        resolve(true);
      });
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#rise(sleeper, this.#heap.length);
      this.#arm();
    });
  }

  /** Sees to it that the timer rings no later than the first is due; without anybody there is none. */
  #arm(): void {
    const [first] = this.#heap;
    if (first && this.#ringsAtMs <= first.dueAtMs) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#ringsAtMs = Infinity;
    if (!first) return;
    const delayMs = Math.ceil(first.dueAtMs - this.#now());
    this.#ringsAtMs = first.dueAtMs;
    this.#timer = setTimeout(this.#ring, Math.min(Math.max(0, delayMs), MAX_TIMER_MS));
  }

  readonly #ring = () => {
    this.#timer = undefined;
    this.#ringsAtMs = Infinity;
    const now = this.#now();
    for (let [first] = this.#heap; first && first.dueAtMs <= now; [first] = this.#heap) {
      this.#remove(first);
      first.wake();
    }
    this.#arm();
  };

  #remove(sleeper: Sleeper): void {
    const last = this.#heap.pop()!;
    if (last !== sleeper) {
      this.#sink(last, sleeper.at);
      this.#rise(last, last.at);
    }
    if (this.#heap.length === 0) this.#arm();
  }

  /** Puts it at this place, or nearer to the root. */
  #rise(sleeper: Sleeper, at: number): void {
    while (at > 0) {
      const above = (at - 1) >> 1;
      const other = this.#heap[above];
      if (!sleeper.isBefore(other)) break;
      this.#place(other, at);
      at = above;
    }
    this.#place(sleeper, at);
  }

  /** Puts it at this place, or further from the root. */
  #sink(sleeper: Sleeper, at: number): void {
    for (;;) {
      let below = 2 * at + 1;
      if (below >= this.#heap.length) break;
      if (below + 1 < this.#heap.length && this.#heap[below + 1].isBefore(this.#heap[below])) below++;
      if (!this.#heap[below].isBefore(sleeper)) break;
      this.#place(this.#heap[below], at);
      at = below;
    }
    this.#place(sleeper, at);
  }

  #place(sleeper: Sleeper, at: number): void {
    this.#heap[at] = sleeper;
    sleeper.at = at;
  }
}

/** A time that is none is past, and one that never comes is far away. */
function orderable(dueAtMs: number): number {
  return Number.isNaN(dueAtMs) ? 0 : Math.min(dueAtMs, Number.MAX_VALUE);
}
