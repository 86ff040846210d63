import type { SignalRequest } from "./signals.ts";

/** What the process is asked for: by signals, or by an error that nobody caught. */
export type Request = SignalRequest | "restart";

/** Most that may wait. */
const MAX_WAITING = 100;

/** What is asked for, in order. */
export class Requests {
  #waiting: Request[] = [];
  #wake = Promise.withResolvers<void>();

  put(request: Request): void {
    // Reloads asked for twice are one reload; stops count, for the second one is in a hurry.
    if (request !== "stop" && this.#waiting.at(-1) === request) return;
    if (this.#waiting.length < MAX_WAITING) this.#waiting.push(request);
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }

  async next(): Promise<Request> {
    while (this.#waiting.length === 0) await this.#wake.promise;
    return this.#waiting.shift()!;
  }

  /** Forgets those that wait for this. */
  drop(request: Request): void {
    this.#waiting = this.#waiting.filter((waiting) => waiting !== request);
  }
}
