import type { Histogram } from "../../model/histogram.ts";
import { type Labels, METRIC_NAME } from "../../model/labels.ts";
import { ClassicHistogram } from "../histogram/classic.ts";
import { floatOf } from "./series_notation.ts";
import type { LoadCommand } from "./script.ts";

export interface NativeSample {
  readonly labels: Labels;
  readonly atMs: number;
  readonly histogram: Histogram;
}

export type NativeSamples =
  | { readonly kind: "ok"; readonly samples: readonly NativeSample[] }
  | { readonly kind: "error"; readonly message: string };

interface Group {
  readonly labels: Labels;
  readonly byTime: Map<number, ClassicHistogram>;
}

const SUFFIXES = ["_bucket", "_sum", "_count"] as const;

/**
 * The native histograms with custom buckets that a load command's classic ones (series ending in _bucket, _sum and
 * _count) amount to, per series in order of time.
 */
export function classicToNative(command: LoadCommand): NativeSamples {
  const groups = new Map<string, Group>();
  for (const series of command.series) {
    const name = series.labels.metricName;
    const suffix = SUFFIXES.find((suffix) => name.endsWith(suffix));
    if (!suffix) continue;
    const bound = suffix === "_bucket" ? boundOf(series.labels.get("le")) : 0;
    if (bound === undefined) continue;
    const labels = series.labels.with(METRIC_NAME, name.slice(0, -suffix.length)).with("le", "");
    const group = groups.get(labels.key) ?? { labels, byTime: new Map() };
    groups.set(labels.key, group);
    for (const [i, item] of series.values.entries()) {
      if (item.kind === "omitted" || item.kind === "histogram") continue;
      const atMs = i * command.stepMs;
      const histogram = group.byTime.get(atMs) ?? new ClassicHistogram();
      group.byTime.set(atMs, histogram);
      note(histogram, suffix, bound, floatOf(item));
    }
  }
  return convert(groups.values());
}

function note(histogram: ClassicHistogram, suffix: string, bound: number, value: number): void {
  if (suffix === "_bucket") histogram.setBucket(bound, value);
  else if (suffix === "_sum") histogram.setSum(value);
  else histogram.setCount(value);
}

function convert(groups: Iterable<Group>): NativeSamples {
  const samples: NativeSample[] = [];
  for (const { labels, byTime } of groups) {
    for (const [atMs, classic] of [...byTime].sort(([a], [b]) => a - b)) {
      const result = classic.toNative();
      if (result.kind === "error") return { kind: "error", message: `${labels}: ${result.message}` };
      samples.push({ labels, atMs, histogram: result.histogram });
    }
  }
  return { kind: "ok", samples };
}

function boundOf(le: string): number | undefined {
  if (/^\+?inf$/i.test(le)) return Infinity;
  const bound = le === "" ? NaN : Number(le);
  return Number.isNaN(bound) ? undefined : bound;
}
