/**
 * When a probe beats. Beats stand on a grid: `origin + phase × period + n × period`, where the origin is the
 * schedule's and the phase the probe's own, so that probes of one period never beat in step and a probe that is
 * changed keeps its place. Pure: time comes in as an argument. All times are monotonic milliseconds.
 */
export interface Grid {
  readonly originMs: number;
  /** 0 up to, but not including, 1. */
  readonly phase: number;
  readonly periodMs: number;
}

/** The first result should not take longer than this, however long the period. */
const FIRST_WITHIN_MS = 1_000;

/** The golden ratio's fractional part: its multiples fill an interval evenly, however many there are. */
const GOLDEN = 0.618033988749895;

/** Beats closer together than this part of a period are one beat, rounded. */
const ROUNDING = 1e-6;

/** Most lateness at which a beat still runs rather than being skipped. */
const MAX_LEEWAY_MS = 20;

/** The place of the n-th probe in its period. */
export function phaseOf(sequence: number): number {
  return (sequence * GOLDEN) % 1;
}

/** The first beat on the grid after a time. */
export function beatAfter({ originMs, phase, periodMs }: Grid, afterMs: number): number {
  const baseMs = originMs + phase * periodMs;
  const beats = Math.floor((afterMs - baseMs) / periodMs + ROUNDING) + 1;
  return baseMs + beats * periodMs;
}

/**
 * The first beat of all, for a probe that may start at `startMs`: on the grid, but with a long period already within
 * the first second.
 */
export function firstBeat(grid: Grid, startMs: number): number {
  if (grid.periodMs > FIRST_WITHIN_MS) return startMs + grid.phase * FIRST_WITHIN_MS;
  return beatAfter(grid, startMs - grid.periodMs * 2 * ROUNDING);
}

/**
 * How late a beat may be and still run. A time-out as long as the period is the default, and its result comes a
 * little after the next beat was due: without leeway every time-out would cost two beats.
 */
export function leewayMs(periodMs: number): number {
  return Math.min(periodMs / 4, MAX_LEEWAY_MS);
}

/** What became of the beats after one that was due at `dueAtMs`, woke at `wokeAtMs` and was done at `doneAtMs`. */
export interface Following {
  readonly nextDueAtMs: number;
  /** Beats that had passed before this one even started. */
  readonly skippedLate: number;
  /** Beats that found this one still running. */
  readonly skippedRunning: number;
}

/** Finds the next beat that can still run. `nextMs`: the one after `dueAtMs`; the others follow it by `periodMs`. */
export function following(nextMs: number, periodMs: number, wokeAtMs: number, doneAtMs: number): Following {
  const tooLateMs = doneAtMs - leewayMs(periodMs);
  const skipped = beatsBefore(nextMs, periodMs, tooLateMs);
  const skippedLate = Math.min(skipped, beatsBefore(nextMs, periodMs, wokeAtMs));
  return { nextDueAtMs: nextMs + skipped * periodMs, skippedLate, skippedRunning: skipped - skippedLate };
}

function beatsBefore(firstMs: number, periodMs: number, endMs: number): number {
  return firstMs >= endMs ? 0 : Math.ceil((endMs - firstMs) / periodMs);
}
