import { Labels, METRIC_NAME } from "../../model/labels.ts";
import type { Matcher } from "../../model/matcher.ts";
import type { Call, Expr, MatrixSelector, Subquery } from "../ast.ts";
import { type EvalContext, type Evaluation } from "./context.ts";
import { executionFailure } from "./failure.ts";
import { ABSENT, FLOAT, Frame, histogramWeight } from "./frame.ts";
import type { RangeCall, RangeFunction, SlidingFunction } from "./range/range_function.ts";
import { functionsFor } from "./range/table.ts";
import { type RangeSource, selectMatrix, subquerySource } from "./range_source.ts";
import { Row } from "./row.ts";
import { BLOCK_SPAN_MS, readPieces, referenceTime } from "./selectors.ts";
import { Windows } from "./windows.ts";

/** Samples that a run of sliding steps passes before the clock is looked at. */
const VISITS_PER_RUN = 1 << 16;

/** Evaluates a call of a function that takes a range vector. */
export function* evaluateRangeCall(context: EvalContext, call: Call, fn: RangeFunction): Evaluation<Frame> {
  const at = call.args.findIndex(isRange);
  const node = call.args[at] as MatrixSelector | Subquery;
  const subquery = node.kind === "subquery" ? yield* subquerySource(context, node) : undefined;
  const scalars: Float64Array[] = [];
  for (const [i, arg] of call.args.entries()) if (i !== at) scalars.push(yield* context.scalar(arg));
  checkExtension(call, node, fn);
  const source = subquery ?? (yield* selectMatrix(context, node as MatrixSelector));
  const frame = yield* new RangeEvaluation(context, call, node, source, fn, scalars).run();
  if (call.name === "absent_over_time") return absence(context, frame, node);
  if (call.name === "rate" || call.name === "increase") remarkNonCounters(context, frame, call);
  return frame;
}

function isRange(expr: Expr): boolean {
  return expr.kind === "matrix_selector" || expr.kind === "subquery";
}

function checkExtension(call: Call, node: MatrixSelector | Subquery, fn: RangeFunction): void {
  if (node.kind === "subquery") return;
  const { anchored, smoothed } = node.selector;
  const extension = anchored ? "anchored" : smoothed ? "smoothed" : undefined;
  if (!extension || fn[extension]) return;
  const allowed = functionsFor(extension).join(", ");
  throw executionFailure(`${extension} modifier can only be used with: ${allowed} - not with ${call.name}`);
}

/** One call under evaluation: series by series, each read once and slid over. */
class RangeEvaluation {
  readonly #context: EvalContext;
  readonly #source: RangeSource;
  readonly #fn: RangeFunction;
  readonly #call: RangeCall;
  readonly #windows: Windows;
  readonly #frame: Frame;
  readonly #row: Row;
  readonly #sliding: SlidingFunction | undefined;
  /** The first step's window, without and with what an extension adds. */
  readonly #endMs: number;
  readonly #readFromMs: number;
  readonly #readToMs: number;
  /** Samples in the window that was looked at last. */
  #lastWeight = 0;
  /** How far the window moves with each step: not at all under `@`. */
  readonly #strideMs: number;

  constructor(
    context: EvalContext,
    call: Call,
    node: MatrixSelector | Subquery,
    source: RangeSource,
    fn: RangeFunction,
    scalars: readonly Float64Array[],
  ) {
    const times = node.kind === "subquery" ? node : node.selector;
    const { lookbackMs } = context.env;
    this.#context = context;
    this.#source = source;
    this.#fn = fn;
    this.#windows = new Windows(context.stepCount);
    this.#frame = context.frame(source.count);
    this.#row = new Row(this.#frame);
    const mayOverlap = context.stepCount > 1 && source.extension === "none";
    this.#sliding = mayOverlap ? fn.sliding?.() : undefined;
    this.#endMs = referenceTime(context, times, 0);
    this.#strideMs = times.at ? 0 : context.stepMs;
    this.#readFromMs = this.#endMs - source.rangeMs - (source.extension === "none" ? 0 : lookbackMs);
    this.#readToMs = this.#endMs + (source.extension === "smoothed" ? lookbackMs : 0);
    this.#call = this.#describe(call, scalars);
  }

  *run(): Evaluation<Frame> {
    const { meter } = this.#context.env;
    for (let series = 0; series < this.#source.count; series++) {
      const dropsName = !this.#fn.keepsName || this.#source.dropsName(series);
      this.#frame.addRow(this.#source.labels(series), dropsName);
      this.#row.turnToLast();
      yield* this.#evaluate(series);
      const row = this.#frame.rowCount - 1;
      const weight = this.#weightOf(row);
      if (weight === 0) this.#frame.dropLastRow();
      else meter.hold(weight);
      // The last window is still there when its result joins the others.
      meter.expectRoomFor(this.#lastWeight);
      if (meter.spend(64)) yield;
    }
    return this.#frame;
  }

  #describe(call: Call, scalars: readonly Float64Array[]): RangeCall {
    const { rangeMs, extension } = this.#source;
    const endMs = this.#endMs;
    const strideMs = this.#strideMs;
    const context = this.#context;
    return {
      scalars,
      positions: call.args.map((arg) => arg.position),
      notes: context.env.notes,
      rangeMs,
      extension,
      startOf: (step) => endMs - rangeMs + step * strideMs,
      endOf: (step) => endMs + step * strideMs,
      timeOf: (step) => context.timeOf(step),
    };
  }

