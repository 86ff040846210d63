import type { Labels } from "../../model/labels.ts";
import { STALE_NAN } from "../../model/sample.ts";
import type { Appendable, SeriesRef } from "../../model/store.ts";
import { histogramProblem } from "../histogram/validate.ts";
import { classicToNative } from "./nhcb.ts";
import type { LoadCommand, LoadedSeries, ScriptProblem } from "./script.ts";
import type { SequenceValue } from "./series_notation.ts";

export type LoadResult =
  | { readonly kind: "ok"; readonly samples: number }
  | { readonly kind: "error"; readonly problem: ScriptProblem };

/** A sample on its way into a store. Times are ms from the script's time zero. */
interface Pending {
  readonly line: number;
  readonly labels: Labels;
  readonly atMs: number;
  readonly value: SequenceValue;
  readonly startOffsetMs: number | undefined;
}

/**
 * Appends what load commands describe, their first values at `baseMs` (ms since the epoch), in order of time over all
 * series: a store need not take much that is late. A sample that the store refuses is a problem.
 */
export function load(commands: readonly LoadCommand[], store: Appendable, baseMs = 0): LoadResult {
  const pending: Pending[] = [];
  for (const command of commands) {
    const found = collect(command, pending);
    if (found) return { kind: "error", problem: found };
  }
  pending.sort((a, b) => a.atMs - b.atMs);
  const refs = new Map<string, SeriesRef>();
  try {
    for (const sample of pending) {
      const { key } = sample.labels;
      const ref = refs.get(key) ?? store.acquire(sample.labels);
      refs.set(key, ref);
      if (!append(sample, store, ref, baseMs)) return { kind: "error", problem: refused(sample) };
    }
  } finally {
    for (const ref of refs.values()) store.release(ref);
  }
  return { kind: "ok", samples: pending.length };
}

/** Adds a command's samples to `into`. @returns what is wrong with them, if anything */
function collect(command: LoadCommand, into: Pending[]): ScriptProblem | undefined {
  for (const series of command.series) {
    const found = collectSeries(series, command.stepMs, into);
    if (found) return found;
  }
  if (!command.withNhcb) return undefined;
  const converted = classicToNative(command);
  if (converted.kind === "error") return problem(command.line, converted.message);
  for (const { labels, atMs, histogram } of converted.samples) {
    const value = { kind: "histogram", histogram, hintGiven: false } as const;
    into.push({ line: command.line, labels, atMs, value, startOffsetMs: undefined });
  }
}

function collectSeries(series: LoadedSeries, stepMs: number, into: Pending[]): ScriptProblem | undefined {
  const { line, labels } = series;
  for (const [i, value] of series.values.entries()) {
    if (value.kind === "omitted") continue;
    const invalid = value.kind === "histogram" ? histogramProblem(value.histogram) : undefined;
    if (invalid) return problem(line, `invalid histogram for ${labels}: ${invalid}`);
    into.push({ line, labels, atMs: i * stepMs, value, startOffsetMs: series.startOffsetsMs?.[i] });
  }
}

/** @returns whether the store took it */
function append(
  { atMs, value, startOffsetMs }: Pending,
  store: Appendable,
  ref: SeriesRef,
  baseMs: number,
): boolean {
  const timestampMs = baseMs + atMs;
  const startMs = startOffsetMs === undefined ? 0 : timestampMs + startOffsetMs;
  if (value.kind === "histogram") return store.appendHistogram(timestampMs, ref, value.histogram, startMs);
  const number = value.kind === "float" ? value.value : STALE_NAN;
  return store.append(timestampMs, [ref], Float64Array.of(number), startMs) === 0;
}

function refused({ line, labels, atMs }: Pending): ScriptProblem {
  return problem(line, `the store refused the sample of ${labels} at ${atMs} ms: it has one as late already`);
}

function problem(line: number, message: string): ScriptProblem {
  return { line, column: 1, message };
}
