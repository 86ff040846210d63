import { messageOf } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import type { Reading } from "../telemetry/mod.ts";

/** How much of a stack is logged, characters. */
const MAX_STACK_LENGTH = 2_000;

/** Errors that nobody caught: a mistake of ours, somewhere. Counts them over restarts. */
export class Mishaps {
  #errors = 0;
  #restarts = 0;

  caught(): void {
    this.#errors++;
  }

  restarted(): void {
    this.#restarts++;
  }

  readings(): Reading[] {
    return [
      {
        name: "bunny_uncaught_errors_total",
        kind: "counter",
        help: "Errors that nobody caught: mistakes in Bunny itself.",
        value: this.#errors,
      },
      {
        name: "bunny_restarts_total",
        kind: "counter",
        help: "Restarts inside the process, after errors that nobody caught.",
        value: this.#restarts,
      },
    ];
  }
}

/**
 * Keeps errors that nobody caught from ending the process: they are logged, counted and told of. One of the very log
 * is lost. Until disposed of.
 */
export class UncaughtErrors implements Disposable {
  readonly #onError = (event: ErrorEvent) => this.#take(event, "error", event.error);
  readonly #onRejection = (event: PromiseRejectionEvent) => this.#take(event, "rejection", event.reason);
  readonly #logger: Logger;
  readonly #mishaps: Mishaps;
  readonly #tell: () => void;

  /** `tell` must not throw. */
  constructor(logger: Logger, mishaps: Mishaps, tell: () => void) {
    this.#logger = logger;
    this.#mishaps = mishaps;
    this.#tell = tell;
    globalThis.addEventListener("error", this.#onError);
    globalThis.addEventListener("unhandledrejection", this.#onRejection);
  }

  [Symbol.dispose](): void {
    globalThis.removeEventListener("error", this.#onError);
    globalThis.removeEventListener("unhandledrejection", this.#onRejection);
  }

  #take(event: Event, origin: "error" | "rejection", thrown: unknown): void {
    event.preventDefault();
    this.#mishaps.caught();
    this.#logger.error("an error that nobody caught", {
      origin,
      error: messageOf(thrown),
      stack: thrown instanceof Error ? thrown.stack?.slice(0, MAX_STACK_LENGTH) : undefined,
    });
    this.#tell();
  }
}
