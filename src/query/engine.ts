import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Steps } from "../base/steps.ts";
import { SampleColumns } from "../model/sample.ts";
import type { Queryable } from "../model/store.ts";
import type { Expr } from "./ast.ts";
import { EvalContext, type EvalEnvironment, type Evaluation, metered } from "./eval/context.ts";
import { evaluate } from "./eval/evaluate.ts";
import { EvaluationFailure } from "./eval/failure.ts";
import { Frames } from "./eval/frames.ts";
import { Gate } from "./eval/gate.ts";
import { BareLabels } from "./eval/label_sets.ts";
import { Meter, SamplePool } from "./eval/meter.ts";
import { Notes } from "./eval/notes.ts";
import { plan } from "./eval/plan.ts";
import { instantValue, rangeValue } from "./eval/result.ts";
import { Turns } from "./eval/turns.ts";
import { parseExprInSteps } from "./parser.ts";
import type { QueryError, QueryLimits, QueryResult, QueryValue } from "./value.ts";
import { verdictTypeOf } from "./verdict_type.ts";

export interface EngineOptions {
  clock: Clock;
  /** Samples that one query may hold at once. Default 5,000,000. */
  maxSamples?: number;
  /** Samples that all queries together may hold at once, urgent ones left out. Default: no bound. */
  maxSamplesTogether?: number;
  /** Longest that one query may take, waiting included. Default 10,000. */
  timeoutMs?: number;
  /** How long a sample stands for its series. Default 5 minutes. */
  lookbackMs?: number;
  /** Step of subqueries that name none. Default 1,000. */
  noStepSubqueryIntervalMs?: number;
  /** Long queries that may run at once; one that ends within its first slice is not counted. Default 20. */
  maxConcurrentQueries?: number;
  /** Long queries that may wait for their turn; more are refused. Default 100. */
  maxWaitingQueries?: number;
  /**
   * How long a query works before others get their turn; at its start twice that, unless several take turns already:
   * most queries end within it, and giving way has its price. Urgent ones have it in any case. Default 1: a request
   * takes a few turns of the event loop, each of which may have to wait for a slice.
   */
  sliceMs?: number;
  /** Whether the process has memory for more; asked often, by all but urgent queries. Default: always. */
  hasRoom?: () => boolean;
  /** Told of each query when it has ended. */
  onQuery?: (report: QueryReport) => void;
}

/** What there is to say of a query that has ended. */
export interface QueryReport {
  readonly kind: "instant" | "range";
  /** The query, if it came as text. */
  readonly text: string | undefined;
  /** "ok", or the error's kind. */
  readonly outcome: "ok" | QueryError["kind"];
  /** From the call to the result, waiting and other queries' slices included. */
  readonly durationMs: number;
  /** How long it waited for a place among the running. */
  readonly waitedMs: number;
  readonly samplesTotal: number;
  readonly samplesPeak: number;
}

const DEFAULTS = {
  maxSamples: 5_000_000,
  maxSamplesTogether: Infinity,
  timeoutMs: 10_000,
  lookbackMs: 5 * 60_000,
  noStepSubqueryIntervalMs: 1_000,
  maxConcurrentQueries: 20,
  maxWaitingQueries: 100,
  sliceMs: 1,
  hasRoom: () => true,
  onQuery: () => {},
} as const satisfies Omit<Required<EngineOptions>, "clock">;

/** Cells that a frame may have for each sample that a query may hold: sparse series take room where they have no sample. */
const CELLS_PER_SAMPLE = 4;
/** Steps that a query or subquery may have, however few samples it may hold. */
const MIN_STEPS = 10_000;
/** Reading columns kept for the next query, and how large they may be. */
const MAX_SPARE_COLUMNS = 4;
const MAX_SPARE_LENGTH = 1 << 17;

/** What is to be evaluated, and when: at `startMs`, and for a range every `stepMs` to `endMs`. */
interface Asked {
  readonly kind: "instant" | "range";
  readonly store: Queryable;
  readonly query: string | Expr;
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
  readonly limits: QueryLimits;
}

/** A query, ready to be evaluated. */
interface Task {
  readonly kind: Asked["kind"];
  readonly text: string | undefined;
  readonly startedMs: number;
  readonly deadlineMs: number;
  readonly meter: Meter;
  readonly notes: Notes;
  readonly columns: SampleColumns;
  readonly frames: Frames;
  readonly evaluation: Evaluation<QueryValue>;
  readonly signal: AbortSignal | undefined;
  readonly urgent: boolean;
  waitedMs: number;
}

