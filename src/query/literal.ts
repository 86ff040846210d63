/** The values of literals: numbers, durations and strings, from the text of their tokens. */
import { MAX_PROM_DURATION_MS, PROM_UNITS_MS } from "../base/duration.ts";
import { quote } from "./go_text.ts";

export type NumberResult =
  | { readonly kind: "ok"; readonly value: number }
  | { readonly kind: "error"; readonly reason: string };

const DECIMAL = /^(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
/** An underscore that is not between two digits, or between the prefix `0x` and a digit. */
const BAD_UNDERSCORE = /[^\da-fx]_|_(?![\da-f])/i;
const MAX_INT64 = 2n ** 63n - 1n;

/**
 * The value of a number token, as Go's ParseInt with base 0 and, failing that, ParseFloat read it: `0x1f` is
 * hexadecimal, `017` octal, `1_000` a thousand, `018` is 18.
 */
export function readNumber(text: string): NumberResult {
  const plain = Number(text);
  if (Number.isFinite(plain) && !/^0[\dxX_]/.test(text)) return { kind: "ok", value: plain };
  const word = text.toLowerCase();
  if (word === "inf") return { kind: "ok", value: Infinity };
  if (word === "nan") return { kind: "ok", value: NaN };
  return readOddNumber(text);
}

function readOddNumber(text: string): NumberResult {
  if (BAD_UNDERSCORE.test(text)) return failed(text, "invalid syntax");
  const digits = text.replaceAll("_", "");
  if (/^0x/i.test(digits)) {
    const isWhole = /^0x[\da-f]+$/i.test(digits) && BigInt(digits) <= MAX_INT64;
    return isWhole ? { kind: "ok", value: Number(digits) } : failed(text, "invalid syntax");
  }
  if (/^0[0-7]*$/.test(digits)) {
    const octal = BigInt(`0o0${digits}`);
    if (octal <= MAX_INT64) return { kind: "ok", value: Number(octal) };
  }
  if (!DECIMAL.test(digits)) return failed(text, "invalid syntax");
  const value = Number(digits);
  return Number.isFinite(value) ? { kind: "ok", value } : failed(text, "value out of range");
}

function failed(text: string, why: string): NumberResult {
  return {
    kind: "error",
    reason: `error parsing number: strconv.ParseFloat: parsing ${quote(text)}: ${why}`,
  };
}

const MAX_UINT64 = 2 ** 64;

/** A duration in Prometheus' syntax, "1h30m", in milliseconds: units from the largest down, each once. */
export function readDuration(text: string): NumberResult {
  if (text === "0") return { kind: "ok", value: 0 };
  if (text === "") return { kind: "error", reason: "empty duration string" };
  const notValid: NumberResult = { kind: "error", reason: `not a valid duration string: ${quote(text)}` };
  const part = /(\d+)(\D+)/y;
  let totalMs = 0;
  let lastUnitMs = Infinity;
  while (part.lastIndex < text.length) {
    const found = part.exec(text);
    if (!found || Number(found[1]) >= MAX_UINT64) return notValid;
    const unitMs = PROM_UNITS_MS.get(found[2]);
    if (unitMs === undefined) {
      return { kind: "error", reason: `unknown unit ${quote(found[2])} in duration ${quote(text)}` };
    }
    if (unitMs >= lastUnitMs) return notValid;
    lastUnitMs = unitMs;
    totalMs += Number(found[1]) * unitMs;
    if (totalMs > MAX_PROM_DURATION_MS) return { kind: "error", reason: "duration out of range" };
  }
  return { kind: "ok", value: totalMs };
}

/** Milliseconds in Prometheus' syntax: "1h30m", "-5s"; years and weeks only where nothing is left over. */
export function formatPromDuration(durationMs: number): string {
  let restMs = Math.trunc(Math.abs(durationMs));
  if (restMs === 0) return "0s";
  let text = durationMs < 0 ? "-" : "";
  for (const [unit, unitMs] of PROM_UNITS_MS) {
    if ((unit === "y" || unit === "w") && restMs % unitMs !== 0) continue;
    const count = Math.floor(restMs / unitMs);
    if (count === 0) continue;
    text += `${count}${unit}`;
    restMs -= count * unitMs;
  }
  return text;
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

const ESCAPE = /\\(?:x(?<byte>..)|(?<octal>[0-7]{3})|u(?<short>.{4})|U(?<long>.{8})|(?<char>.))/su;
/** Whether there may be an escape that stands for a byte of UTF-8, rather than for a character. */
const HIGH_BYTE = /\\(?:x[89a-fA-F]|[23][0-7]{2})/;

/**
 * The value of a string token. Its escapes are known to be sound. `\x` and octal escapes are bytes of UTF-8; a byte
 * that is part of no character becomes half a surrogate pair, U+DC00 plus the byte: no text has that, and `quote` can
 * still show the byte.
 */
export function readString(token: string, escaped: boolean): string {
  const body = token.slice(1, -1);
  if (!escaped) return body;
  if (HIGH_BYTE.test(body)) return readBytes(body);
  let text = "";
  for (const piece of pieces(body)) text += typeof piece === "number" ? String.fromCharCode(piece) : piece;
  return text;
}

function readBytes(body: string): string {
  const encoder = new TextEncoder();
  const bytes: number[] = [];
  for (const piece of pieces(body)) {
    if (typeof piece === "number") bytes.push(piece);
    else for (const byte of encoder.encode(piece)) bytes.push(byte);
  }
  return decode(new Uint8Array(bytes));
}

function decode(bytes: Uint8Array): string {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let text = "";
  let soundFrom = 0;
  for (let at = 0; at < bytes.length;) {
    const length = characterLength(bytes, at);
    if (length === 0) {
      text += decoder.decode(bytes.subarray(soundFrom, at)) + String.fromCharCode(0xdc00 + bytes[at]);
      soundFrom = at + 1;
    }
    at += length || 1;
  }
  return text + decoder.decode(bytes.subarray(soundFrom));
}

/** Bytes of the character that begins at `from`; 0: none does (RFC 3629, section 4). */
function characterLength(bytes: Uint8Array, from: number): number {
  const first = bytes[from];
  if (first < 0x80) return 1;
  const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  const second = bytes[from + 1];
  const isOverlong = (first === 0xe0 && second < 0xa0) || (first === 0xf0 && second < 0x90);
  const isNoCharacter = (first === 0xed && second > 0x9f) || (first === 0xf4 && second > 0x8f);
  if (isOverlong || isNoCharacter) return 0;
  for (let at = from + 1; at < from + length; at++) if ((bytes[at] & 0xc0) !== 0x80) return 0;
  return length;
}

/** The runs of text in a string's body, unescaped, and its single bytes. */
function* pieces(body: string): Iterable<string | number> {
  const escape = new RegExp(ESCAPE, "gsu");
  let from = 0;
  for (const found of body.matchAll(escape)) {
    if (found.index > from) yield body.slice(from, found.index);
    from = found.index + found[0].length;
    const { byte, octal, short, long, char } = found.groups!;
    if (byte !== undefined) yield parseInt(byte, 16);
    else if (octal !== undefined) yield parseInt(octal, 8);
    else if (char === undefined) yield String.fromCodePoint(parseInt(short ?? long, 16));
    else yield ESCAPES[char] ?? char;
  }
  if (from < body.length) yield body.slice(from);
}
