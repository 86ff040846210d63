import type { PositionRange } from "../../position.ts";
import type { Notes } from "../notes.ts";
import type { Row } from "../row.ts";
import type { Windows } from "../windows.ts";

/** One call of a range function, the same for all series. */
export interface RangeCall {
  /** The arguments that are scalars, in order: a value a step. */
  readonly scalars: readonly Float64Array[];
  /** Where the call's arguments stand. */
  readonly positions: readonly PositionRange[];
  readonly notes: Notes;
  readonly rangeMs: number;
  readonly extension: "none" | "anchored" | "smoothed";
  /** When a step's window begins (left open) and ends, without what an extension adds. */
  startOf(step: number): number;
  endOf(step: number): number;
  /** The step's own time. */
  timeOf(step: number): number;
}

/**
 * Makes of one step's window, which is not empty, one float or histogram, or nothing. Reads the window afresh, so
 * it is the definition of the function.
 */
export type WindowFunction = (windows: Windows, step: number, out: Row, call: RangeCall) => void;

/**
 * The same function for windows of floats that overlap: carries from step to step what it can. One is made for each
 * call and used for one series after the other.
 */
export interface SlidingFunction {
  /** Whether it is quicker than a fresh look at each window: `visits` is how many samples all of those would see. */
  pays(visits: number, count: number, steps: number): boolean;
  /** Turns to another series, or another stretch of it, for the steps from `from` to `to` (exclusive). */
  prepare(windows: Windows, from: number, to: number): void;
  /** Fills the steps from `from` to `to` (exclusive); runs come in ascending order. */
  run(windows: Windows, from: number, to: number, out: Row, call: RangeCall): void;
}

/** A row of the table of range functions. */
export interface RangeFunction {
  readonly window: WindowFunction;
  readonly sliding?: () => SlidingFunction;
  /** Whether results keep the metric name; most functions drop it. */
  readonly keepsName?: boolean;
  /** Whether start timestamps matter to it. */
  readonly usesStarts?: boolean;
  /** Extensions of the selector that it knows how to deal with. */
  readonly anchored?: boolean;
  readonly smoothed?: boolean;
}

/** What tells rate, increase and delta apart. */
export interface RateKind {
  /** Whether a decrease is a reset, and the zero point a limit. */
  readonly isCounter: boolean;
  /** Whether the result is divided by the range's seconds. */
  readonly isPerSecond: boolean;
}
