import { readString } from "../literal.ts";
import { scanString } from "../scan.ts";
import type { Cursor } from "./cursor.ts";

/** Reads a string in double, single or back quotes, as queries have them. */
export function readQuoted(cursor: Cursor, context: string): string {
  const start = cursor.offset;
  if (!`"'\``.includes(cursor.peek()) || cursor.done) {
    cursor.unexpected(context, "a string");
    return "";
  }
  const scanned = scanString(cursor.text, start, cursor.text.charCodeAt(start));
  if (scanned.kind === "bad") {
    cursor.fail(scanned.problem, start);
    return "";
  }
  cursor.offset = scanned.end;
  return readString(cursor.text.slice(start, scanned.end), scanned.escaped);
}
