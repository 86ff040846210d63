import type { Clock } from "../../base/clock.ts";

/** A deadline that comes this late does so because the process was held up. */
const HELD_UP_MS = 5;

/** So many that were called off may lie about. */
const MAX_IDLE = 256;

interface Entry {
  readonly dueAtMs: number;
  /** `undefined`: called off. */
  onDue: (() => void) | undefined;
}

/** A deadline that can be called off. */
export interface Deadline {
  cancel(): void;
}

/**
 * All deadlines of all probes, on one sleeper: a probe that answers in time, as nearly all do, costs no timer at
 * all. Deadlines mostly come in the order in which they are set, so they are kept in a sorted list.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #closed = new AbortController();
  /** Ascending by due time. */
  #entries: Entry[] = [];
  /** How many of the entries are called off. */
  #idle = 0;
  #wakesAtMs = Infinity;
  #asleep = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls back at this time (monotonic ms), unless it is called off before. The callback must not throw. */
  at(dueAtMs: number, onDue: () => void): Deadline {
    const entry: Entry = { dueAtMs, onDue };
    let at = this.#entries.length;
    while (at > 0 && this.#entries[at - 1].dueAtMs > dueAtMs) at--;
    this.#entries.splice(at, 0, entry);
    if (dueAtMs < this.#wakesAtMs) this.#sleep(dueAtMs);
    return { cancel: () => this.#cancel(entry) };
  }

  /** Forgets every deadline. */
  close(): void {
    this.#closed.abort();
    this.#asleep.abort();
    this.#entries = [];
  }

  #cancel(entry: Entry): void {
    if (!entry.onDue) return;
    entry.onDue = undefined;
    this.#idle++;
    if (this.#idle > MAX_IDLE && this.#idle > this.#entries.length / 2) {
      this.#entries = this.#entries.filter(({ onDue }) => onDue);
      this.#idle = 0;
    }
  }

  #sleep(untilMs: number): void {
    this.#asleep.abort("an earlier deadline"); // without a reason it would make an error with a stack
    if (this.#closed.signal.aborted) return;
    this.#asleep = new AbortController();
    this.#wakesAtMs = untilMs;
    const { signal } = this.#asleep;
    this.#clock.sleepUntil(untilMs, signal).then(async (due) => {
      if (!due) return;
      // After a hold-up answers may lie ready that nobody had the time to read: let them in before the axe falls.
      const now = this.#clock.now();
      if (now - untilMs > HELD_UP_MS && !await this.#clock.sleepUntil(now, signal)) return;
      this.#wake();
    });
  }

  #wake(): void {
    this.#wakesAtMs = Infinity;
    const now = this.#clock.now();
    for (;;) {
      const [first] = this.#entries;
      if (!first) return;
      if (first.onDue && first.dueAtMs > now) return this.#sleep(first.dueAtMs);
      this.#entries.shift();
      if (!first.onDue) this.#idle--;
      const { onDue } = first;
      first.onDue = undefined; // calling it off from now on is too late
      onDue?.();
    }
  }
}
