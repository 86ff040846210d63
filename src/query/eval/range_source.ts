import type { Histogram } from "../../model/histogram.ts";
import type { Labels } from "../../model/labels.ts";
import type { SampleColumns } from "../../model/sample.ts";
import type { Series } from "../../model/store.ts";
import type { MatrixSelector, Subquery } from "../ast.ts";
import type { EvalContext, Evaluation } from "./context.ts";
import { ABSENT, type Frame, HISTOGRAM } from "./frame.ts";
import { ResetAwareSeries } from "./reset_aware_series.ts";
import { referenceTime } from "./selectors.ts";

/** The series of a range vector, to be read stretch by stretch. */
export interface RangeSource {
  readonly count: number;
  readonly rangeMs: number;
  readonly extension: "none" | "anchored" | "smoothed";
  /** Whether the samples still know when their series began. */
  readonly keepsStarts: boolean;
  labels(series: number): Labels;
  /** Whether the series is to lose its metric name anyway. */
  dropsName(series: number): boolean;
  /** Its samples. */
  samples(series: number): Pick<Series, "read">;
}

/** Selects the series of `selector[range]`, for all steps. */
export function* selectMatrix(context: EvalContext, node: MatrixSelector): Evaluation<RangeSource> {
  const { selector, rangeMs } = node;
  const { lookbackMs } = context.env;
  const extension = selector.anchored ? "anchored" : selector.smoothed ? "smoothed" : "none";
  const firstMs = referenceTime(context, selector, 0);
  const lastMs = referenceTime(context, selector, context.stepCount - 1);
  const before = rangeMs + (extension === "none" ? 0 : lookbackMs);
  const after = extension === "smoothed" ? lookbackMs : 0;
  const found = yield* context.select({
    matchers: selector.matchers,
    minTimeMs: firstMs - before + 1,
    maxTimeMs: lastMs + after,
  });
  const series = context.env.statsOnly.has(selector)
    ? found.map((series) => new ResetAwareSeries(series))
    : found;
  return new StoredSource(series, rangeMs, extension);
}

class StoredSource implements RangeSource {
  readonly keepsStarts = true;
  readonly rangeMs: number;
  readonly extension: RangeSource["extension"];
  readonly #series: readonly Series[];

  constructor(series: readonly Series[], rangeMs: number, extension: RangeSource["extension"]) {
    this.#series = series;
    this.rangeMs = rangeMs;
    this.extension = extension;
  }

  get count(): number {
    return this.#series.length;
  }

  labels(series: number): Labels {
    return this.#series[series].labels;
  }

  dropsName(): boolean {
    return false;
  }

  samples(series: number): Series {
    return this.#series[series];
  }
}

/** The steps of a subquery: multiples of its own step, so that they do not move with the outer query's. */
export interface SubqueryGrid {
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
}

/** Where a subquery has to be evaluated so that all windows of the outer steps are filled. */
export function subqueryGrid(context: EvalContext, node: Subquery): SubqueryGrid {
  const stepMs = node.stepMs > 0 ? node.stepMs : context.env.defaultSubqueryStepMs;
  const lowMs = referenceTime(context, node, 0) - node.rangeMs;
  let startMs = lowMs - lowMs % stepMs;
  if (startMs <= lowMs) startMs += stepMs;
  return { startMs, endMs: referenceTime(context, node, context.stepCount - 1), stepMs };
}

/** Evaluates what a subquery is over. */
export function* evaluateSubquery(context: EvalContext, node: Subquery): Evaluation<Frame> {
  const { startMs, endMs, stepMs } = subqueryGrid(context, node);
  const inner = context.on(startMs, endMs, stepMs);
  const evaluated = yield* inner.evaluate(node.expr);
  if (evaluated.kind === "vector") return evaluated.frame;
  throw new Error(`expected a vector in a subquery, got a ${evaluated.kind}`);
}

/** A subquery's results, as if they had been stored. */
export function* subquerySource(context: EvalContext, node: Subquery): Evaluation<RangeSource> {
  const { meter } = context.env;
  const grid = subqueryGrid(context, node);
  const before = meter.total;
  const frame = yield* evaluateSubquery(context, node);
  meter.total = before; // what windows look at counts, not what it was made from: as in Prometheus
  return new SubquerySource(frame, grid, node.rangeMs);
}

class SubquerySource implements RangeSource {
  readonly extension = "none";
  readonly keepsStarts = false;
  readonly rangeMs: number;
  readonly #frame: Frame;
  readonly #grid: SubqueryGrid;

  constructor(frame: Frame, grid: SubqueryGrid, rangeMs: number) {
    this.#frame = frame;
    this.#grid = grid;
    this.rangeMs = rangeMs;
  }

  get count(): number {
    return this.#frame.rowCount;
  }

  labels(series: number): Labels {
    return this.#frame.labels[series];
  }

  dropsName(series: number): boolean {
    return this.#frame.dropsName[series];
  }

  samples(series: number): Pick<Series, "read"> {
    return { read: (minMs, maxMs, into) => this.#read(series, minMs, maxMs, into) };
  }

  #read(series: number, minMs: number, toMs: number, into: SampleColumns): void {
    const { kinds, values, histograms, stepCount } = this.#frame;
    const { startMs, stepMs } = this.#grid;
    const first = Math.max(0, Math.ceil((minMs - startMs) / stepMs));
    const last = Math.min(stepCount - 1, Math.floor((toMs - startMs) / stepMs));
    const cell = series * stepCount;
    if (last >= first) into.reserve(last - first + 1);
    for (let step = first; step <= last; step++) {
      const kind = kinds[cell + step];
      if (kind === ABSENT) continue;
      if (kind === HISTOGRAM) {
        into.pushHistogram(startMs + step * stepMs, withoutHint(histograms[series]![step]!));
      } else into.push(startMs + step * stepMs, values[cell + step]);
    }
  }
}

/** A subquery may skip samples or repeat them, so what they say about resets between them no longer holds. */
function withoutHint(histogram: Histogram): Histogram {
  const { counterResetHint } = histogram;
  if (counterResetHint === "unknown" || counterResetHint === "gauge") return histogram;
  return { ...histogram, counterResetHint: "unknown" };
}
