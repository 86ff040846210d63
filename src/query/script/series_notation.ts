import type { Histogram } from "../../model/histogram.ts";
import { Labels, METRIC_NAME } from "../../model/labels.ts";
import { STALE_NAN } from "../../model/sample.ts";
import { Cursor, type TextProblem } from "./cursor.ts";
import { combineRepeatedly, readHistogram } from "./histogram_notation.ts";
import { readCount, readSigned } from "./numbers.ts";
import { readQuoted } from "./quoted.ts";

/**
 * One place in a series of the notation that `promtool test rules` and PromQL test scripts share
 * (Prometheus, docs/configuration/unit_testing_rules.md). `stale` is a kind of its own because a plain
 * number property may lose the marker's bits.
 */
export type SequenceValue =
  | { readonly kind: "omitted" }
  | { readonly kind: "stale" }
  | { readonly kind: "float"; readonly value: number }
  | {
    readonly kind: "histogram";
    readonly histogram: Histogram;
    /** Whether the text named a counter reset hint: only then does an expectation look at it. */
    readonly hintGiven: boolean;
  };

export interface SeriesNotation {
  readonly labels: Labels;
  readonly values: readonly SequenceValue[];
}

export type SeriesResult =
  | { readonly kind: "ok"; readonly series: SeriesNotation }
  | { readonly kind: "error"; readonly problem: TextProblem };

/** Most values that a script's lines may expand to. */
export const MAX_VALUES = 1_000_000;

const OMITTED: SequenceValue = { kind: "omitted" };
const STALE: SequenceValue = { kind: "stale" };

const METRIC = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const LABEL_NAME = /[a-zA-Z_][a-zA-Z0-9_]*/y;
const WORD = /[a-zA-Z_][a-zA-Z0-9_:]*/y;

/** Reads a line such as `http_requests{path="/"} 1 2+3x4 _ stale {{schema:1 count:2}}x3`. */
export function parseSeries(line: string): SeriesResult {
  const cursor = new Cursor(line);
  const labels = readLabels(cursor);
  const values = readValues(cursor);
  if (cursor.problem) return { kind: "error", problem: cursor.problem };
  return { kind: "ok", series: { labels, values } };
}

/** The number to store or compare with; NaN for a histogram. */
export function floatOf(value: SequenceValue): number {
  return value.kind === "float" ? value.value : value.kind === "stale" ? STALE_NAN : NaN;
}

/** Reads `name{label="value", …}`, `{"name", label="value"}` or either part alone. */
function readLabels(cursor: Cursor): Labels {
  const record: Record<string, string> = Object.create(null);
  const name = cursor.take(METRIC);
  if (cursor.accept("{")) {
    readLabelList(cursor, record);
  } else if (name === undefined) {
    cursor.unexpected("series", "a metric name or {");
  }
  if (name !== undefined) record[METRIC_NAME] = name;
  return Labels.from(record);
}

function readLabelList(cursor: Cursor, record: Record<string, string>): void {
  cursor.skipSpace();
  while (!cursor.accept("}") && !cursor.problem) {
    readLabel(cursor, record);
    cursor.skipSpace();
    if (!cursor.accept(",") && cursor.peek() !== "}") cursor.unexpected("label set", '"," or "}"');
    cursor.skipSpace();
  }
}

function readLabel(cursor: Cursor, record: Record<string, string>): void {
  const bare = cursor.take(LABEL_NAME);
  const name = bare ?? readQuoted(cursor, "label set");
  cursor.skipSpace();
  if (bare === undefined && cursor.peek() !== "=") {
    record[METRIC_NAME] = name;
    return;
  }
  cursor.expect("=", "label set");
  cursor.skipSpace();
  record[name] = readQuoted(cursor, "label set");
}

function readValues(cursor: Cursor): SequenceValue[] {
  const values: SequenceValue[] = [];
  while (!cursor.done) {
    if (!cursor.skipSpace()) cursor.unexpected("series values", "a space");
    if (!cursor.done) readItem(cursor, values);
  }
  return values;
}

function readItem(cursor: Cursor, into: SequenceValue[]): void {
  const room = MAX_VALUES - into.length;
  if (cursor.accept("_")) {
    const count = cursor.accept("x") ? readCount(cursor, room) : 1;
    for (let i = 0; i < count; i++) into.push(OMITTED);
  } else if (cursor.text.startsWith("{{", cursor.offset)) {
    readHistograms(cursor, room, into);
  } else {
    readFloats(cursor, room, into);
  }
}

/** `v`, `vxN` (N + 1 times), `v+dxN`, `v-dxN` (N + 1 values, each d on from the last); v may be `stale`. */
function readFloats(cursor: Cursor, room: number, into: SequenceValue[]): void {
  const start = cursor.offset;
  const word = /[a-z]/i.test(cursor.peek()) ? cursor.take(WORD) : undefined;
  if (word === "stale") {
    into.push(STALE);
    return;
  }
  if (word !== undefined) cursor.offset = start; // Inf and NaN are numbers
  let value = readSigned(cursor, "series values");
  const sign = cursor.peek();
  const stepped = sign === "+" || sign === "-";
  const step = stepped ? readSigned(cursor, "series values") : 0;
  if (!cursor.accept("x")) {
    if (stepped) cursor.unexpected("series values", '"x" and how often to repeat');
    into.push({ kind: "float", value });
    return;
  }
  const count = readCount(cursor, room - 1);
  for (let i = 0; i <= count; i++) {
    into.push({ kind: "float", value });
    if (stepped) value += step;
  }
}

function readHistograms(cursor: Cursor, room: number, into: SequenceValue[]): void {
  const first = readHistogram(cursor);
  const start = cursor.offset;
  const sign = cursor.accept("+") ? "+" : cursor.accept("-") ? "-" : undefined;
  const step = sign ? readHistogram(cursor) : undefined;
  if (!cursor.accept("x")) {
    if (step) cursor.unexpected("series values", '"x" and how often to repeat');
    into.push({ kind: "histogram", ...first });
    return;
  }
  const count = readCount(cursor, room - 1);
  if (cursor.problem) return;
  if (!step || !sign) {
    for (let i = 0; i <= count; i++) into.push({ kind: "histogram", ...first });
    return;
  }
  const combined = combineRepeatedly(first.histogram, sign, step.histogram, count);
  if (combined.kind === "error") {
    cursor.fail(combined.message, start);
    return;
  }
  for (const histogram of combined.histograms) {
    into.push({ kind: "histogram", histogram, hintGiven: step.hintGiven });
  }
}
