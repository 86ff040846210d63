import type { Aggregate, AtModifier, Binary, DurationExpr, Expr, Matching, TimeModifiers } from "./ast.ts";
import { METRIC_NAME } from "../model/labels.ts";
import type { Matcher } from "../model/matcher.ts";
import { formatFixed, formatFloat, formatFloatShort } from "./go_number.ts";
import { quote } from "./go_text.ts";
import { formatPromDuration } from "./literal.ts";

/** Writes an expression on one line, as Prometheus does; parsed again it gives the same tree. */
export function print(expr: Expr): string {
  return printNode(expr, print);
}

/** Writes one node; what is below it goes through `print`, so that a caller can keep what was written. */
export function printNode(expr: Expr, print: (expr: Expr) => string): string {
  switch (expr.kind) {
    case "number":
      return printNumber(expr.value, expr.isDuration);
    case "string":
      return quote(expr.value);
    case "vector_selector":
      return printSeries(expr.name, expr.matchers) + printAt(expr.at) + printExtended(expr) +
        printOffset(expr);
    case "matrix_selector": {
      const { selector } = expr;
      const series = printSeries(selector.name, selector.matchers);
      const range = printRange(expr.rangeMs, expr.rangeExpr);
      return `${series}[${range}]${printExtended(selector)}${printAt(selector.at)}${printOffset(selector)}`;
    }
    case "subquery":
      return print(expr.expr) + printSubqueryRange(expr);
    case "call":
      return `${expr.name}(${expr.args.map((arg) => print(arg)).join(", ")})`;
    case "aggregate": {
      const param = expr.param ? `${print(expr.param)}, ` : "";
      return `${printGrouping(expr)}(${param}${print(expr.expr)})`;
    }
    case "binary":
      return `${printLeft(expr, print)} ${printOperator(expr)} ${print(expr.right)}`;
    case "unary":
      return expr.op + print(expr.expr);
    case "paren":
      return `(${print(expr.expr)})`;
    case "step_invariant":
      return print(expr.expr);
  }
}

/**
 * The left operand. In two places Prometheus would write what it could not read again: the plus of an infinity takes
 * hold of all of `+Inf ^ 2`, and an offset in parentheses swallows the operator behind it unless it has a sign.
 */
function printLeft({ op, left }: Binary, print: (expr: Expr) => string): string {
  const text = print(left);
  if (op === "^" && left.kind === "number" && left.value === Infinity) return "Inf";
  if (!"+-*/%^".includes(op)) return text;
  const { offsetExpr } = lastSelector(left) ?? {};
  if (!offsetExpr) return text;
  const offset = printDuration(offsetExpr);
  return offset.startsWith("(") ? `${text.slice(0, -offset.length)}+${offset}` : text;
}

/** The selector or subquery that an expression's text ends with, if it does. */
function lastSelector(expr: Expr): TimeModifiers | undefined {
  switch (expr.kind) {
    case "vector_selector":
    case "subquery":
      return expr;
    case "matrix_selector":
      return expr.selector;
    case "binary":
      return lastSelector(expr.right);
    case "unary":
    case "step_invariant":
      return lastSelector(expr.expr);
    default:
      return undefined;
  }
}

function printNumber(value: number, isDuration: boolean): string {
  return isDuration ? formatPromDuration(Math.round(value * 1_000)) : formatFloat(value);
}

function printSeries(name: string, matchers: readonly Matcher[]): string {
  const written = matchers.filter((matcher) => !namesMetric(matcher, name)).map(printMatcher);
  return written.length === 0 ? name || "{}" : `${name}{${written.sort().join(",")}}`;
}

/** Whether a matcher says no more than the name before the braces does. */
function namesMetric({ kind, name: label, value }: Matcher, name: string): boolean {
  return label === METRIC_NAME && kind === "=" && value === name && value !== "";
}

function printMatcher({ kind, name, value }: Matcher): string {
  return printLabel(name) + kind + quote(value);
}

function printLabel(name: string): string {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) ? name : quote(name);
}

function printLabels(names: readonly string[]): string {
  return `(${names.map(printLabel).join(", ")})`;
}

