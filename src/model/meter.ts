import type { Instrument } from "./instruments.ts";
import type { Labels } from "./labels.ts";

/**
 * The one way to say a number. Each value goes three ways — into the store, onto the scrape page, out over OTLP —
 * and is kept once.
 */
export interface Meter {
  /** A set of series with one owner, such as one probe's: written together, with one timestamp, in one append. */
  group(): MeterGroup;
}

export interface MeterGroup {
  /** `labels` without the metric name. A gauge that was never set has no series. */
  gauge(instrument: Instrument, labels: Labels): Gauge;
  /**
   * Starts at 0 and is there from the first commit on. One that comes later (a reason that had not been seen) gets its
   * 0 at the time of the commit before, so that `rate` sees the first increment in any case.
   */
  counter(instrument: Instrument, labels: Labels): Counter;
  /** Scrape and OTLP only: the store keeps every single measurement instead. */
  distribution(instrument: Instrument, labels: Labels): Distribution;
  /** Appends to the store every counter, and every gauge that was set since the last commit, all at this time. */
  commit(timestampMs: number): void;
  /**
   * Writes stale markers and takes the series off the scrape page. A counter asked for again with the same labels goes
   * on where it was; where too many have been closed since, it begins again, with a zero and a start time of now.
   */
  close(timestampMs: number): void;
}

export interface Gauge {
  set(value: number): void;
  /** No value from now on: a stale marker at the next commit, off the scrape page. */
  unset(): void;
}

export interface Counter {
  add(amount: number): void;
}

export interface Distribution {
  /** `traceId`, `spanId`: offered as an exemplar in OpenMetrics. */
  record(value: number, traceId?: string, spanId?: string): void;
}