/**
 * Evaluates PromQL. Results, errors included, are values; nothing is thrown for what a query or its data can bring about.
 * Everything is synchronous between yields, so one selection sees one state of the store.
 */
export class Engine {
  readonly #options: Required<EngineOptions>;
  readonly #gate: Gate;
  readonly #turns = new Turns();
  readonly #pool: SamplePool;
  readonly #spareColumns: SampleColumns[] = [];
  readonly #bareLabels = new BareLabels();

  constructor(options: EngineOptions) {
    this.#options = { ...DEFAULTS, ...withoutUndefined(options) };
    for (const name of ["maxSamples", "timeoutMs", "lookbackMs", "noStepSubqueryIntervalMs"] as const) {
      const value = this.#options[name];
      if (!(value > 0)) {
        throw new RangeError(`Cannot create Engine as ${name} must be > 0: current value is ${value}`);
      }
    }
    this.#pool = new SamplePool(this.#options.maxSamplesTogether);
    this.#gate = new Gate(this.#options.maxConcurrentQueries, this.#options.maxWaitingQueries);
  }

  /** Long queries that run now, or wait to. */
  get load(): { readonly running: number; readonly waiting: number } {
    return { running: this.#gate.running, waiting: this.#gate.waiting };
  }

  /** Whoever else works for long takes turns with the queries here. */
  get turns(): Turns {
    return this.#turns;
  }

  get options(): Readonly<Required<EngineOptions>> {
    return this.#options;
  }

  /** Evaluates at one time (ms since the epoch). Never rejects. */
  instant(
    store: Queryable,
    query: string | Expr,
    timeMs: number,
    limits: QueryLimits = {},
  ): Promise<QueryResult> {
    return this.#run(
      this.#begin({ kind: "instant", store, query, startMs: timeMs, endMs: timeMs, stepMs: 0, limits }),
    );
  }

  /** Evaluates at start, start + step, … up to and including end. Never rejects. */
  range(
    store: Queryable,
    query: string | Expr,
    startMs: number,
    endMs: number,
    stepMs: number,
    limits: QueryLimits = {},
  ): Promise<QueryResult> {
    return this.#run(this.#begin({ kind: "range", store, query, startMs, endMs, stepMs, limits }));
  }

  #begin(asked: Asked): Task {
    const { kind, query, limits } = asked;
    const { clock, maxSamples, sliceMs, hasRoom } = this.#options;
    const startedMs = clock.now();
    const deadlineMs = startedMs + (limits.timeoutMs ?? this.#options.timeoutMs);
    const { signal, urgent = false } = limits;
    const pool = urgent ? undefined : this.#pool;
    const meter = new Meter({
      clock,
      maxSamples,
      pool,
      deadlineMs,
      sliceMs,
      firstSliceMs: urgent || !this.#turns.isCrowded ? 2 * sliceMs : sliceMs,
      signal,
      hasRoom: urgent ? undefined : hasRoom,
    });
    const text = typeof query === "string" ? query : undefined;
    const notes = new Notes();
    const columns = this.#spareColumns.pop() ?? new SampleColumns();
    const frames = new Frames();
    const evaluation = this.#evaluating(asked, { meter, notes, columns, frames });
    return {
      kind,
      text,
      startedMs,
      deadlineMs,
      meter,
      notes,
      columns,
      frames,
      evaluation,
      signal,
      urgent,
      waitedMs: 0,
    };
  }

