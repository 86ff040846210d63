import type { Steps } from "../../base/steps.ts";
import type { AtModifier, Call, Expr, NumberLiteral, Subquery, VectorSelector } from "../ast.ts";
import type { FunctionName } from "../signatures.ts";
import { durationMs, type QuerySpan } from "./durations.ts";

/**
 * Prepares an expression for one query: durations are worked out, `start()`, `end()`, `range()` and `step()` become
 * numbers, `@ start()` and `@ end()` become times, parentheses around arguments go, and what has the same value at
 * all steps is wrapped as step-invariant, so that it is evaluated once (Prometheus, promql/engine.go, PreprocessExpr).
 */
export function* plan(expr: Expr, span: QuerySpan): Steps<Plan> {
  const planner = new Planner(span);
  return { expr: wrapped(yield* planner.plan(expr)), statsOnly: planner.statsOnly };
}

/** Parts of an expression that are prepared in one go. */
const NODES_PER_STEP = 250;

/** An expression ready for evaluation. */
export interface Plan {
  readonly expr: Expr;
  /**
   * Selectors of whose native histograms only count and sum will be looked at. Prometheus does not read their buckets
   * then, and so finds counter resets as it reads; what that finds shows in annotations.
   */
  readonly statsOnly: ReadonlySet<VectorSelector>;
}

/** Functions that need no buckets, and those that do. */
const READS_STATS: ReadonlySet<FunctionName> = new Set(
  ["histogram_avg", "histogram_count", "histogram_sum"] as const,
);
const READS_BUCKETS: ReadonlySet<FunctionName> = new Set(
  ["histogram_fraction", "histogram_quantile", "histogram_quantiles"] as const,
);

interface Planned {
  readonly expr: Expr;
  /** Has one value at all steps. */
  readonly isInvariant: boolean;
  /** Gains from being wrapped: neither a literal's text nor a range vector. */
  readonly wraps: boolean;
}

/** Functions whose result may change with the step though their arguments do not. */
const STEP_DEPENDENT: ReadonlySet<FunctionName> = new Set(
  [
    "day_of_month",
    "day_of_week",
    "day_of_year",
    "days_in_month",
    "hour",
    "minute",
    "month",
    "predict_linear",
    "time",
    "timestamp",
    "year",
  ] as const,
);

class Planner {
  readonly statsOnly = new Set<VectorSelector>();
  readonly #span: QuerySpan;
  /** Nodes above the current one that need only count and sum of histograms, or more than that. */
  #readsStats = 0;
  #readsBuckets = 0;
  #nodes = 0;

  constructor(span: QuerySpan) {
    this.#span = span;
  }

