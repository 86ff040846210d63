import type { AtModifier, DurationExpr, Expr, TimeModifiers } from "./ast.ts";
import { formatFixed } from "./go_number.ts";
import { parseDuration, parseOffset } from "./parse_duration.ts";
import { parseNumber } from "./parse_number.ts";
import type { PositionRange } from "./position.ts";
import type { TokenStream } from "./token_stream.ts";

const NUMBER_OR_DURATION = "number, duration, step(), or range()";
const IN_OFFSET = { where: "offset", expected: NUMBER_OR_DURATION };
const IN_AT = { where: "@", expected: "timestamp" };
const IN_BRACKETS = { where: "subquery or range selector", expected: NUMBER_OR_DURATION };
const AFTER_RANGE = { where: "subquery or range", expected: `":" or "]"` };
const IN_STEP = {
  where: "subquery selector",
  expected: `number, duration, step(), range(), or "]"`,
};
const AFTER_STEP = { where: "subquery selector", expected: `"]"` };

const SELECTORS = "an instant vector selector or range vector selector or a subquery";

/** Everything that can follow an expression and change it: ranges, subqueries, `offset`, `@`, anchored, smoothed. */
export function parsePostfix(tokens: TokenStream, operand: Expr): Expr {
  let expr = operand;
  for (;;) {
    switch (tokens.kind) {
      case "[":
        expr = parseRange(tokens, expr);
        break;
      case "offset":
        expr = parseOffsetModifier(tokens, expr);
        break;
      case "@":
        expr = parseAtModifier(tokens, expr);
        break;
      case "anchored":
      case "smoothed":
        expr = extend(tokens, expr, tokens.kind);
        break;
      default:
        return expr;
    }
  }
}

/** A length of time: whole milliseconds, or an expression that the query's time range decides. */
interface Length {
  readonly ms: number;
  readonly expr: DurationExpr | undefined;
}

const NO_LENGTH: Length = { ms: 0, expr: undefined };

function lengthOf(duration: DurationExpr): Length {
  if (duration.kind !== "number") return { ms: 0, expr: duration };
  const ns = Math.round(duration.value * 1e9); // as fine as Prometheus keeps it, before it cuts to milliseconds
  return { ms: Math.trunc(ns / 1e6) + 0, expr: undefined }; // + 0: no negative zero
}

function parsePositiveDuration(tokens: TokenStream): Length {
  const duration = parseDuration(tokens);
  if (duration.kind === "number" && duration.value <= 0) {
    tokens.report(duration.position, "duration must be greater than 0");
  }
  return lengthOf(duration);
}

/** `[5m]` or `[1h:1m]`. */
function parseRange(tokens: TokenStream, expr: Expr): Expr {
  const { start } = tokens;
  tokens.advance();
  const range = tokens.within(IN_BRACKETS, parsePositiveDuration);
  if (!tokens.accept(":")) {
    tokens.expect("]", AFTER_RANGE);
    return matrixSelector(tokens, expr, range, tokens.since(start));
  }
  let step = NO_LENGTH;
  if (!tokens.accept("]")) {
    step = tokens.within(IN_STEP, parsePositiveDuration);
    tokens.expect("]", AFTER_STEP);
  }
  return {
    kind: "subquery",
    position: tokens.since(expr.position.start),
    expr,
    rangeMs: range.ms,
    rangeExpr: range.expr,
    stepMs: step.ms,
    stepExpr: step.expr,
    offsetMs: 0,
    offsetExpr: undefined,
    at: undefined,
  };
}

function matrixSelector(tokens: TokenStream, expr: Expr, range: Length, brackets: PositionRange): Expr {
  if (expr.kind !== "vector_selector") {
    tokens.report(brackets, "ranges only allowed for vector selectors");
    return expr;
  }
  if (expr.offsetMs !== 0 || expr.offsetExpr) {
    tokens.report(brackets, "no offset modifiers allowed before range");
  } else if (expr.at) {
    tokens.report(brackets, "no @ modifiers allowed before range");
  }
  return {
    kind: "matrix_selector",
    position: tokens.since(expr.position.start),
    selector: expr,
    rangeMs: range.ms,
    rangeExpr: range.expr,
  };
}

