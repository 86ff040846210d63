import type { Cursor } from "./cursor.ts";

const UNSIGNED = /(?:inf(?:inity)?|nan)(?![a-z0-9_])|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:e[+-]?\d[\d_]*)?/iy;
const COUNT = /\d+/y;

/** Reads a number without a sign: digits with underscores, fraction, exponent, Inf, NaN; no hexadecimal, as `x` means "times". */
export function readUnsigned(cursor: Cursor, context: string): number {
  const text = cursor.take(UNSIGNED);
  if (text === undefined) {
    cursor.unexpected(context, "a number");
    return 0;
  }
  return valueOf(text);
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

/** The number that a whole text is (hexadecimal, octal and binary allowed, as in Go), or undefined. */
export function parseNumber(text: string): number | undefined {
  const sign = text.startsWith("-") ? -1 : 1;
  const body = /^[+-]/.test(text) ? text.slice(1) : text;
  if (/^0[xob][0-9a-f_]+$/i.test(body)) {
    const value = Number(body.replaceAll("_", ""));
    return Number.isNaN(value) ? undefined : sign * value;
  }
  UNSIGNED.lastIndex = 0;
  if (UNSIGNED.exec(body)?.[0] !== body) return undefined;
  return sign * valueOf(body);
}

function valueOf(text: string): number {
  if (/^inf/i.test(text)) return Infinity;
  if (/^nan/i.test(text)) return NaN;
  if (/^0[0-7_]+$/.test(text)) return parseInt(text.replaceAll("_", ""), 8); // as Go reads it
  return Number(text.replaceAll("_", ""));
}