  *plan(expr: Expr): Steps<Planned> {
    if (++this.#nodes % NODES_PER_STEP === 0) yield;
    switch (expr.kind) {
      case "number":
      case "string":
        return { expr, isInvariant: true, wraps: false };
      case "vector_selector": {
        const selector = this.#selector(expr);
        const isFixed = selector.at !== undefined;
        return { expr: selector, isInvariant: isFixed, wraps: isFixed };
      }
      case "matrix_selector": {
        const selector = this.#selector(expr.selector);
        if (selector === expr.selector && !expr.rangeExpr && Number.isInteger(expr.rangeMs)) {
          return { expr, isInvariant: false, wraps: false };
        }
        const rangeMs = expr.rangeExpr
          ? durationMs(expr.rangeExpr, this.#span, false)
          : Math.trunc(expr.rangeMs);
        return {
          expr: { ...expr, selector, rangeMs, rangeExpr: undefined },
          isInvariant: selector.at !== undefined,
          wraps: false,
        };
      }
      case "subquery":
        return yield* this.#subquery(expr);
      case "call":
        return yield* this.#call(expr);
      case "aggregate": {
        const inner = yield* this.plan(withoutParens(expr.expr));
        const param = expr.param && (yield* this.plan(withoutParens(expr.param)));
        if (inner.isInvariant && (!param || param.isInvariant)) {
          return {
            expr: { ...expr, expr: inner.expr, param: param?.expr },
            isInvariant: true,
            wraps: true,
          };
        }
        const parts = { expr: wrapped(inner), param: param && wrapped(param) };
        return { expr: { ...expr, ...parts }, isInvariant: false, wraps: false };
      }
      case "binary":
        return yield* this.#binary(expr);
      case "unary":
      case "paren": {
        const inner = yield* this.plan(expr.expr);
        return { ...inner, expr: { ...expr, expr: inner.expr } };
      }
      case "step_invariant":
        return { expr, isInvariant: true, wraps: false };
    }
  }

  #selector(selector: VectorSelector): VectorSelector {
    const readsStats = this.#readsStats > 0 && this.#readsBuckets === 0;
    if (!selector.at && !selector.offsetExpr && !readsStats) return selector;
    const planned = { ...selector, ...this.#times(selector) };
    if (readsStats) this.statsOnly.add(planned);
    return planned;
  }

  #times(node: VectorSelector | Subquery): { offsetMs: number; offsetExpr: undefined; at?: AtModifier } {
    const offsetMs = node.offsetExpr ? durationMs(node.offsetExpr, this.#span, true) : node.offsetMs;
    return { offsetMs, offsetExpr: undefined, at: this.#resolve(node.at) };
  }

  #resolve(at: AtModifier | undefined): AtModifier | undefined {
    if (!at || at.kind === "timestamp") return at;
    return { kind: "timestamp", timestampMs: at.kind === "start" ? this.#span.startMs : this.#span.endMs };
  }

  *#subquery(expr: Subquery): Steps<Planned> {
    this.#readsBuckets++; // resets can't be told from what a subquery leaves out
    const inner = yield* this.plan(expr.expr);
    this.#readsBuckets--;
    const subquery: Subquery = {
      ...expr,
      ...this.#times(expr),
      rangeMs: expr.rangeExpr ? durationMs(expr.rangeExpr, this.#span, false) : Math.trunc(expr.rangeMs),
      rangeExpr: undefined,
      stepMs: expr.stepExpr ? durationMs(expr.stepExpr, this.#span, false) : Math.trunc(expr.stepMs),
      stepExpr: undefined,
      expr: inner.isInvariant ? wrap(inner.expr) : inner.expr,
    };
    return { expr: subquery, isInvariant: subquery.at !== undefined, wraps: false };
  }

  *#call(expr: Call): Steps<Planned> {
    const literal = this.#contextLiteral(expr);
    if (literal) return { expr: literal, isInvariant: true, wraps: false };
    const stats = READS_STATS.has(expr.name) ? 1 : 0;
    const buckets = READS_BUCKETS.has(expr.name) ? 1 : 0;
    this.#readsStats += stats;
    this.#readsBuckets += buckets;
    const args: Planned[] = [];
    for (const arg of expr.args) args.push(yield* this.plan(withoutParens(arg)));
    this.#readsStats -= stats;
    this.#readsBuckets -= buckets;
    const isInvariant = args.every((arg) => arg.isInvariant);
    // The time of a fixed sample is as fixed as the sample; that of any other expression is the step's.
    const safe = !STEP_DEPENDENT.has(expr.name) ||
      (expr.name === "timestamp" && args[0].expr.kind === "vector_selector");
    if (isInvariant && safe) {
      return { expr: { ...expr, args: args.map((arg) => arg.expr) }, isInvariant: true, wraps: true };
    }
    return { expr: { ...expr, args: args.map(wrapped) }, isInvariant: false, wraps: false };
  }

  #contextLiteral(expr: Call): NumberLiteral | undefined {
    const { startMs, endMs, stepMs } = this.#span;
    const literal = (value: number): NumberLiteral => ({
      kind: "number",
      position: expr.position,
      value,
      isDuration: false,
    });
    switch (expr.name) {
      case "start":
        return literal(startMs / 1000);
      case "end":
        return literal(endMs / 1000);
      case "range":
        return literal((endMs - startMs) / 1000);
      case "step":
        return literal(startMs === endMs ? 0 : stepMs / 1000);
      default:
        return undefined;
    }
  }

  *#binary(expr: Extract<Expr, { kind: "binary" }>): Steps<Planned> {
    const trims = expr.op === "</" || expr.op === ">/" ? 1 : 0;
    this.#readsBuckets += trims;
    const left = yield* this.plan(expr.left);
    const right = yield* this.plan(expr.right);
    this.#readsBuckets -= trims;
    if (left.isInvariant && right.isInvariant) {
      return { expr: { ...expr, left: left.expr, right: right.expr }, isInvariant: true, wraps: true };
    }
    const sides = { left: wrapped(left), right: wrapped(right) };
    return { expr: { ...expr, ...sides }, isInvariant: false, wraps: false };
  }
}

function wrapped({ expr, wraps }: Planned): Expr {
  return wraps ? wrap(expr) : expr;
}

function wrap(expr: Expr): Expr {
  return { kind: "step_invariant", position: expr.position, expr };
}

function withoutParens(expr: Expr): Expr {
  while (expr.kind === "paren") expr = expr.expr;
  return expr;
}
