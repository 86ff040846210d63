import type { Steps } from "../../base/steps.ts";
import type { Queryable, Selection, Series } from "../../model/store.ts";
import { SampleColumns } from "../../model/sample.ts";
import { type Expr, unwrapParens, type VectorSelector } from "../ast.ts";
import { executionFailure, tooManySamples } from "./failure.ts";
import { Frame } from "./frame.ts";
import type { Frames } from "./frames.ts";
import type { BareLabels } from "./label_sets.ts";
import type { Meter } from "./meter.ts";
import type { Notes } from "./notes.ts";

/**
 * An evaluation under way. It yields when its slice of time is over; whoever drives it lets others work and then
 * resumes it, or, when it is in a hurry, resumes it at once.
 */
export type Evaluation<T> = Generator<void, T, void>;

/** Does work in steps as part of an evaluation: gives way where its slice is over, and ends with its time. */
export function* metered<Result>(steps: Steps<Result>, meter: Meter): Evaluation<Result> {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    if (meter.look()) yield;
  }
}

/** What an expression came to at all steps. Range vectors appear only as arguments, and as the result of a query. */
export type Evaluated =
  | { readonly kind: "scalar"; readonly values: Float64Array }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "vector"; readonly frame: Frame };

/** What an evaluation works with, the same throughout a query. */
export interface EvalEnvironment {
  readonly store: Queryable;
  readonly lookbackMs: number;
  /** Step of subqueries that name none. */
  readonly defaultSubqueryStepMs: number;
  readonly meter: Meter;
  readonly frames: Frames;
  readonly notes: Notes;
  readonly bareLabels: BareLabels;
  /** Selectors of whose histograms only count and sum matter: see `plan`. */
  readonly statsOnly: ReadonlySet<VectorSelector>;
  /** Steps a grid may have. */
  readonly maxSteps: number;
  /** Cells a frame may have: bounds what a sparse result takes. */
  readonly maxCells: number;
  /** Reused for reading; nobody holds on to it across an evaluation of something else. */
  readonly columns: SampleColumns;
  /** Evaluates an expression on a grid: the dispatcher over all kinds of them. */
  readonly dispatch: (context: EvalContext, expr: Expr) => Evaluation<Evaluated>;
}

/** Frames up to this many cells are made in one go; untouched pages cost nothing. */
const EAGER_CELLS = 1 << 22;

/**
 * An environment plus the grid of steps to evaluate on: start, start + step, … up to and including end. A step is whole
 * milliseconds; what it has beyond them is cut off (Prometheus, promql/engine.go, durationMilliseconds).
 */
export class EvalContext {
  readonly env: EvalEnvironment;
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
  readonly stepCount: number;

  constructor(env: EvalEnvironment, startMs: number, endMs: number, stepMs: number) {
    this.env = env;
    this.startMs = startMs;
    this.stepMs = Math.trunc(stepMs);
    if (this.stepMs < 1) throw executionFailure("the step is shorter than a millisecond");
    this.stepCount = endMs < startMs ? 0 : Math.floor((endMs - startMs) / this.stepMs) + 1;
    this.endMs = endMs;
    if (this.stepCount > env.maxSteps) throw tooManySamples();
  }

  get isInstant(): boolean {
    return this.startMs === this.endMs;
  }

  timeOf(step: number): number {
    return this.startMs + step * this.stepMs;
  }

  /** The same environment on another grid. */
  on(startMs: number, endMs: number, stepMs: number): EvalContext {
    return new EvalContext(this.env, startMs, endMs, stepMs);
  }

  evaluate(expr: Expr): Evaluation<Evaluated> {
    return this.env.dispatch(this, expr);
  }

  /** The series in which matchers hold. */
  *select(selection: Selection): Evaluation<Series[]> {
    const { store, meter } = this.env;
    if (store.preparing) yield* metered(store.preparing(selection), meter);
    return store.select(selection);
  }

  /** Evaluates an expression of type vector. */
  *vector(expr: Expr): Evaluation<Frame> {
    const evaluated = yield* this.env.dispatch(this, expr);
    if (evaluated.kind !== "vector") throw new Error(`expected a vector, got a ${evaluated.kind}`);
    return evaluated.frame;
  }

  /** Evaluates an expression of type scalar: a value a step. */
  *scalar(expr: Expr): Evaluation<Float64Array> {
    const evaluated = yield* this.env.dispatch(this, expr);
    if (evaluated.kind !== "scalar") throw new Error(`expected a scalar, got a ${evaluated.kind}`);
    return evaluated.values;
  }

  /** An empty frame on this grid, with room for about so many rows. */
  frame(rows: number): Frame {
    const capacity = Math.max(1, Math.min(rows, Math.floor(EAGER_CELLS / Math.max(1, this.stepCount))));
    return this.env.frames.add(new Frame(this.stepCount, capacity, this.env.maxCells));
  }
}

/** The text of an argument that the parser made sure is a string literal. */
export function stringOf(expr: Expr): string {
  const literal = unwrapParens(expr);
  if (literal.kind !== "string") throw executionFailure(`expected a string literal, got a ${literal.kind}`);
  return literal.value;
}
