import type { Instrument } from "../model/instruments.ts";
import { type Labels, METRIC_NAME } from "../model/labels.ts";
import type { Counter, Distribution, Gauge, MeterGroup } from "../model/meter.ts";
import { STALE_NAN } from "../model/sample.ts";
import type { Appendable, SeriesRef } from "../model/store.ts";
import { Batch } from "./batch.ts";
import type { Cell, DistributionCell, NumberCell } from "./cell.ts";

/** What a group needs of its registry. */
export interface GroupHost {
  readonly store: Appendable;
  /** Wall clock, ms. */
  now(): number;
  /** Whether traces lead anywhere, so that they are worth keeping as exemplars. */
  keepsExemplars(): boolean;
  /** The cell of a series, with one more holder; one that was remembered, or a new one. */
  hold(instrument: Instrument, labels: Labels): Cell;
  /** Gives a hold back. */
  drop(cell: Cell): void;
  /** An append that the store refused. Never throws. */
  appendFailed(error: unknown): void;
  /** An append that went well, but for so many samples that the store left out. */
  appended(leftOut: number): void;
}

/** No handle in the store yet. */
const NO_REF = -1 as SeriesRef;

/** A series as one group sees it. */
abstract class Slot {
  ref = NO_REF;
  constructor(readonly cell: NumberCell) {}
}

class CounterSlot extends Slot implements Counter {
  add(amount: number): void {
    if (amount > 0 && amount < Infinity) this.cell.value += amount;
  }
}

class GaugeSlot extends Slot implements Gauge {
  /** What the next commit writes. */
  next: "nothing" | "value" | "stale" = "nothing";
  closed = false;

  set(value: number): void {
    if (this.closed) return;
    this.cell.value = value;
    this.cell.present = true;
    this.next = "value";
  }

  unset(): void {
    if (this.closed) return;
    this.cell.present = false;
    this.next = "stale";
  }
}

class DistributionSlot implements Distribution {
  constructor(readonly cell: DistributionCell, readonly host: GroupHost) {}

  record(value: number, traceId = "", spanId = ""): void {
    if (traceId !== "" && this.host.keepsExemplars()) {
      this.cell.record(value, this.host.now(), traceId, spanId);
    } else this.cell.record(value, 0, "", "");
  }
}

/**
 * The series of one owner. A commit costs one append and, once every series has been seen, no allocation. What the
 * store refuses is lost for that commit alone; it never reaches the owner.
 */
export class Group implements MeterGroup {
  readonly #host: GroupHost;
  readonly #counters: CounterSlot[] = [];
  readonly #gauges: GaugeSlot[] = [];
  readonly #slots = new Map<Cell, CounterSlot | GaugeSlot | DistributionSlot>();
  readonly #batch = new Batch();
  #lastCommitMs: number | undefined;
  #closed = false;

  constructor(host: GroupHost) {
    this.#host = host;
  }

  gauge(instrument: Instrument, labels: Labels): Gauge {
    return this.#slot(instrument, labels) as GaugeSlot;
  }

  counter(instrument: Instrument, labels: Labels): Counter {
    return this.#slot(instrument, labels) as CounterSlot;
  }

  distribution(instrument: Instrument, labels: Labels): Distribution {
    return this.#slot(instrument, labels) as DistributionSlot;
  }

