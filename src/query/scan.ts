/** How far one token reaches: pure functions of the text and a position in it. Positions are UTF-16 offsets. */
import { unicodeName } from "./go_text.ts";

const TAB = 0x09, NEWLINE = 0x0a, RETURN = 0x0d, SPACE = 0x20;
const PLUS = 0x2b, MINUS = 0x2d, DOT = 0x2e, ZERO = 0x30, NINE = 0x39;
const BACKSLASH = 0x5c, UNDERSCORE = 0x5f, BACKTICK = 0x60, LOWER_E = 0x65, LOWER_X = 0x78;
/** Stands for a byte that is no UTF-8; strings in a query may not contain it. */
const REPLACEMENT = 0xfffd;

/** `end`: where the token ends, or how far the attempt came. */
export interface Scanned {
  readonly matched: boolean;
  readonly end: number;
}

export function isSpace(code: number): boolean {
  return code === SPACE || code === NEWLINE || code === TAB || code === RETURN;
}

export function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}

/** ASCII letters and the underscore. */
export function isAlpha(code: number): boolean {
  const lower = code | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || code === UNDERSCORE;
}

export function isAlphanumeric(code: number): boolean {
  return isAlpha(code) || isDigit(code);
}

export function endOfIdentifier(text: string, from: number): number {
  let at = from;
  while (isAlphanumeric(text.charCodeAt(at))) at++;
  return at;
}

/**
 * A number: decimal, hexadecimal (whole), with underscores between digits, a fraction or an exponent. What it
 * accepts need not be a number yet ("1e", "0x"): reading its value tells. An `e` after a hexadecimal digit counts as
 * an exponent here, as it does in Prometheus, so `0x1e` at the very end of a query is none.
 */
export function scanNumber(text: string, from: number): Scanned {
  let at = from;
  let digits = isDigit;
  if (text.charCodeAt(at) === ZERO) {
    at++;
    if (isX(text.charCodeAt(at))) {
      at += text.charCodeAt(at + 1) === UNDERSCORE ? 2 : 1;
      digits = isHexDigit;
    }
  }
  let sawDot = false;
  let sawExponent = false;
  // A dot at the start, or behind a leading zero, is not counted; from there on what follows what is checked.
  if (text.charCodeAt(at) === DOT) at++;
  if (digits(text.charCodeAt(at))) at++;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code === DOT) {
      if (sawDot) return { matched: false, end: at + 1 };
      sawDot = true;
      at++;
      if (isOneOf(text.charCodeAt(at), UNDERSCORE, DOT)) return { matched: false, end: at + 1 };
      if (digits === isHexDigit) return { matched: false, end: at };
    } else if (isE(code)) {
      if (sawExponent) return { matched: false, end: at + 1 };
      sawExponent = true;
      at++;
      if (isOneOf(text.charCodeAt(at), PLUS, MINUS)) at++;
      if (cannotFollow(text.charCodeAt(at))) return { matched: false, end: at + 1 };
      if (at >= text.length) return { matched: false, end: at };
    } else if (code === UNDERSCORE) {
      at++;
      if (cannotFollow(text.charCodeAt(at))) return { matched: false, end: at + 1 };
      if (at >= text.length) return { matched: false, end: at };
    } else if (digits(code)) {
      while (digits(text.charCodeAt(at))) at++;
    } else {
      return { matched: at > from && !isAlphanumeric(code), end: at };
    }
  }
}

/** What may come neither after an exponent's sign nor after an underscore. */
function cannotFollow(code: number): boolean {
  return code === DOT || code === UNDERSCORE || isE(code);
}

function isOneOf(code: number, first: number, second: number): boolean {
  return code === first || code === second;
}

function isE(code: number): boolean {
  return (code | 0x20) === LOWER_E;
}

function isX(code: number): boolean {
  return (code | 0x20) === LOWER_X;
}

function isHexDigit(code: number): boolean {
  return digitValue(code) < 16;
}