/** The part of an expression that `offset` and `@` belong to; undefined if they can't follow it. */
function modifiersOf(expr: Expr): TimeModifiers | undefined {
  if (expr.kind === "matrix_selector") return expr.selector;
  return expr.kind === "vector_selector" || expr.kind === "subquery" ? expr : undefined;
}

/** `expr` with its time modifiers changed, reaching to the last token read. */
function modified(tokens: TokenStream, expr: Expr, change: Partial<TimeModifiers>): Expr {
  const position = tokens.since(expr.position.start);
  switch (expr.kind) {
    case "vector_selector":
      return { ...expr, ...change, position };
    case "subquery":
      return { ...expr, ...change, position };
    case "matrix_selector":
      return { ...expr, position, selector: { ...expr.selector, ...change } };
    default:
      return expr;
  }
}

function parseOffsetModifier(tokens: TokenStream, expr: Expr): Expr {
  tokens.advance();
  const offset = lengthOf(tokens.within(IN_OFFSET, parseOffset));
  const before = modifiersOf(expr);
  if (!before) {
    tokens.report(expr.position, `offset modifier must be preceded by ${SELECTORS}`);
  } else if (before.offsetMs !== 0 || before.offsetExpr) {
    tokens.report(expr.position, "offset may not be set multiple times");
  }
  return modified(tokens, expr, { offsetMs: offset.ms, offsetExpr: offset.expr });
}

/** `@ 1609746000`, `@ start()`, `@ end()`. */
function parseAtModifier(tokens: TokenStream, expr: Expr): Expr {
  tokens.advance();
  const at = tokens.kind === "start" || tokens.kind === "end"
    ? parseEdge(tokens, tokens.kind)
    : parseTimestamp(tokens, expr);
  if (!at) return expr;
  const before = modifiersOf(expr);
  if (!before) {
    tokens.report(expr.position, `@ modifier must be preceded by ${SELECTORS}`);
  } else if (before.at) {
    tokens.report(expr.position, "@ <timestamp> may not be set multiple times");
  }
  return modified(tokens, expr, { at });
}

function parseEdge(tokens: TokenStream, kind: "start" | "end"): AtModifier | undefined {
  tokens.advance();
  return tokens.expect("(", IN_AT) && tokens.expect(")", IN_AT) ? { kind } : undefined;
}

function parseTimestamp(tokens: TokenStream, expr: Expr): AtModifier | undefined {
  const negative = tokens.kind === "-";
  if (negative || tokens.kind === "+") tokens.advance();
  if (tokens.kind !== "number" && tokens.kind !== "duration") {
    tokens.unexpected(IN_AT);
    return undefined;
  }
  const { value } = parseNumber(tokens);
  const seconds = negative ? -value : value;
  if (!(Math.abs(seconds) < 2 ** 63)) {
    tokens.report(expr.position, `timestamp out of bounds for @ modifier: ${formatFixed(seconds)}`);
  }
  return { kind: "timestamp", timestampMs: roundHalfAway(seconds * 1_000) };
}

function roundHalfAway(value: number): number {
  return Math.sign(value) * Math.round(Math.abs(value)) + 0;
}

/** `anchored` and `smoothed`: how a range reaches for samples at its edges. */
function extend(tokens: TokenStream, expr: Expr, word: "anchored" | "smoothed"): Expr {
  tokens.advance();
  if (expr.kind === "subquery") {
    tokens.report(expr.position, `${word} modifier is not supported for subqueries`);
    return expr;
  }
  const selector = expr.kind === "matrix_selector" ? expr.selector : expr;
  if (selector.kind !== "vector_selector") {
    tokens.report(expr.position, `${word} modifier not implemented`);
    return expr;
  }
  if (word === "anchored" ? selector.smoothed : selector.anchored) {
    tokens.report(expr.position, "anchored and smoothed modifiers cannot be used together");
  }
  const position = tokens.since(expr.position.start);
  return expr.kind === "matrix_selector"
    ? { ...expr, position, selector: { ...selector, [word]: true } }
    : { ...selector, position, [word]: true };
}
