import { LoopbackPause, type Pause, TimerPause } from "../../base/pause.ts";

/**
 * Hands out turns, one evaluation a turn, with a pause before each: however many long queries run, between two slices
 * of work everything else that is ready gets to run.
 */
export class Turns {
  readonly #waiting: (() => void)[] = [];
  readonly #urgent: (() => void)[] = [];
  #members = 0;
  #isGiving = false;
  /** Open for as long as there are members. */
  #pause: Pause | undefined;

  /** Joins those who take turns, until the result is disposed of. */
  join(): Disposable {
    this.#members++;
    return { [Symbol.dispose]: () => this.#leave() };
  }

  /**
   * Resolves when it is the caller's turn, after all who asked before; an urgent one comes before those who are not.
   * Only for members.
   */
  next(urgent = false): Promise<void> {
    return new Promise((resolve) => {
      (urgent ? this.#urgent : this.#waiting).push(resolve);
      if (!this.#isGiving) void this.#give();
    });
  }

  async #give(): Promise<void> {
    this.#isGiving = true;
    while (this.#waiting.length + this.#urgent.length > 0) {
      this.#pause ??= await LoopbackPause.open() ?? new TimerPause();
      try {
        await this.#pause.wait();
      } catch {
        this.#pause[Symbol.dispose](); // the connection broke
        this.#pause = new TimerPause();
      }
      (this.#urgent.shift() ?? this.#waiting.shift()!)();
    }
    this.#isGiving = false;
  }

  #leave(): void {
    if (--this.#members > 0) return;
    this.#pause?.[Symbol.dispose]();
    this.#pause = undefined;
  }
}
