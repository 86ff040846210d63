import type { Clock } from "../../base/clock.ts";
import type { Steps } from "../../base/steps.ts";
import type { Turns } from "../../query/mod.ts";

/** How long calls may work, all together, before whatever else is ready gets to run, ms. */
const SLICE_MS = 1;

/**
 * The API's share of the process: its calls take turns with each other and with long queries, so that probes and
 * verdicts wait for no more than one slice of work, however many calls there are.
 */
export class Share {
  readonly turns: Turns;
  readonly clock: Clock;
  /** What calls have worked since everything else last had its turn, ms. */
  spentMs = 0;
  #heldSamples = 0;

  constructor(turns: Turns, clock: Clock) {
    this.turns = turns;
    this.clock = clock;
  }

  /** Samples of results that are being sent. */
  get heldSamples(): number {
    return this.#heldSamples;
  }

  /** Takes a result's samples into account until it is disposed of. */
  hold(samples: number): Disposable {
    this.#heldSamples += samples;
    return { [Symbol.dispose]: () => void (this.#heldSamples -= samples) };
  }

  /** Begins one call's work; dispose of it at its end. */
  begin(): Work {
    return new Work(this);
  }
}

/** One call's work. */
export class Work implements Disposable {
  readonly #share: Share;
  readonly #membership: Disposable;
  /** Monotonic ms; `undefined` while it rests. */
  #workingSince: number | undefined;

  constructor(share: Share) {
    this.#share = share;
    this.#membership = share.turns.join();
  }

  /** Whether this stretch of work, with what other calls did just before it, has been long enough. */
  get isDue(): boolean {
    if (this.#workingSince === undefined) return false;
    return this.#share.spentMs + this.#share.clock.now() - this.#workingSince >= SLICE_MS;
  }

  /** Does work in steps, and waits for its turn where that takes long. To be called on its turn. */
  async follow<Result>(steps: Steps<Result>): Promise<Result> {
    for (;;) {
      const { done, value } = steps.next();
      if (done) return value;
      if (this.isDue) await this.turn();
    }
  }

  /**
   * Begins a stretch of work while the API has a share left, which is at once or on its turn. From the look at it until what
   * has been worked is noted, nothing is waited for: else all who look in the same moment would find the same share.
   */
  onTurn<Result>(todo: () => Result): Result | Promise<Awaited<Result>> {
    this.rest();
    return this.#share.spentMs < SLICE_MS ? this.#begin(todo) : this.#later(todo);
  }

  #begin<Result>(todo: () => Result): Result {
    this.#workingSince = this.#share.clock.now();
    try {
      return todo();
    } finally {
      this.#note();
    }
  }

  async #later<Result>(todo: () => Result): Promise<Awaited<Result>> {
    await this.turn();
    return await this.#begin(todo);
  }

  /** Waits for its next turn. */
  async turn(): Promise<void> {
    this.rest();
    await this.#share.turns.next();
    this.#share.spentMs = 0;
    this.#workingSince = this.#share.clock.now();
  }

  /** Ends a stretch of work: what follows is waiting for others. */
  rest(): void {
    this.#note();
    this.#workingSince = undefined;
  }

  #note(): void {
    if (this.#workingSince === undefined) return;
    const now = this.#share.clock.now();
    this.#share.spentMs += now - this.#workingSince;
    this.#workingSince = now;
  }

  [Symbol.dispose](): void {
    this.rest();
    this.#membership[Symbol.dispose]();
  }
}
