import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import { type Logger, SILENT } from "../base/log.ts";
import type { StoreStats } from "../store/mod.ts";
import { type ScrapedPage, scrapedPage } from "./exposition.ts";
import { LoopLag } from "./loop_lag.ts";
import type { MeterStats } from "./meter.ts";
import { processReadings } from "./process_readings.ts";
import { familiesOf, type Reading, type ReadingRow, readingsOf } from "./reading.ts";
import { STORE_ROWS } from "./store_readings.ts";

/** Where the numbers come from: asked at each scrape, so that nothing is kept twice. Whatever one throws, the others show. */
export interface InternalsSources {
  readonly store?: () => StoreStats;
  readonly meter?: () => MeterStats;
  /** Anything else: the query engine, exporters, probes. */
  readonly more?: readonly (() => Iterable<Reading>)[];
}

/**
 * Bunny's own internals, for `prometheusMetricsPath`. A client library isn't used for it: prom-client would take 14 MB of
 * memory and 60 ms of start-up to say some fifty numbers that are all kept elsewhere already.
 */
export class Internals implements AsyncDisposable {
  readonly #sources: InternalsSources;
  readonly #logger: Logger;
  readonly #lag: LoopLag;
  #hasTold = false;

  constructor(clock: Clock, sources: InternalsSources, logger: Logger = SILENT) {
    this.#sources = sources;
    this.#logger = logger;
    this.#lag = new LoopLag(clock);
  }

  /** The page in the format that the Accept header asks for. */
  page(accept: string | undefined): ScrapedPage {
    return scrapedPage(familiesOf(this.#readings()), accept);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lag[Symbol.asyncDispose]();
  }

  *#readings(): Iterable<Reading> {
    const { store, meter, more = [] } = this.#sources;
    yield* this.#attempt(processReadings);
    yield* this.#lagReadings();
    if (store) yield* this.#attempt(() => readingsOf(STORE_ROWS, store()));
    if (meter) yield* this.#attempt(() => readingsOf(METER_ROWS, meter()));
    for (const source of more) yield* this.#attempt(source);
  }

  /** A page with a gap says more than none; why there is one is told the first time. */
  #attempt(source: () => Iterable<Reading>): Reading[] {
    try {
      return [...source()];
    } catch (error) {
      if (!this.#hasTold) {
        this.#logger.error("some of the internals can't be told", { error: messageOf(error) });
      }
      this.#hasTold = true;
      return [];
    }
  }

  #lagReadings(): Reading[] {
    return [
      {
        name: "bunny_event_loop_lag_seconds",
        kind: "gauge",
        help: "How late the event loop was last.",
        value: this.#lag.lastMs / 1_000,
      },
      {
        name: "bunny_event_loop_lag_max_seconds",
        kind: "gauge",
        help: "How late the event loop was at most in the last two minutes.",
        value: this.#lag.maxMs / 1_000,
      },
    ];
  }
}

const METER_ROWS: readonly ReadingRow<MeterStats>[] = [
  {
    name: "bunny_meter_series",
    kind: "gauge",
    help: "Series that are measured now.",
    read: (stats) => stats.series,
  },
  {
    name: "bunny_meter_remembered_series",
    kind: "gauge",
    help: "Totals kept of counters that are not counted now.",
    read: (stats) => stats.remembered,
  },
  {
    name: "bunny_meter_append_failures_total",
    kind: "counter",
    help: "Appends that the store refused.",
    read: (stats) => stats.appendErrors,
  },
  {
    name: "bunny_meter_samples_left_out_total",
    kind: "counter",
    help: "Samples that the store left out for their time.",
    read: (stats) => stats.samplesLeftOut,
  },
];
