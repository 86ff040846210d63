import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import { type Logger, SILENT } from "../base/log.ts";
import { takeOldest } from "../base/oldest.ts";
import type { Instrument } from "../model/instruments.ts";
import type { Labels } from "../model/labels.ts";
import type { Meter, MeterGroup } from "../model/meter.ts";
import type { Appendable } from "../model/store.ts";
import { type Cell, DistributionCell, NumberCell } from "./cell.ts";
import { type ScrapedPage, scrapedPage } from "./exposition.ts";
import { Group, type GroupHost } from "./meter_group.ts";

/**
 * Most closed counters and distributions whose totals are kept, so that a fleet of changing labels can't grow for ever.
 * The one that has been closed the longest is forgotten: asked for again, it is a new series that begins at 0, with a
 * start of its own, as after a restart of the process.
 */
const MAX_REMEMBERED = 2_048;

export interface MeterRegistryOptions {
  /** Stamps exemplars and the beginning of counters; samples get the time that a commit is given. */
  readonly clock: Clock;
  /** Told when the store begins to refuse samples, and when it takes them again. */
  readonly logger?: Logger;
}

/** All series of one name, as they are now: read it before the event loop turns, and don't keep it. */
export interface Family {
  readonly instrument: Instrument;
  readonly cells: readonly Cell[];
}

export interface MeterStats {
  /** Series on the scrape page. */
  readonly series: number;
  /** Closed counters and distributions whose totals are kept. */
  readonly remembered: number;
  /** Appends that the store refused, since the start. */
  readonly appendErrors: number;
  /** Samples that the store left out, since the start. */
  readonly samplesLeftOut: number;
}

/** Keeps every number that Bunny says, once: commits go to the store, `snapshot` to scrapes and OTLP. */
export class MeterRegistry implements Meter {
  /** Whether distributions keep the traces they are told of: pointless while no exporter takes traces. */
  exemplars = true;
  /** By kind, name and labels; in order of age. */
  readonly #cells = new Map<string, Cell>();
  /** Closed ones that may be asked for again; the oldest goes first. */
  readonly #remembered = new Map<string, Cell>();
  readonly #host: GroupHost;
  #appendErrors = 0;
  #samplesLeftOut = 0;

  constructor(store: Appendable, options: MeterRegistryOptions) {
    const { clock, logger = SILENT } = options;
    let failing = false;
    this.#host = {
      store,
      keepsExemplars: () => this.exemplars,
      now: () => clock.wallNow(),
      hold: (instrument, labels) => this.#hold(instrument, labels, clock.wallNow()),
      drop: (cell) => this.#drop(cell),
      appendFailed: (error) => {
        this.#appendErrors++;
        if (!failing) logger.error("the store refuses samples", { error: messageOf(error) });
        failing = true;
      },
      appended: (leftOut) => {
        this.#samplesLeftOut += leftOut;
        if (failing) logger.info("the store takes samples again", { refusedAppends: this.#appendErrors });
        failing = false;
      },
    };
  }

  group(): MeterGroup {
    return new Group(this.#host);
  }

  /**
   * Every series that has a value, by metric name in alphabetical order. Where one name was asked for as two kinds,
   * the newer one counts: a page can't say both.
   */
  snapshot(): Family[] {
    const families = new Map<string, { instrument: Instrument; cells: Cell[] }>();
    for (const cell of this.#cells.values()) {
      if (cell.shape === "number" && !cell.present) continue;
      const { name, kind } = cell.instrument;
      const family = families.get(name);
      if (family?.instrument.kind === kind) family.cells.push(cell);
      else families.set(name, { instrument: cell.instrument, cells: [cell] });
    }
    return [...families.values()].sort((a, b) => a.instrument.name < b.instrument.name ? -1 : 1);
  }

  /** Every counter and distribution there is, those included that are closed and remembered. */
  *totals(): Generator<Cell, void, void> {
    for (const cell of this.#cells.values()) if (cell.instrument.kind !== "gauge") yield cell;
    yield* this.#remembered.values();
  }

  /** Those of all series that are held now: one that has several series may come several times. */
  *instruments(): Generator<Instrument, void, void> {
    let before: Instrument | undefined;
    for (const { instrument } of this.#cells.values()) {
      if (instrument !== before) yield instrument;
      before = instrument;
    }
  }

  /** The scrape page with every series, in the format that the Accept header asks for. */
  page(accept: string | undefined): ScrapedPage {
    return scrapedPage(this.snapshot(), accept);
  }

  stats(): MeterStats {
    return {
      series: this.#cells.size,
      remembered: this.#remembered.size,
      appendErrors: this.#appendErrors,
      samplesLeftOut: this.#samplesLeftOut,
    };
  }

  #hold(instrument: Instrument, labels: Labels, nowMs: number): Cell {
    const key = keyOf(instrument, labels);
    let cell = this.#cells.get(key);
    if (!cell) {
      cell = this.#remembered.get(key) ?? newCell(instrument, labels, nowMs);
      this.#remembered.delete(key);
      this.#cells.set(key, cell);
    }
    cell.holders++;
    return cell;
  }

  #drop(cell: Cell): void {
    if (--cell.holders > 0) return;
    const key = keyOf(cell.instrument, cell.labels);
    this.#cells.delete(key);
    if (cell.instrument.kind === "gauge") return;
    this.#remembered.set(key, cell);
    if (this.#remembered.size > MAX_REMEMBERED) takeOldest(this.#remembered);
  }
}

function newCell(instrument: Instrument, labels: Labels, nowMs: number): Cell {
  return instrument.kind === "histogram"
    ? new DistributionCell(instrument, labels, nowMs)
    : new NumberCell(instrument, labels, nowMs);
}

function keyOf(instrument: Instrument, labels: Labels): string {
  return `${instrument.kind}\xff${instrument.name}\xff${labels.key}`;
}
