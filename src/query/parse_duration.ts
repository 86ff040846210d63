import { MAX_PROM_DURATION_MS } from "../base/duration.ts";
import type { DurationBinary, DurationCall, DurationExpr, NumberLiteral } from "./ast.ts";
import { parseNumber, withSign } from "./parse_number.ts";
import type { PositionRange } from "./position.ts";
import type { TokenKind } from "./token.ts";
import type { TokenStream } from "./token_stream.ts";

const PRECEDENCE: ReadonlyMap<TokenKind, number> = new Map<TokenKind, number>([
  ["+", 1],
  ["-", 1],
  ["*", 2],
  ["/", 2],
  ["%", 2],
  ["^", 3],
]);
const LOOSEST = 1;
const POWER = 3;

/** Longest duration in seconds. */
const MAX_SECONDS = MAX_PROM_DURATION_MS / 1_000;

function zero(position: PositionRange): NumberLiteral {
  return { kind: "number", position, value: 0, isDuration: false };
}

/** What stands in brackets: a number, a duration, or arithmetic on them. */
export function parseDuration(tokens: TokenStream): DurationExpr {
  return parseFrom(tokens, LOOSEST);
}

function parseFrom(tokens: TokenStream, minPrecedence: number): DurationExpr {
  if (!tokens.enter()) return zero(tokens.position);
  const result = parseOperators(tokens, parseOperand(tokens), minPrecedence);
  tokens.leave();
  return result;
}

function parseOperators(tokens: TokenStream, first: DurationExpr, minPrecedence: number): DurationExpr {
  let left = first;
  for (let operators = 0;; operators++) {
    const op = tokens.kind;
    const precedence = PRECEDENCE.get(op) ?? 0;
    if (precedence < minPrecedence || !tokens.allowsChain(operators + 1, left.position)) return left;
    const { position } = tokens;
    tokens.advance();
    const right = parseFrom(tokens, precedence === POWER ? POWER : precedence + 1);
    left = binary(tokens, op as DurationBinary["op"], position, left, right);
  }
}

function binary(
  tokens: TokenStream,
  op: DurationBinary["op"],
  opPosition: PositionRange,
  left: DurationExpr,
  right: DurationExpr,
): DurationExpr {
  if ((op === "/" || op === "%") && right.kind === "number" && right.value === 0) {
    tokens.report(opPosition, op === "/" ? "division by zero" : "modulo by zero");
  }
  const position = { start: left.position.start, end: right.position.end };
  return { kind: "duration_binary", position, op, left, right, wrapped: false };
}

function parseOperand(tokens: TokenStream): DurationExpr {
  const { kind, start } = tokens;
  switch (kind) {
    case "number":
    case "duration":
      return bounded(tokens, parseNumber(tokens));
    case "+":
    case "-":
      tokens.advance();
      return signed(tokens, kind, start, parseFrom(tokens, POWER));
    case "(":
      return parseParen(tokens);
    case "step":
    case "range":
    case "min_of":
    case "max_of":
      return parseCall(tokens, kind);
    default:
      tokens.unexpected();
      return zero(tokens.position);
  }
}

function bounded(tokens: TokenStream, literal: NumberLiteral, blame = literal.position): NumberLiteral {
  if (Math.abs(literal.value) <= MAX_SECONDS) return literal; // NaN is not
  tokens.report(blame, "duration out of range");
  return zero(literal.position);
}

/** A sign on a number becomes part of it; a plus on anything else means nothing and is dropped. */
function signed(tokens: TokenStream, op: "+" | "-", start: number, operand: DurationExpr): DurationExpr {
  if (operand.kind === "number") {
    return bounded(tokens, withSign(operand, op, start), { start, end: start + 1 });
  }
  if (op === "+") return operand;
  const position = { start, end: operand.position.end };
  return { kind: "duration_unary", position, op, operand, wrapped: false };
}

function parseParen(tokens: TokenStream): DurationExpr {
  const { start } = tokens;
  tokens.advance();
  const inner = parseDuration(tokens);
  tokens.expect(")");
  return wrapped(inner, tokens.since(start));
}

/** Remembers the parentheses; on a number, which has no place for that, as a plus sign that is never printed. */
function wrapped(inner: DurationExpr, position: PositionRange): DurationExpr {
  return inner.kind === "number"
    ? { kind: "duration_unary", position, op: "+", operand: inner, wrapped: true }
    : { ...inner, position, wrapped: true };
}

function parseCall(tokens: TokenStream, name: DurationCall["name"]): DurationCall {
  const { start } = tokens;
  const args: DurationExpr[] = [];
  tokens.advance();
  tokens.expect("(");
  if (name === "min_of" || name === "max_of") {
    args.push(parseDuration(tokens));
    tokens.expect(",");
    args.push(parseDuration(tokens));
  }
  tokens.expect(")");
  return { kind: "duration_call", position: tokens.since(start), name, args, wrapped: false };
}

/**
 * What follows `offset`. Arithmetic needs parentheses here, since `a offset 5m + 3` adds to `a offset 5m`: only what
 * begins with a parenthesis or two signs goes on with an operator behind it.
 */
export function parseOffset(tokens: TokenStream): DurationExpr {
  const { kind, start } = tokens;
  if (kind === "(") return parseOperators(tokens, parseParen(tokens), LOOSEST);
  if (kind !== "+" && kind !== "-") return parseOperand(tokens);
  tokens.advance();
  const next = tokens.kind;
  if (next === "+" || next === "-") {
    const operand = signed(tokens, kind, start, parseFrom(tokens, POWER));
    return parseOperators(tokens, operand, LOOSEST);
  }
  if (next === "number" || next === "duration") {
    return bounded(tokens, withSign(parseNumber(tokens), kind, start), { start, end: start + 1 });
  }
  return signed(tokens, kind, start, parseOperand(tokens));
}