function printExtended({ anchored, smoothed }: { anchored: boolean; smoothed: boolean }): string {
  if (anchored) return " anchored";
  return smoothed ? " smoothed" : "";
}

function printAt(at: AtModifier | undefined): string {
  if (!at) return "";
  if (at.kind !== "timestamp") return ` @ ${at.kind}()`;
  return ` @ ${formatFixed(at.timestampMs / 1_000).replace(/(\.\d{3})\d{3}$/, "$1")}`;
}

function printOffset({ offsetMs, offsetExpr }: TimeModifiers): string {
  if (offsetExpr) return ` offset ${operatorSigns(offsetExpr)}${printDuration(offsetExpr)}`;
  return offsetMs === 0 ? "" : ` offset ${formatPromDuration(offsetMs)}`;
}

/** Plus signs that keep operators with an offset: only behind a parenthesis or two signs do they belong to it. */
function operatorSigns(offset: DurationExpr): string {
  if (offset.kind !== "duration_binary" || offset.wrapped) return "";
  const text = printDuration(offset);
  if (text.startsWith("(") || text.startsWith("--")) return "";
  return text.startsWith("-") ? "+" : "++";
}

/** A range finer than a millisecond has become none at all; any that is as fine reads back the same. */
function printRange(rangeMs: number, rangeExpr: DurationExpr | undefined): string {
  if (rangeExpr) return printDuration(rangeExpr);
  return rangeMs === 0 ? "0.0001" : formatPromDuration(rangeMs);
}

/** `[1h:1m] offset 5m`: a subquery behind its expression. */
export function printSubqueryRange(subquery: Extract<Expr, { kind: "subquery" }>): string {
  const { rangeMs, rangeExpr, stepMs, stepExpr, at } = subquery;
  const step = stepMs !== 0 || stepExpr ? printRange(stepMs, stepExpr) : "";
  return `[${printRange(rangeMs, rangeExpr)}:${step}]${printAt(at)}${printOffset(subquery)}`;
}

function printDuration(duration: DurationExpr): string {
  if (duration.kind === "number") return printNumber(duration.value, duration.isDuration);
  const text = printBareDuration(duration);
  return duration.wrapped ? `(${text})` : text;
}

function printBareDuration(duration: Exclude<DurationExpr, { kind: "number" }>): string {
  switch (duration.kind) {
    case "duration_unary":
      return (duration.op === "-" ? "-" : "") + printDuration(duration.operand);
    case "duration_binary":
      return `${printDuration(duration.left)} ${duration.op} ${printDuration(duration.right)}`;
    case "duration_call":
      return `${duration.name}(${duration.args.map(printDuration).join(", ")})`;
  }
}

/** `sum by (job) `: an aggregation up to its arguments. */
export function printGrouping({ op, grouping, without }: Aggregate): string {
  if (without) return `${op} without ${printLabels(grouping)} `;
  return grouping.length > 0 ? `${op} by ${printLabels(grouping)} ` : op;
}

/** `== bool on (job)`: a binary operator with all its modifiers. */
export function printOperator({ op, returnBool, matching }: Binary): string {
  const bool = returnBool ? " bool" : "";
  return op + bool + (matching ? printMatching(matching) : "");
}

function printMatching(matching: Matching): string {
  const { cardinality, on, labels, include } = matching;
  const grouped = cardinality === "many-to-one" || cardinality === "one-to-many";
  let text = "";
  if (labels.length > 0 || on || grouped) text += ` ${on ? "on" : "ignoring"} ${printLabels(labels)}`;
  if (grouped) text += ` group_${cardinality === "many-to-one" ? "left" : "right"} ${printLabels(include)}`;
  return text + printFill(matching);
}

function printFill({ fillLeft, fillRight }: Matching): string {
  if (fillLeft !== undefined && fillLeft === fillRight) return ` fill (${formatFloatShort(fillLeft)})`;
  const left = fillLeft === undefined ? "" : ` fill_left (${formatFloatShort(fillLeft)})`;
  const right = fillRight === undefined ? "" : ` fill_right (${formatFloatShort(fillRight)})`;
  return left + right;
}
