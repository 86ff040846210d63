import { callAt, type Clock } from "../../base/clock.ts";
import { formatDuration } from "../../base/duration.ts";
import { messageOf, unreachable } from "../../base/errors.ts";
import type { Logger } from "../../base/log.ts";
import { backoffMs } from "./backoff.ts";
import type { Sent, Transport } from "./transport.ts";

export interface DispatcherOptions {
  /** For logs and metrics: the exporter's name in the configuration. */
  readonly exporter: string;
  readonly transport: Transport;
  /** One attempt's limit. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** 0 … 1, for jitter. */
  readonly random: () => number;
}

/** How one exporter is doing. Items are spans or data points; counts are since it started. */
export interface ExporterStats {
  readonly exporter: string;
  /** "idle": nothing was tried yet. */
  readonly state: "idle" | "delivering" | "failing";
  readonly queued: number;
  readonly sent: number;
  readonly dropped: number;
  readonly failedAttempts: number;
}

/**
 * Sends payloads one at a time, waits longer after each failure, counts, and says so in the log when it begins to fail
 * and when that is over, not on each try.
 */
export class Dispatcher {
  sent = 0;
  dropped = 0;
  failedAttempts = 0;
  /** No attempt before this, monotonic ms. */
  notBeforeMs = 0;
  readonly #options: DispatcherOptions;
  #state: ExporterStats["state"] = "idle";
  #failuresInARow = 0;
  #failingSinceMs = 0;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** One attempt. `signal` ends it early. Never rejects. @returns "later": the payload is still the caller's */
  async attempt(
    body: Uint8Array<ArrayBuffer>,
    items: number,
    signal: AbortSignal,
  ): Promise<"accepted" | "refused" | "later"> {
    const sent = await this.#send(body, signal);
    switch (sent.kind) {
      case "accepted":
        return this.#accepted(sent, items);
      case "refused":
        return this.#refused(sent.reason, items);
      case "later":
        this.#failed(sent.reason);
        this.#backOff(sent.afterMs);
        return "later";
      default:
        return unreachable(sent);
    }
  }

  /** So many items could not even be written: they are dropped, as those are that the receiver refuses. */
  unwritten(error: unknown, items: number): "refused" {
    return this.#refused(`can't be written: ${messageOf(error)}`, items);
  }

  stats(queued: number): ExporterStats {
    const { sent, dropped, failedAttempts } = this;
    return { exporter: this.#options.exporter, state: this.#state, queued, sent, dropped, failedAttempts };
  }

  close(): void {
    this.#options.transport.close();
  }

  async #send(body: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<Sent> {
    const { clock, timeoutMs, transport } = this.#options;
    const limit = new AbortController();
    const onAbort = () => limit.abort(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    using _deadline = callAt(
      clock,
      clock.now() + timeoutMs,
      () => limit.abort(new Error(`no answer within ${formatDuration(timeoutMs)}`)),
    );
    try {
      return await transport.send(body, limit.signal);
    } catch (error) {
      return { kind: "later", reason: messageOf(error), afterMs: undefined };
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  #accepted({ rejected, note }: Extract<Sent, { kind: "accepted" }>, items: number): "accepted" {
    const { exporter, transport, logger, clock } = this.#options;
    const left = Math.min(items, Math.max(0, rejected));
    this.sent += items - left;
    this.dropped += left;
    this.#failuresInARow = 0;
    if (left > 0) {
      this.#failed(note === "" ? "it rejects a part" : `it rejects a part: ${note}`);
      return "accepted";
    }
    if (this.#state === "failing") {
      logger.info("telemetry is delivered again", {
        exporter,
        target: transport.target,
        after: formatDuration(Math.round(clock.now() - this.#failingSinceMs)),
        dropped: this.dropped,
      });
    }
    this.#state = "delivering";
    return "accepted";
  }

  #refused(reason: string, items: number): "refused" {
    this.dropped += items;
    this.#failed(reason);
    return "refused";
  }

  #failed(reason: string): void {
    const { exporter, transport, logger, clock } = this.#options;
    const fields = { exporter, target: transport.target, reason };
    this.failedAttempts++;
    if (this.#state === "failing") {
      logger.debug("telemetry still can't be delivered", fields);
      return;
    }
    this.#state = "failing";
    this.#failingSinceMs = clock.now();
    logger.warn("telemetry can't be delivered", fields);
  }

  #backOff(wishMs: number | undefined): void {
    const { clock, random } = this.#options;
    this.#failuresInARow++;
    this.notBeforeMs = clock.now() + backoffMs(this.#failuresInARow, wishMs, random());
  }
}
