/**
 * The tree of a PromQL expression, as the parser hands it out: plain, immutable, tagged by `kind`. Positions are
 * UTF-16 offsets into the query. Durations are whole milliseconds.
 */
import type { Matcher } from "../model/matcher.ts";
import type { PositionRange } from "./position.ts";
import { type FunctionName, signatureOf, type ValueType } from "./signatures.ts";

export type Expr =
  | NumberLiteral
  | StringLiteral
  | VectorSelector
  | MatrixSelector
  | Subquery
  | Call
  | Aggregate
  | Binary
  | Unary
  | Paren
  | StepInvariant;

/** `1.5`, `0x1f`, `Inf`; or a duration, `5m`, whose value is in seconds. */
export interface NumberLiteral {
  readonly kind: "number";
  readonly position: PositionRange;
  readonly value: number;
  /** Written as a duration, and printed as one. */
  readonly isDuration: boolean;
}

export interface StringLiteral {
  readonly kind: "string";
  readonly position: PositionRange;
  readonly value: string;
}

/** What `offset` and `@` say of a selector or subquery. */
export interface TimeModifiers {
  /** What `offset` says: positive looks back. Zero while `offsetExpr` is set: the engine computes that one. */
  readonly offsetMs: number;
  /** The offset, where it is more than a literal. */
  readonly offsetExpr?: DurationExpr;
  /** What `@` says, or which edge of the query's range. */
  readonly at?: AtModifier;
}

export type AtModifier =
  | { readonly kind: "timestamp"; readonly timestampMs: number }
  | { readonly kind: "start" }
  | { readonly kind: "end" };

/** `name{label="value"} offset 5m @ 0 anchored`. */
export interface VectorSelector extends TimeModifiers {
  readonly kind: "vector_selector";
  readonly position: PositionRange;
  /** The metric name written before the braces; empty when there is none there. */
  readonly name: string;
  /** As written, a quoted metric name included; that for `name` comes last. */
  readonly matchers: readonly Matcher[];
  readonly anchored: boolean;
  readonly smoothed: boolean;
}

/** `selector[5m]`. Offset, `@`, anchored and smoothed are found on its selector. */
export interface MatrixSelector {
  readonly kind: "matrix_selector";
  readonly position: PositionRange;
  readonly selector: VectorSelector;
  /** Zero while `rangeExpr` is set. */
  readonly rangeMs: number;
  readonly rangeExpr?: DurationExpr;
}

/** `expr[1h:1m] offset 5m @ 0`. */
export interface Subquery extends TimeModifiers {
  readonly kind: "subquery";
  readonly position: PositionRange;
  readonly expr: Expr;
  /** Zero while `rangeExpr` is set. */
  readonly rangeMs: number;
  readonly rangeExpr?: DurationExpr;
  /** Zero: the engine's default step, or while `stepExpr` is set. */
  readonly stepMs: number;
  readonly stepExpr?: DurationExpr;
}

export interface Call {
  readonly kind: "call";
  readonly position: PositionRange;
  readonly name: FunctionName;
  readonly args: readonly Expr[];
}

export type AggregateOp =
  | "avg"
  | "bottomk"
  | "count"
  | "count_values"
  | "group"
  | "limit_ratio"
  | "limitk"
  | "max"
  | "min"
  | "quantile"
  | "stddev"
  | "stdvar"
  | "sum"
  | "topk";

/** `topk by (job) (5, expr)`. */
export interface Aggregate {
  readonly kind: "aggregate";
  readonly position: PositionRange;
  readonly op: AggregateOp;
  readonly expr: Expr;
  /** The first of two arguments: a scalar, or for count_values a string. */
  readonly param?: Expr;
  /** Labels of `by`, or of `without`. */
  readonly grouping: readonly string[];
  readonly without: boolean;
}

export type ArithmeticOp = "+" | "-" | "*" | "/" | "%" | "^" | "atan2";
export type ComparisonOp = "==" | "!=" | ">" | "<" | ">=" | "<=";
export type SetOp = "and" | "or" | "unless";
/** Cut the buckets of native histograms above (`</`) or below (`>/`) a value. */
export type TrimOp = "</" | ">/";
export type BinaryOp = ArithmeticOp | ComparisonOp | SetOp | TrimOp;

const COMPARISONS: ReadonlySet<BinaryOp> = new Set<ComparisonOp>(["==", "!=", ">", "<", ">=", "<="]);

export function isComparison(op: BinaryOp): op is ComparisonOp {
  return COMPARISONS.has(op);
}

export function isSetOp(op: BinaryOp): op is SetOp {
  return op === "and" || op === "or" || op === "unless";
}

