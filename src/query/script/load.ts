import type { Labels } from "../../model/labels.ts";
import { STALE_NAN } from "../../model/sample.ts";
import type { Appendable } from "../../model/store.ts";
import { histogramProblem } from "../histogram/validate.ts";
import { classicToNative } from "./nhcb.ts";
import type { LoadCommand, LoadedSeries, ScriptProblem } from "./script.ts";

export type LoadResult =
  | { readonly kind: "ok"; readonly samples: number }
  | { readonly kind: "error"; readonly problem: ScriptProblem };

/**
 * Appends what a load command describes, its first values at `baseMs` (ms since the epoch). A sample that the
 * store refuses, because its series already has a later one, is a problem.
 */
export function load(command: LoadCommand, store: Appendable, baseMs = 0): LoadResult {
  let samples = 0;
  for (const series of command.series) {
    const result = loadSeries(series, command.stepMs, store, baseMs);
    if (result.kind === "error") return result;
    samples += result.samples;
  }
  if (!command.withNhcb) return { kind: "ok", samples };
  const converted = classicToNative(command);
  if (converted.kind === "error") return problem(command.line, converted.message);
  for (const { labels, atMs, histogram } of converted.samples) {
    const held = hold(store, labels);
    if (!store.appendHistogram(baseMs + atMs, held.ref, histogram)) {
      return refused(command.line, labels, atMs);
    }
    held.release();
  }
  return { kind: "ok", samples: samples + converted.samples.length };
}

function loadSeries(series: LoadedSeries, stepMs: number, store: Appendable, baseMs: number): LoadResult {
  const { ref, release } = hold(store, series.labels);
  const value = new Float64Array(1);
  let samples = 0;
  for (const [i, item] of series.values.entries()) {
    if (item.kind === "omitted") continue;
    const invalid = item.kind === "histogram" ? histogramProblem(item.histogram) : undefined;
    if (invalid) return problem(series.line, `invalid histogram for ${series.labels}: ${invalid}`);
    const timestampMs = baseMs + i * stepMs;
    const startOffsetMs = series.startOffsetsMs?.[i];
    const startMs = startOffsetMs === undefined ? 0 : timestampMs + startOffsetMs;
    if (item.kind !== "histogram") value[0] = item.kind === "stale" ? STALE_NAN : item.value;
    const accepted = item.kind === "histogram"
      ? store.appendHistogram(timestampMs, ref, item.histogram, startMs)
      : store.append(timestampMs, [ref], value, startMs) === 0;
    if (!accepted) return refused(series.line, series.labels, i * stepMs);
    samples++;
  }
  release();
  return { kind: "ok", samples };
}

function hold(store: Appendable, labels: Labels) {
  const ref = store.acquire(labels);
  return { ref, release: () => store.release(ref) };
}

function refused(line: number, labels: Labels, atMs: number): LoadResult {
  return problem(
    line,
    `the store refused the sample of ${labels} at ${atMs} ms: the series has one as late already`,
  );
}

function problem(line: number, message: string): LoadResult {
  return { kind: "error", problem: { line, column: 1, message } };
}