function digitValue(code: number): number {
  if (isDigit(code)) return code - ZERO;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : 16;
}

/** The rest of a duration, from its first unit on: "5m30s" after the "5". Units are checked when its value is read. */
export function scanDuration(text: string, from: number): Scanned {
  if (!"smhdwy".includes(text.charAt(from) || " ")) return { matched: false, end: from };
  let at = afterMilli(text, from + 1);
  while (isDigit(text.charCodeAt(at))) {
    while (isDigit(text.charCodeAt(at))) at++;
    if (!"smhdw".includes(text.charAt(at) || " ")) return { matched: false, end: at };
    at = afterMilli(text, at + 1);
  }
  return isAlphanumeric(text.charCodeAt(at)) ? { matched: false, end: at + 1 } : { matched: true, end: at };
}

/** Steps over the "s" of "ms". */
function afterMilli(text: string, at: number): number {
  return text[at] === "s" ? at + 1 : at;
}

export type ScannedString =
  | { readonly kind: "ok"; readonly end: number; readonly escaped: boolean }
  | { readonly kind: "bad"; readonly problem: string };

/** A string from its opening quote on; in backticks nothing is escaped and lines may end. */
export function scanString(text: string, from: number, quoteCode: number): ScannedString {
  const raw = quoteCode === BACKTICK;
  let escaped = false;
  for (let at = from + 1;;) {
    const code = text.charCodeAt(at);
    if (code === quoteCode) return { kind: "ok", end: at + 1, escaped };
    if (code !== code) return bad(raw ? "unterminated raw string" : "unterminated quoted string");
    if (code === NEWLINE && !raw) return bad("unterminated quoted string");
    if (code === BACKSLASH && !raw) {
      escaped = true;
      const escape = scanEscape(text, at + 1, quoteCode);
      if (escape.kind === "bad") return escape;
      at = escape.end;
    } else {
      if (code === REPLACEMENT || isLoneSurrogate(text, at)) return bad("invalid UTF-8 rune");
      at += code >= 0xd800 && code < 0xe000 ? 2 : 1;
    }
  }
}

function bad(problem: string): { readonly kind: "bad"; readonly problem: string } {
  return { kind: "bad", problem };
}

function isLoneSurrogate(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0xd800 && code < 0xe000 && text.codePointAt(at)! < 0x10000;
}

/** An escape sequence, from behind its backslash on. */
function scanEscape(
  text: string,
  from: number,
  quoteCode: number,
): { kind: "ok"; end: number } | { kind: "bad"; problem: string } {
  const char = text.charAt(from);
  if (char === "") return bad("escape sequence not terminated");
  if ("abfnrtv\\".includes(char) || text.charCodeAt(from) === quoteCode) return { kind: "ok", end: from + 1 };
  if (char === "x") return scanCodePoint(text, from + 1, 2, 16, 0xff);
  if (char === "u") return scanCodePoint(text, from + 1, 4, 16, 0x10ffff);
  if (char === "U") return scanCodePoint(text, from + 1, 8, 16, 0x10ffff);
  if (char >= "0" && char <= "7") return scanCodePoint(text, from, 3, 8, 0xff);
  return bad(`unknown escape sequence ${unicodeName(characterAt(text, from))}`);
}

function scanCodePoint(text: string, from: number, length: number, base: number, limit: number) {
  let value = 0;
  for (let at = from; at < from + length; at++) {
    if (at >= text.length) return bad("escape sequence not terminated");
    const digit = digitValue(text.charCodeAt(at));
    if (digit >= base) {
      return bad(`illegal character ${unicodeName(characterAt(text, at))} in escape sequence`);
    }
    value = value * base + digit;
  }
  const isCodePoint = value <= limit && !(value >= 0xd800 && value < 0xe000);
  return isCodePoint
    ? { kind: "ok" as const, end: from + length }
    : bad("escape sequence is an invalid Unicode code point");
}

function characterAt(text: string, at: number): string {
  return String.fromCodePoint(text.codePointAt(at)!);
}