export type Cardinality = "one-to-one" | "many-to-one" | "one-to-many" | "many-to-many";

/** How elements of two vectors find each other. */
export interface Matching {
  readonly cardinality: Cardinality;
  /** Whether `labels` are those that must agree (`on`), or those that need not (`ignoring`, or nothing written). */
  readonly on: boolean;
  readonly labels: readonly string[];
  /** Labels that group_left or group_right copy from the "one" side. */
  readonly include: readonly string[];
  /** What stands in for a missing element on the left, the right. */
  readonly fillLeft?: number;
  readonly fillRight?: number;
}

export interface Binary {
  readonly kind: "binary";
  readonly position: PositionRange;
  readonly op: BinaryOp;
  readonly left: Expr;
  readonly right: Expr;
  /** `bool`: comparisons answer 0 or 1 and do not filter. */
  readonly returnBool: boolean;
  /** Scalar if both sides are scalars, else vector. */
  readonly returns: "scalar" | "vector";
  /** Set if both sides are vectors. */
  readonly matching?: Matching;
}

export interface Unary {
  readonly kind: "unary";
  readonly position: PositionRange;
  readonly op: "+" | "-";
  readonly expr: Expr;
}

export interface Paren {
  readonly kind: "paren";
  readonly position: PositionRange;
  readonly expr: Expr;
}

/** Has one value at all steps of a query. The parser never makes one; the engine's planning does. */
export interface StepInvariant {
  readonly kind: "step_invariant";
  readonly position: PositionRange;
  readonly expr: Expr;
}

/** Arithmetic in the place of a duration: `[5m + step()]`, `offset -(1m * 2)`. Values are seconds. */
export type DurationExpr = NumberLiteral | DurationBinary | DurationUnary | DurationCall;

export interface DurationBinary {
  readonly kind: "duration_binary";
  readonly position: PositionRange;
  readonly op: "+" | "-" | "*" | "/" | "%" | "^";
  readonly left: DurationExpr;
  readonly right: DurationExpr;
  /** Stands in parentheses. */
  readonly wrapped: boolean;
}

export interface DurationUnary {
  readonly kind: "duration_unary";
  readonly position: PositionRange;
  readonly op: "+" | "-";
  readonly operand: DurationExpr;
  readonly wrapped: boolean;
}

/** `step()` and `range()` of the query, without arguments; `min_of(a, b)` and `max_of(a, b)` with two. */
export interface DurationCall {
  readonly kind: "duration_call";
  readonly position: PositionRange;
  readonly name: "step" | "range" | "min_of" | "max_of";
  readonly args: readonly DurationExpr[];
  readonly wrapped: boolean;
}

const NO_CHILDREN: readonly Expr[] = [];

/** The expressions directly below `expr`, in the order in which they are evaluated and annotated upstream. */
export function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case "number":
    case "string":
    case "vector_selector":
      return NO_CHILDREN;
    case "matrix_selector":
      return [expr.selector];
    case "call":
      return expr.args;
    case "binary":
      return [expr.left, expr.right];
    case "aggregate":
      return expr.param ? [expr.expr, expr.param] : [expr.expr];
    case "subquery":
    case "unary":
    case "paren":
    case "step_invariant":
      return [expr.expr];
  }
}

/** Visits `expr` and all below it, parents first. `path` leads to the node; it is reused: copy to keep. */
export function walk(expr: Expr, visit: (node: Expr, path: readonly Expr[]) => void): void {
  const path: Expr[] = [];
  const descend = (node: Expr) => {
    visit(node, path);
    path.push(node);
    for (const child of childrenOf(node)) descend(child);
    path.pop();
  };
  descend(expr);
}

/** `expr` without the parentheses and wrappers around it. */
export function unwrapParens(expr: Expr): Expr {
  while (expr.kind === "paren" || expr.kind === "step_invariant") expr = expr.expr;
  return expr;
}

/** The type of the value that `expr` evaluates to. */
export function valueTypeOf(expr: Expr): ValueType {
  switch (expr.kind) {
    case "number":
      return "scalar";
    case "string":
      return "string";
    case "vector_selector":
    case "aggregate":
      return "vector";
    case "matrix_selector":
    case "subquery":
      return "matrix";
    case "call":
      return signatureOf(expr.name).returns;
    case "binary":
      return expr.returns;
    case "unary":
    case "paren":
    case "step_invariant":
      return valueTypeOf(expr.expr);
  }
}

/** The matchers of every selector in `expr`, from left to right. */
export function selectorsOf(expr: Expr): (readonly Matcher[])[] {
  const found: (readonly Matcher[])[] = [];
  walk(expr, (node) => {
    if (node.kind === "vector_selector") found.push(node.matchers);
  });
  return found;
}
