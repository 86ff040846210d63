import type { Cursor } from "./cursor.ts";

const RAW = /`[^`]*`/y;
const INTERPRETED = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/y;

const SINGLE: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
};

/** Reads a string in double, single or back quotes, with Go's escapes in the first two. */
export function readQuoted(cursor: Cursor, context: string): string {
  const start = cursor.offset;
  const raw = cursor.take(RAW);
  if (raw !== undefined) return raw.slice(1, -1);
  const text = cursor.take(INTERPRETED);
  if (text === undefined) {
    cursor.unexpected(context, "a string");
    return "";
  }
  const unescaped = unescape(text.slice(1, -1));
  if (unescaped === undefined) cursor.fail(`invalid escape in ${text}`, start);
  return unescaped ?? "";
}

/** Replaces escapes; undefined when one is none of Go's. Bytes (\xhh, \ooo) are put together as UTF-8. */
function unescape(body: string): string | undefined {
  if (!body.includes("\\")) return body;
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  const part = /\\(?:([0-7]{3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))|[^\\]+/gsu;
  for (const [text, octal, hex, short, long, single] of body.matchAll(part)) {
    if (!text.startsWith("\\")) bytes.push(...encoder.encode(text));
    else if (octal) bytes.push(parseInt(octal, 8) & 0xff);
    else if (hex) bytes.push(parseInt(hex, 16));
    else {
      const codePoint = short ?? long;
      const character = codePoint ? fromCodePoint(parseInt(codePoint, 16)) : SINGLE[single];
      if (character === undefined) return undefined;
      bytes.push(...encoder.encode(character));
    }
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}

function fromCodePoint(value: number): string | undefined {
  return value > 0x10ffff || (value >= 0xd800 && value < 0xe000) ? undefined : String.fromCodePoint(value);
}
