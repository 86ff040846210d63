import { MetricReader, type ResourceMetrics } from "@opentelemetry/sdk-metrics";
import { callAt, type Clock } from "../../base/clock.ts";
import type { Dispatcher, ExporterStats } from "./dispatcher.ts";
import type { RegistryProducer } from "./registry_producer.ts";

export interface MetricPusherOptions {
  readonly producer: RegistryProducer;
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  /** @throws when they can't be written */
  readonly encode: (metrics: ResourceMetrics) => Uint8Array<ArrayBuffer>;
  readonly intervalMs: number;
}

/**
 * Sends the metrics on every beat. Each attempt sends them as they are then, so an outage makes nothing pile up: what
 * arrives at its end holds all that was counted meanwhile.
 */
export class MetricPusher extends MetricReader {
  readonly #options: MetricPusherOptions;
  readonly #loop: Promise<void>;
  readonly #closing = new AbortController();
  readonly #end = new AbortController();

  constructor(options: MetricPusherOptions) {
    super();
    this.#options = options;
    this.setMetricProducer(options.producer);
    this.#loop = this.#run();
  }

  /** Sends the metrics a last time, within the limit. Never rejects. */
  async close(limitMs: number): Promise<void> {
    const { clock, dispatcher } = this.#options;
    using _limit = callAt(
      clock,
      clock.now() + limitMs,
      () => this.#end.abort(new Error("shutting down")),
    );
    this.#closing.abort();
    await this.#loop;
    if (!this.#end.signal.aborted) await this.#push();
    dispatcher.close();
  }

  stats(): ExporterStats {
    return this.#options.dispatcher.stats(0);
  }

  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }

  protected override onShutdown(): Promise<void> {
    return this.close(0);
  }

  async #run(): Promise<void> {
    const { clock, dispatcher, intervalMs } = this.#options;
    let beatMs = clock.now() + intervalMs;
    let dueMs = beatMs;
    while (await clock.sleepUntil(dueMs, this.#closing.signal)) {
      const outcome = await this.#push();
      const missed = Math.floor((clock.now() - beatMs) / intervalMs);
      if (clock.now() >= beatMs) beatMs += intervalMs * (missed + 1);
      dueMs = outcome === "later" ? dispatcher.notBeforeMs : Math.max(beatMs, dispatcher.notBeforeMs);
    }
  }

  async #push(): Promise<"accepted" | "refused" | "later"> {
    const { producer, dispatcher, encode } = this.#options;
    let body: Uint8Array<ArrayBuffer>;
    let points = 0;
    try {
      const { resourceMetrics } = await this.collect();
      points = pointsOf(resourceMetrics);
      if (points === 0) return "accepted"; // some receivers answer 400 to an export without data points
      body = encode(resourceMetrics);
    } catch (error) {
      return dispatcher.unwritten(error, points);
    }
    const outcome = await dispatcher.attempt(body, points, this.#end.signal);
    if (outcome === "accepted") producer.acknowledge();
    return outcome;
  }
}

function pointsOf({ scopeMetrics }: ResourceMetrics): number {
  let points = 0;
  for (const { metrics } of scopeMetrics) for (const { dataPoints } of metrics) points += dataPoints.length;
  return points;
}
