import type { NumberLiteral } from "./ast.ts";
import { readDuration, readNumber } from "./literal.ts";
import type { PositionRange } from "./position.ts";
import type { TokenStream } from "./token_stream.ts";

/** Stands where an error left nothing to put; such a tree is never handed out. */
export function broken(position: PositionRange): NumberLiteral {
  return { kind: "number", position, value: NaN, isDuration: false };
}

/** A number or duration; the next token is one. */
export function parseNumber(tokens: TokenStream): NumberLiteral {
  const { position, text } = tokens;
  const isDuration = tokens.kind === "duration";
  tokens.advance();
  const read = isDuration ? readDuration(text) : readNumber(text);
  if (read.kind === "error") {
    tokens.report(position, read.reason);
    return broken(position);
  }
  return { kind: "number", position, value: isDuration ? seconds(read.value) : read.value, isDuration };
}

/** Whole and fractional part apart, as Go's Duration.Seconds has it, so that the sum rounds alike. */
function seconds(durationMs: number): number {
  return Math.floor(durationMs / 1_000) + (durationMs % 1_000) / 1_000;
}

/** A sign before a number becomes part of it. A duration has no negative zero: it could not be written. */
export function withSign(literal: NumberLiteral, op: "+" | "-", start: number): NumberLiteral {
  const value = op === "-" ? -literal.value : literal.value;
  const position = { start, end: literal.position.end };
  return { ...literal, position, value: literal.isDuration ? value + 0 : value };
}
