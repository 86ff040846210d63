import type { ReadableSpan, SpanProcessor } from "@opentelemetry/sdk-trace";
import { callAt, type Clock } from "../../base/clock.ts";
import type { Dispatcher, ExporterStats } from "./dispatcher.ts";

export interface SpanOutboxOptions {
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  /** @throws when they can't be written */
  readonly encode: (spans: ReadableSpan[]) => Uint8Array<ArrayBuffer>;
  /** Between two exports while spans are few. */
  readonly delayMs: number;
  readonly maxQueueSize: number;
  readonly maxBatchSize: number;
}

/**
 * A bounded queue of finished spans and the loop that empties it. When the receiver is away, the oldest spans make room
 * for the newest, which explain the present; a batch under way is tried again until it is taken or refused.
 */
export class SpanOutbox implements SpanProcessor {
  readonly #options: SpanOutboxOptions;
  /** Cuts pauses short: `close` was called. */
  readonly #closing = new AbortController();
  /** Ends attempts and waits for good. */
  readonly #end = new AbortController();
  readonly #loop: Promise<void>;
  #queue: ReadableSpan[] = [];
  /** Spans of the batch under way. */
  #underway = 0;
  #wake = new AbortController();
  /** Whether something was tried since the close. */
  #lastTried = false;
  /** When a close gives up, monotonic ms. */
  #deadlineMs = Infinity;

  constructor(options: SpanOutboxOptions) {
    this.#options = options;
    this.#loop = this.#run();
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    const { maxQueueSize, maxBatchSize, dispatcher } = this.#options;
    if (this.#closing.signal.aborted) return;
    if (this.#queue.length >= maxQueueSize) {
      this.#queue.shift();
      dispatcher.dropped++;
    }
    this.#queue.push(span);
    if (this.#queue.length >= maxBatchSize) this.#wake.abort();
  }

  /** Sends what is queued now, not after the delay; a receiver that is away still gets its pause. */
  flushSoon(): void {
    this.#wake.abort();
  }

  forceFlush(): Promise<void> {
    this.flushSoon();
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    return this.close(0);
  }

  /** Takes no more spans, sends what it has within the limit, drops and counts the rest. Never rejects. */
  async close(limitMs: number): Promise<void> {
    const { clock, dispatcher } = this.#options;
    this.#deadlineMs = clock.now() + limitMs;
    this.#closing.abort();
    this.#wake.abort();
    using _limit = callAt(clock, this.#deadlineMs, () => this.#end.abort(new Error("shutting down")));
    await this.#loop;
    dispatcher.close();
  }

  stats(): ExporterStats {
    return this.#options.dispatcher.stats(this.#queue.length + this.#underway);
  }

  async #run(): Promise<void> {
    const { clock, delayMs, dispatcher } = this.#options;
    while (!this.#closing.signal.aborted) {
      await clock.sleepUntil(clock.now() + delayMs, this.#wake.signal);
      this.#wake = new AbortController();
      await this.#sendAll();
    }
    await this.#sendAll(); // what came in while the last batch was under way
    dispatcher.dropped += this.#queue.length;
    this.#queue = [];
  }

  async #sendAll(): Promise<void> {
    while (this.#queue.length > 0 && !this.#end.signal.aborted) {
      const batch = this.#queue.splice(0, this.#options.maxBatchSize);
      this.#underway = batch.length;
      await this.#sendBatch(batch);
      this.#underway = 0;
    }
  }

  async #sendBatch(batch: ReadableSpan[]): Promise<void> {
    const { dispatcher, encode } = this.#options;
    let outcome: "accepted" | "refused" | "later" = "later";
    try {
      const body = encode(batch);
      while (outcome === "later" && await this.#mayTry()) {
        outcome = await dispatcher.attempt(body, batch.length, this.#end.signal);
      }
    } catch (error) {
      outcome = dispatcher.unwritten(error, batch.length);
    }
    if (outcome === "later") dispatcher.dropped += batch.length;
  }

  /**
   * Waits until the receiver may be tried. A close tries once at once, whatever the receiver wished for, and then only
   * as long as there is time. @returns whether to try
   */
  async #mayTry(): Promise<boolean> {
    const { clock, dispatcher } = this.#options;
    if (!this.#closing.signal.aborted) {
      await clock.sleepUntil(dispatcher.notBeforeMs, this.#closing.signal);
    } else if (this.#lastTried) {
      if (dispatcher.notBeforeMs >= this.#deadlineMs) this.#end.abort();
      await clock.sleepUntil(dispatcher.notBeforeMs, this.#end.signal);
    }
    this.#lastTried = this.#closing.signal.aborted;
    return !this.#end.signal.aborted;
  }
}
