/** Text as Go's strconv and fmt write it: what Prometheus' messages and printed queries are made of. */
import { lazy } from "../base/lazy.ts";

const SHORT_ESCAPES: ReadonlyMap<number, string> = new Map([
  [0x07, "\\a"],
  [0x08, "\\b"],
  [0x09, "\\t"],
  [0x0a, "\\n"],
  [0x0b, "\\v"],
  [0x0c, "\\f"],
  [0x0d, "\\r"],
  [0x5c, "\\\\"],
]);

const PRINTABLE = lazy(() => /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u);
/** Text that needs no escape. */
const PLAIN = /^[ !#-[\]-~]*$/;

/**
 * Go's strconv.Quote: in double quotes, with escapes where something can't be printed. U+FFFD is escaped too, other
 * than in Go: it stands for bytes that were no text, and a query may not contain it.
 */
export function quote(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  let quoted = "";
  for (const char of text) quoted += escaped(char, '"');
  return `"${quoted}"`;
}

/** Go's `%q` of one rune: in single quotes. `undefined` is the end of input, which Go shows as U+FFFD. */
export function quoteRune(char: string | undefined): string {
  return `'${char === undefined ? "\ufffd" : escaped(char, "'")}'`;
}

/** Go's `%#U`: U+0041 'A', the character only where it can be printed. */
export function unicodeName(char: string): string {
  const hex = char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0");
  return PRINTABLE().test(char) ? `U+${hex} '${char}'` : `U+${hex}`;
}

function escaped(char: string, delimiter: string): string {
  if (char === delimiter) return `\\${char}`;
  if (char === "\ufffd" && delimiter === '"') return "\\ufffd";
  const code = char.codePointAt(0)!;
  const short = SHORT_ESCAPES.get(code);
  if (short !== undefined) return short;
  if (PRINTABLE().test(char)) return char;
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, "0")}`;
  if (code >= 0xdc80 && code < 0xdd00) return `\\x${(code - 0xdc00).toString(16)}`; // a byte of no character
  if (code >= 0xd800 && code < 0xe000) return "\\ufffd"; // half a pair: not a character
  return code < 0x10000
    ? `\\u${code.toString(16).padStart(4, "0")}`
    : `\\U${code.toString(16).padStart(8, "0")}`;
}
