import { parsePromDuration } from "../../base/duration.ts";
import { Cursor, type TextProblem } from "./cursor.ts";
import { readCount } from "./numbers.ts";
import { MAX_VALUES } from "./series_notation.ts";

export type StartOffsets =
  | {
    readonly kind: "ok";
    /** One per sample: ms from the sample's time; undefined: start unknown. */
    readonly offsetsMs: readonly (number | undefined)[];
  }
  | { readonly kind: "error"; readonly problem: TextProblem };

/** Splits `metric{…}@st values`: the series' text, and where the values begin; undefined when the line is no such. */
export function startLineSplit(line: string): { series: string; valuesAt: number } | undefined {
  const end = line.search(/[ \t]/);
  if (end < 0 || !line.slice(0, end).endsWith("@st")) return undefined;
  return { series: line.slice(0, end - "@st".length), valuesAt: end };
}

const DURATION = /\d+[a-wyz]*/iy; // "x" begins the count

/** Reads the values of an `@st` line: `_`, `_xN`, `<dur>`, `<dur>xN` (N + 1 times), `<dur>±<dur>xN`. */
export function parseStartOffsets(line: string, valuesAt: number): StartOffsets {
  const cursor = new Cursor(line, valuesAt);
  const offsetsMs: (number | undefined)[] = [];
  while (!cursor.done) {
    if (!cursor.skipSpace()) cursor.unexpected("start timestamps", "a space");
    if (!cursor.done) readItem(cursor, offsetsMs);
  }
  return cursor.problem ? { kind: "error", problem: cursor.problem } : { kind: "ok", offsetsMs };
}

function readItem(cursor: Cursor, into: (number | undefined)[]): void {
  const room = MAX_VALUES - into.length;
  if (cursor.accept("_")) {
    const count = cursor.accept("x") ? readCount(cursor, room) : 1;
    for (let i = 0; i < count; i++) into.push(undefined);
    return;
  }
  let offsetMs = readDuration(cursor);
  const sign = cursor.peek();
  const stepped = sign === "+" || sign === "-";
  const stepMs = stepped ? readDuration(cursor) : 0;
  if (!cursor.accept("x")) {
    if (stepped) cursor.unexpected("start timestamps", '"x" and how often to repeat');
    into.push(offsetMs);
    return;
  }
  const count = readCount(cursor, room - 1);
  for (let i = 0; i <= count; i++, offsetMs += stepMs) into.push(offsetMs);
}

function readDuration(cursor: Cursor): number {
  const start = cursor.offset;
  const negative = cursor.accept("-");
  if (!negative) cursor.accept("+");
  const text = cursor.take(DURATION);
  const durationMs = text === undefined ? undefined : parsePromDuration(text);
  if (durationMs === undefined) {
    cursor.fail(`invalid duration ${JSON.stringify(cursor.text.slice(start).split(/\s/, 1)[0])}`, start);
    return 0;
  }
  return negative ? -durationMs : durationMs;
}