  commit(timestampMs: number): void {
    if (this.#closed) return;
    if (this.#lastCommitMs === undefined) {
      this.#writeStarts(this.#counters.filter(({ cell }) => cell.value > 0), timestampMs - 1);
    }
    this.#lastCommitMs = timestampMs;
    const batch = this.#batch;
    batch.clear();
    for (const slot of this.#counters) if (this.#acquired(slot)) batch.push(slot.ref, slot.cell.value);
    for (const slot of this.#gauges) {
      if (slot.next === "stale" && !slot.cell.live) slot.next = "nothing";
      if (slot.next === "nothing" || !this.#acquired(slot)) continue;
      if (slot.next === "value") batch.push(slot.ref, slot.cell.value);
      else batch.push(slot.ref, STALE_NAN);
    }
    this.#settle(this.#append(timestampMs));
  }

  close(timestampMs: number): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#batch.clear();
    for (const slot of this.#slots.values()) {
      this.#host.drop(slot.cell);
      if (slot instanceof DistributionSlot) continue;
      if (slot instanceof GaugeSlot) slot.closed = true;
      if (slot.cell.holders > 0 || !slot.cell.live || !this.#acquired(slot)) continue;
      slot.cell.live = false;
      this.#batch.push(slot.ref, STALE_NAN);
    }
    // Behind what was committed in the same moment: the store takes nothing that is not newer.
    this.#append(Math.max(timestampMs, (this.#lastCommitMs ?? -Infinity) + 1));
    for (const slot of [...this.#counters, ...this.#gauges]) this.#release(slot);
  }

  #slot(instrument: Instrument, labels: Labels): CounterSlot | GaugeSlot | DistributionSlot {
    const cell = this.#host.hold(instrument, labels);
    const known = this.#slots.get(cell);
    if (known || this.#closed) { // a handle asked for too late works, and is seen by nobody
      this.#host.drop(cell);
      return known ?? this.#newSlot(cell);
    }
    const slot = this.#newSlot(cell);
    this.#slots.set(cell, slot);
    if (slot instanceof GaugeSlot) this.#gauges.push(slot);
    if (slot instanceof CounterSlot) {
      this.#counters.push(slot);
      if (this.#lastCommitMs !== undefined) this.#writeStarts([slot], this.#lastCommitMs);
    }
    return slot;
  }

  #newSlot(cell: Cell): CounterSlot | GaugeSlot | DistributionSlot {
    if (cell.shape === "distribution") return new DistributionSlot(cell, this.#host);
    return cell.instrument.kind === "counter" ? new CounterSlot(cell) : new GaugeSlot(cell);
  }

  /** Notes what a commit did. */
  #settle(written: boolean): void {
    if (written) {
      for (const { ref, cell } of this.#counters) if (ref !== NO_REF) cell.live = cell.hasStart = true;
    }
    for (const slot of this.#gauges) {
      if (slot.next === "nothing" || slot.ref === NO_REF) continue;
      if (written) slot.cell.live = slot.next === "value";
      if (written || slot.next === "value") slot.next = "nothing"; // a stale marker that failed is tried again
    }
  }

  /**
   * Gives counters that are new to the store a zero, so that `rate` sees their first increment: at the commit before
   * they came or, when they were counting before the first commit, a millisecond ahead of it.
   */
  #writeStarts(slots: readonly CounterSlot[], timestampMs: number): void {
    this.#batch.clear();
    for (const slot of slots) {
      const { cell } = slot;
      if (!cell.hasStart && this.#acquired(slot)) this.#batch.push(slot.ref, 0);
    }
    if (!this.#append(timestampMs)) return;
    for (const { ref, cell } of slots) if (ref !== NO_REF) cell.hasStart = true;
  }

  #append(timestampMs: number): boolean {
    if (this.#batch.isEmpty) return true;
    try {
      this.#host.appended(this.#batch.appendTo(this.#host.store, timestampMs));
      return true;
    } catch (error) {
      this.#host.appendFailed(error);
      return false;
    }
  }

  #acquired(slot: Slot): boolean {
    if (slot.ref !== NO_REF) return true;
    const { instrument, labels } = slot.cell;
    try {
      slot.ref = this.#host.store.acquire(labels.with(METRIC_NAME, instrument.name));
      return true;
    } catch (error) {
      this.#host.appendFailed(error);
      return false;
    }
  }

  #release(slot: Slot): void {
    if (slot.ref === NO_REF) return;
    try {
      this.#host.store.release(slot.ref);
    } catch (error) {
      this.#host.appendFailed(error);
    }
    slot.ref = NO_REF;
  }
}