  /** All there is to do, reading the query included: a long one takes milliseconds to read. */
  *#evaluating(
    { kind, store, query, startMs, endMs, stepMs, limits }: Asked,
    tools: Pick<Task, "meter" | "notes" | "columns" | "frames">,
  ): Evaluation<QueryValue> {
    const { meter } = tools;
    meter.expectMemory();
    const expr = typeof query === "string" ? yield* metered(parsing(query), meter) : query;
    if (kind === "range") checkRange(expr, stepMs);
    const planned = yield* metered(plan(expr, { startMs, endMs, stepMs }), meter);
    const environment = this.#environment(store, limits, tools, planned.statsOnly);
    const context = new EvalContext(environment, startMs, endMs, kind === "range" ? stepMs : 1);
    return yield* kind === "range" ? rangeValue(context, planned.expr) : instantValue(context, planned.expr);
  }

  #environment(
    store: Queryable,
    limits: QueryLimits,
    tools: Pick<Task, "meter" | "notes" | "columns" | "frames">,
    statsOnly: EvalEnvironment["statsOnly"],
  ): EvalEnvironment {
    const { lookbackMs, noStepSubqueryIntervalMs, maxSamples } = this.#options;
    return {
      ...tools,
      store,
      bareLabels: this.#bareLabels,
      statsOnly,
      lookbackMs: limits.lookbackMs ?? lookbackMs,
      defaultSubqueryStepMs: noStepSubqueryIntervalMs,
      maxSteps: Math.max(MIN_STEPS, maxSamples),
      maxCells: CELLS_PER_SAMPLE * maxSamples,
      dispatch: evaluate,
    };
  }

  async #run(task: Task): Promise<QueryResult> {
    try {
      const result = this.#step(task);
      if (result) return result;
      return await (task.urgent ? this.#runOn(task) : this.#runGated(task));
    } finally {
      this.#giveBack(task.columns);
    }
  }

  /** What has not ended within its first slice needs a place among the running. */
  async #runGated(task: Task): Promise<QueryResult> {
    const { clock } = this.#options;
    const waitsFromMs = clock.now();
    if (!this.#gate.tryEnter()) {
      const admission = await this.#gate.enter(
        Math.max(0, task.deadlineMs - waitsFromMs),
        clock,
        task.signal,
      );
      task.waitedMs = clock.now() - waitsFromMs;
      if (admission !== "admitted") return this.#end(task, { kind: "error", error: REFUSALS[admission] });
    }
    try {
      return await this.#runOn(task);
    } finally {
      this.#gate.leave();
    }
  }

  /** Goes on to the end, a slice a turn. */
  async #runOn(task: Task): Promise<QueryResult> {
    using _membership = this.#turns.join();
    for (;;) {
      await this.#turns.next(task.urgent);
      task.meter.beginSlice();
      const result = this.#step(task);
      if (result) return result;
    }
  }

  /** Works until the slice is over. @returns the result, if that is there */
  #step(task: Task): QueryResult | undefined {
    try {
      const { done, value } = task.evaluation.next();
      if (!done) return undefined;
      const { meter, notes, startedMs } = task;
      const evaluationMs = this.#options.clock.now() - startedMs;
      const stats = { samplesTotal: meter.total, samplesPeak: meter.peak, evaluationMs };
      return this.#end(task, { kind: "ok", value, annotations: notes.list(), stats });
    } catch (thrown) {
      return this.#end(task, failed(thrown));
    }
  }

  #end(
    task: Pick<Task, "kind" | "text" | "startedMs" | "meter" | "frames" | "waitedMs">,
    result: QueryResult,
  ): QueryResult {
    const { clock, onQuery } = this.#options;
    task.meter.end();
    task.frames.end(result.kind === "ok" ? result.value : undefined);
    const report: QueryReport = {
      kind: task.kind,
      text: task.text,
      outcome: result.kind === "ok" ? "ok" : result.error.kind,
      durationMs: clock.now() - task.startedMs,
      waitedMs: task.waitedMs,
      samplesTotal: task.meter.total,
      samplesPeak: task.meter.peak,
    };
    try {
      onQuery(report);
    } catch {
      // An observer's fault is none of the query's.
    }
    return result;
  }

  #giveBack(columns: SampleColumns): void {
    if (this.#spareColumns.length >= MAX_SPARE_COLUMNS || columns.timestamps.length > MAX_SPARE_LENGTH) {
      return;
    }
    columns.clear();
    this.#spareColumns.push(columns);
  }
}

const REFUSALS = {
  full: { kind: "too_many_queries", message: "too many queries are running and waiting" },
  timeout: { kind: "timeout", message: "query timed out in query queue" },
  canceled: { kind: "canceled", message: "query was canceled in query queue" },
} as const satisfies Record<string, QueryError>;

function* parsing(query: string): Steps<Expr> {
  const result = yield* parseExprInSteps(query);
  if (result.kind === "ok") return result.expr;
  const { message, position } = result.errors[0];
  throw new EvaluationFailure({ kind: "bad_data", message, position });
}

function checkRange(expr: Expr, stepMs: number): void {
  if (!(stepMs > 0)) {
    throw new EvaluationFailure({
      kind: "bad_data",
      message: "zero or negative query resolution step widths are not accepted. Try a positive integer",
    });
  }
  const type = verdictTypeOf(expr, "range");
  if (type.kind === "error") throw new EvaluationFailure({ kind: "bad_data", message: type.reason });
}

/** What the outside can bring about is an error of its own kind; anything else that was thrown is a bug. */
function failed(thrown: unknown): QueryResult {
  if (thrown instanceof EvaluationFailure) return { kind: "error", error: thrown.error };
  const message = `unexpected error: ${messageOf(thrown)}`;
  return { kind: "error", error: { kind: "internal", message } };
}

function withoutUndefined<T extends object>(record: T): T {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as T;
}