  /** Goes over one series, in stretches of time that bound what is decoded at once. */
  *#evaluate(series: number): Evaluation<void> {
    const { columns, meter } = this.#context.env;
    const { stepCount } = this.#context;
    const windows = this.#windows;
    const stepsPerBlock = this.#strideMs === 0
      ? stepCount
      : Math.max(1, Math.floor(BLOCK_SPAN_MS / this.#strideMs));
    for (let from = 0; from < stepCount; from += stepsPerBlock) {
      const to = Math.min(stepCount, from + stepsPerBlock);
      const fromMs = this.#readFromMs + from * this.#strideMs;
      const toMs = this.#readToMs + (to - 1) * this.#strideMs;
      const samples = this.#source.samples(series);
      yield* readPieces(this.#context, samples, fromMs, toMs, this.#source.rangeMs);
      this.#lastWeight = 0;
      if (columns.length === 0) continue;
      const wantsStarts = this.#fn.usesStarts === true && this.#source.keepsStarts;
      windows.take(this.#source.labels(series), columns, wantsStarts);
      windows.slide(from, to, this.#readFromMs, this.#readToMs, this.#strideMs);
      meter.expectRoomFor(windows.widest(from, to));
      this.#lastWeight = windows.weightOf(to - 1);
      const visits = windows.visits(from, to);
      meter.total += visits;
      const slides = this.#sliding && !windows.hasHistograms &&
        this.#sliding.pays(visits, windows.count, to - from);
      if (slides) yield* this.#slide(from, to);
      else yield* this.#eachAfresh(from, to);
    }
  }

  *#slide(from: number, to: number): Evaluation<void> {
    const { meter } = this.#context.env;
    const windows = this.#windows;
    this.#sliding!.prepare(windows, from, to);
    let yields = meter.spend(windows.count);
    for (let step = from; step < to;) {
      if (yields) yield;
      let end = step + 1;
      const limit = windows.high[step] + VISITS_PER_RUN;
      while (end < to && windows.high[end] < limit && end - step < VISITS_PER_RUN) end++;
      this.#sliding!.run(windows, step, end, this.#row, this.#call);
      yields = meter.spend(windows.high[end - 1] - windows.high[step] + (end - step));
      step = end;
    }
    if (yields) yield;
  }

  *#eachAfresh(from: number, to: number): Evaluation<void> {
    const { meter } = this.#context.env;
    const windows = this.#windows;
    for (let step = from; step < to; step++) {
      if (windows.isEmpty(step)) continue;
      this.#fn.window(windows, step, this.#row, this.#call);
      const histograms = windows.histogramHigh[step] - windows.histogramLow[step];
      if (meter.spend(windows.high[step] - windows.low[step] + 16 * histograms + 4)) yield;
    }
  }

  #weightOf(row: number): number {
    let weight = this.#frame.countOf(row);
    for (const histogram of this.#frame.histograms[row] ?? []) {
      if (histogram) weight += histogramWeight(histogram) - 1;
    }
    return weight;
  }
}

const COUNTER_SUFFIX = /_(?:total|sum|count|bucket)$/;

/** A rate over what does not look like a counter is most often a mistake. */
function remarkNonCounters(context: EvalContext, frame: Frame, call: Call): void {
  for (let row = 0; row < frame.rowCount; row++) {
    const name = frame.labels[row].metricName;
    if (name === "" || COUNTER_SUFFIX.test(name)) continue;
    const first = row * frame.stepCount;
    if (frame.kinds.subarray(first, first + frame.stepCount).includes(FLOAT)) {
      context.env.notes.possiblyNoCounter(name, call.args[0].position);
    }
  }
}

/** What absent_over_time says: 1 at the steps at which no series has a sample. */
function absence(context: EvalContext, present: Frame, node: MatrixSelector | Subquery): Frame {
  const { stepCount } = context;
  const frame = context.frame(1);
  const cell = frame.addRow(
    node.kind === "matrix_selector" ? labelsOfMatchers(node.selector.matchers) : Labels.EMPTY,
    true,
  );
  const seen = new Uint8Array(stepCount);
  for (let row = 0; row < present.rowCount; row++) {
    for (let step = 0; step < stepCount; step++) seen[step] |= present.kinds[row * stepCount + step];
  }
  for (let step = 0; step < stepCount; step++) if (seen[step] === ABSENT) frame.setFloat(cell + step, 1);
  return frame;
}

/** The labels that the matchers pin to one value each: what an absent series would have had. */
export function labelsOfMatchers(matchers: readonly Matcher[]): Labels {
  const pinned: Record<string, string> = {};
  const seen = new Set<string>();
  for (const { kind, name, value } of matchers) {
    if (name === METRIC_NAME) continue;
    if (kind === "=" && !seen.has(name)) {
      pinned[name] = value;
      seen.add(name);
    } else pinned[name] = "";
  }
  return Labels.from(pinned);
}
