import { LoopbackPause, type Pause, TimerPause } from "../../base/pause.ts";

/**
 * Hands out turns, one evaluation a turn, with a pause before each: however many long queries run, between two slices
 * of work everything else that is ready gets to run.
 *
 * Where several wait for their turn, the pause is about as long as a slice, and nobody works in it: what comes then finds
 * the process at rest. One after the other in a row, they would leave it half the time in which a new connection needs its
 * three turns of the event loop, and make garbage twice as fast, whose collection stops everybody for milliseconds.
 */
export class Turns {
  readonly #waiting: (() => void)[] = [];
  readonly #urgent: (() => void)[] = [];
  #members = 0;
  #isGiving = false;
  readonly #rest = new TimerPause();
  /** Open for as long as there are members. */
  #pause: Pause | undefined;

  /** Whether several have joined. */
  get isCrowded(): boolean {
    return this.#members > 1;
  }

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
      // Not instead: a timer that is due by the end of a slice comes before anybody has looked at what else is ready.
      if (this.#waiting.length > 1 && this.#urgent.length === 0) await this.#rest.wait();
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
