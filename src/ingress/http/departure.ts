/** Told as the reason, for without one each abort makes an error with a stack: a fifth of what an answer costs. */
const GONE = "the client is gone, or has its answer";

/**
 * Whether anybody still waits for an answer. A signal of it is made for those who ask: nobody does for a verdict, and under
 * a flood of connections what each leaves to be collected is what the others wait for.
 */
export class Departure {
  #isGone = false;
  #controller: AbortController | undefined;

  get isGone(): boolean {
    return this.#isGone;
  }

  /** Aborts when the client has gone, or has its answer. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#isGone) this.#controller.abort(GONE);
    }
    return this.#controller.signal;
  }

  tell(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#controller?.abort(GONE);
  }
}
