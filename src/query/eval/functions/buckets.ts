import { type Labels, METRIC_NAME } from "../../../model/labels.ts";
import type { Histogram } from "../../../model/histogram.ts";
import type { PositionRange } from "../../position.ts";
import type { ClassicBucket } from "../../histogram/mod.ts";
import type { EvalContext } from "../context.ts";
import { FLOAT, type Frame } from "../frame.ts";

/** The label that carries a classic bucket's upper bound. */
const BUCKET_LABEL = "le";

/** The rows that make up one classic histogram, and the native histogram that has the same labels, if any. */
export interface HistogramRows {
  /** Without the bucket label. */
  readonly labels: Labels;
  readonly buckets: { readonly row: number; readonly upperBound: number }[];
  /** Row of native histograms with these labels. */
  native: number | undefined;
  /** Whether the rows drop their name. */
  dropsName: boolean;
}

/** Sorts the rows of a vector into histograms, classic and native. Rows without a readable bound are remarked on. */
export function histogramRows(context: EvalContext, frame: Frame, position: PositionRange): HistogramRows[] {
  const byLabels = new Map<string, HistogramRows>();
  const rowsFor = (labels: Labels, row: number) => {
    let rows = byLabels.get(labels.key);
    if (!rows) {
      rows = { labels, buckets: [], native: undefined, dropsName: frame.dropsName[row] };
      byLabels.set(labels.key, rows);
    }
    return rows;
  };
  for (let row = 0; row < frame.rowCount; row++) {
    const labels = frame.labels[row];
    if (frame.histograms[row]) rowsFor(labels, row).native = row;
    if (!hasFloats(frame, row)) continue;
    const le = labels.get(BUCKET_LABEL);
    const upperBound = parseBound(le);
    if (upperBound === undefined) {
      context.env.notes.badBucketLabel(labels.get(METRIC_NAME), le, position);
      continue;
    }
    rowsFor(labels.with(BUCKET_LABEL, ""), row).buckets.push({ row, upperBound });
  }
  return [...byLabels.values()];
}

function hasFloats({ kinds, stepCount }: Frame, row: number): boolean {
  for (let cell = row * stepCount; cell < (row + 1) * stepCount; cell++) {
    if (kinds[cell] === FLOAT) return true;
  }
  return false;
}

/** What one histogram is at one step. */
export type AtStep =
  | { readonly kind: "none" }
  | { readonly kind: "native"; readonly histogram: Histogram }
  /** Fresh objects, to be sorted and changed at will. */
  | { readonly kind: "classic"; readonly buckets: ClassicBucket[] }
  /** Both: nobody can say which is meant. */
  | { readonly kind: "conflict" };

const NONE: AtStep = { kind: "none" };
const CONFLICT: AtStep = { kind: "conflict" };

export function histogramAt(frame: Frame, rows: HistogramRows, step: number): AtStep {
  const { kinds, values, stepCount } = frame;
  const native = rows.native === undefined ? undefined : frame.histograms[rows.native]?.[step];
  const buckets: { upperBound: number; count: number }[] = [];
  for (const { row, upperBound } of rows.buckets) {
    const cell = row * stepCount + step;
    if (kinds[cell] === FLOAT) buckets.push({ upperBound, count: values[cell] });
  }
  if (native) return buckets.length > 0 ? CONFLICT : { kind: "native", histogram: native };
  return buckets.length > 0 ? { kind: "classic", buckets } : NONE;
}

const BOUND = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf|infinity|nan)$/i;

/** Reads a bucket's bound as Go's ParseFloat does, the forms that occur. */
function parseBound(text: string): number | undefined {
  if (!BOUND.test(text)) return undefined;
  const body = text.replace(/^[+-]/, "").toLowerCase();
  if (body === "nan") return NaN;
  const size = body.startsWith("inf") ? Infinity : Number(body);
  return text.startsWith("-") ? -size : size;
}
