import type { Steps } from "../base/steps.ts";
import type { Histogram } from "./histogram.ts";
import type { Labels } from "./labels.ts";
import type { Matcher } from "./matcher.ts";
import type { SampleColumns } from "./sample.ts";

declare const kind: unique symbol;

/** A series' handle in a store; means nothing to another store. */
export type SeriesRef = number & { readonly [kind]: "series" };

/** The door through which samples come in. Synchronous: what it returns from is in the head and in the WAL's buffer. */
export interface Appendable {
  /**
   * The handle of the series with these labels, created when new. Each call adds a holder; a held series is never
   * forgotten, even when all its samples have expired.
   */
  acquire(labels: Labels): SeriesRef;
  /** Gives one hold back. The series itself goes with its last sample. */
  release(ref: SeriesRef): void;
  /**
   * Appends one value to each of the series, all at one timestamp (ms since the epoch): one record, there whole or
   * not at all after a crash. A sample that is not newer than its series' last one is left out, as is one at the same
   * time with the same value. `startTimestampMs`: when the counters began to count, where known (0: unknown).
   * @returns how many were left out for being out of order or a duplicate with another value
   */
  append(
    timestampMs: number,
    refs: ArrayLike<SeriesRef>,
    values: ArrayLike<number>,
    startTimestampMs?: number,
  ): number;
  /** Appends one native histogram. @returns whether it was in order */
  appendHistogram(
    timestampMs: number,
    ref: SeriesRef,
    histogram: Histogram,
    startTimestampMs?: number,
  ): boolean;
}

/** Which series, and which stretch of time. Both ends are inclusive, in ms since the epoch. */
export interface Selection {
  readonly matchers: readonly Matcher[];
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
}

/** One series that a selection found. Reads see the store as it is at the moment of the read, and stay safe to call after further appends. */
export interface Series {
  readonly labels: Labels;
  /** Adds the samples with minTimeMs ≤ t ≤ maxTimeMs to the columns' end, ascending, stale markers included. */
  read(minTimeMs: number, maxTimeMs: number, into: SampleColumns): void;
  /**
   * The newest sample at or before `maxTimeMs` and not before `minTimeMs`, added to the columns: what an instant
   * selector needs, without decoding the rest. @returns whether there was one
   */
  readLast(minTimeMs: number, maxTimeMs: number, into: SampleColumns): boolean;
}

/**
 * The door through which queries read. Synchronous, so that one selection sees one state of the store; callers
 * that walk many series yield between them and select again when they must.
 */
export interface Queryable {
  /**
   * Does in steps what would take long in `select`, or in one of the others, with this selection, so that none of them
   * does. Without it they give the same. Absent: there is no such thing.
   */
  preparing?(selection: Selection): Steps<void>;
  /** The series in which every matcher holds and which may have samples in the range; in no particular order. */
  select(selection: Selection): Series[];
  /** Label names of the matching series, sorted. No matchers: of all series. */
  labelNames(selection: Selection): string[];
  /** Values of one label over the matching series, sorted. */
  labelValues(name: string, selection: Selection): string[];
}
