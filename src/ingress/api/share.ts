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
   * To be asked before each stretch of work.
   * @returns `undefined` where the API has not had its share yet: then work must begin at once, before anything is waited
   * for, or all who ask in the same moment would work; else when it is its turn
   */
  turn(): Promise<void> | undefined {
    this.rest();
    if (this.#share.spentMs >= SLICE_MS) return this.#wait();
    this.#workingSince = this.#share.clock.now();
    return undefined;
  }

  async #wait(): Promise<void> {
    await this.#share.turns.next();
    this.#share.spentMs = 0;
    this.#workingSince = this.#share.clock.now();
  }

  /** Ends a stretch of work: what follows is waiting for others. */
  rest(): void {
    if (this.#workingSince === undefined) return;
    this.#share.spentMs += this.#share.clock.now() - this.#workingSince;
    this.#workingSince = undefined;
  }

  [Symbol.dispose](): void {
    this.rest();
    this.#membership[Symbol.dispose]();
  }
}
