import { readNumber } from "../literal.ts";
import type { Cursor } from "./cursor.ts";

const UNSIGNED = /(?:inf|nan)(?![a-z0-9_])|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:e[+-]?\d[\d_]*)?/iy;
const COUNT = /\d+/y;

/** Reads a number without a sign: digits with underscores, fraction, exponent, Inf, NaN; no hexadecimal, as `x` means "times". */
export function readUnsigned(cursor: Cursor, context: string): number {
  const start = cursor.offset;
  const text = cursor.take(UNSIGNED);
  if (text === undefined) {
    cursor.unexpected(context, "a number");
    return 0;
  }
  const number = readNumber(text);
  if (number.kind === "ok") return number.value;
  cursor.fail(number.reason, start);
  return 0;
}

/** Reads a number with an optional sign. */
export function readSigned(cursor: Cursor, context: string): number {
  const negative = cursor.accept("-");
  if (!negative) cursor.accept("+");
  const value = readUnsigned(cursor, context);
  return negative ? -value : value;
}

/** Reads a whole number with an optional minus. */
export function readInteger(cursor: Cursor, context: string): number {
  const negative = cursor.accept("-");
  const text = cursor.take(COUNT);
  if (text === undefined) {
    cursor.unexpected(context, "a whole number");
    return 0;
  }
  return negative ? -Number(text) : Number(text);
}

/** Reads how often something is repeated, at most `max` times. */
export function readCount(cursor: Cursor, max: number): number {
  const start = cursor.offset;
  const text = cursor.take(COUNT);
  if (text === undefined) {
    cursor.unexpected("series values", "how often to repeat");
    return 0;
  }
  if (Number(text) <= max) return Number(text);
  cursor.fail(`${text} repetitions are too many: at most ${max} values a series`, start);
  return 0;
}

/** The number that a whole text is (hexadecimal and octal allowed, as in queries), or undefined. */
export function parseNumber(text: string): number | undefined {
  const sign = text.startsWith("-") ? -1 : 1;
  const body = /^[+-]/.test(text) ? text.slice(1) : text;
  if (!/^(?:0x[\da-f]|\.?\d|inf$|nan$)/i.test(body)) return undefined;
  const number = readNumber(body);
  return number.kind === "ok" ? sign * number.value : undefined;
}
