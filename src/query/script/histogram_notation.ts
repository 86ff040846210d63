import type { CounterResetHint, Histogram, Span } from "../../model/histogram.ts";
import { addHistograms, subHistograms } from "../histogram/arithmetic.ts";
import type { Cursor } from "./cursor.ts";
import { readInteger, readSigned, readUnsigned } from "./numbers.ts";

/** A histogram as written, and whether the text named its counter reset hint. */
export interface WrittenHistogram {
  readonly histogram: Histogram;
  readonly hintGiven: boolean;
}

/** What stands between `{{` and `}}`, while it is read. */
interface Draft {
  schema: number;
  hint: CounterResetHint;
  zeroThreshold: number;
  zeroCount: number;
  count: number;
  sum: number;
  offset: number;
  buckets: number[];
  negativeOffset: number;
  negativeBuckets: number[];
  customValues: number[] | undefined;
}

/** One row a key: how to read its value. */
const KEYS: Readonly<Record<string, (draft: Draft, cursor: Cursor) => void>> = {
  schema: (draft, cursor) => draft.schema = readInteger(cursor, "schema"),
  sum: (draft, cursor) => draft.sum = readSigned(cursor, "sum"),
  count: (draft, cursor) => draft.count = readSigned(cursor, "count"),
  z_bucket: (draft, cursor) => draft.zeroCount = readSigned(cursor, "z_bucket"),
  z_bucket_w: (draft, cursor) => draft.zeroThreshold = readUnsigned(cursor, "z_bucket_w"),
  offset: (draft, cursor) => draft.offset = readInteger(cursor, "offset"),
  buckets: (draft, cursor) => draft.buckets = readNumbers(cursor, "buckets"),
  n_offset: (draft, cursor) => draft.negativeOffset = readInteger(cursor, "n_offset"),
  n_buckets: (draft, cursor) => draft.negativeBuckets = readNumbers(cursor, "n_buckets"),
  custom_values: (draft, cursor) => draft.customValues = readNumbers(cursor, "custom_values"),
  counter_reset_hint: (draft, cursor) => draft.hint = readHint(cursor),
};

const KEY = /[a-z_]+/iy;
const HINT = /unknown|reset|not_reset|gauge/iy;

/** Reads `{{schema:1 count:3 sum:2.5 buckets:[1 2]}}`; keys in any order, each at most once. */
export function readHistogram(cursor: Cursor): WrittenHistogram {
  const draft: Draft = {
    schema: 0,
    hint: "unknown",
    zeroThreshold: 0,
    zeroCount: 0,
    count: 0,
    sum: 0,
    offset: 0,
    buckets: [],
    negativeOffset: 0,
    negativeBuckets: [],
    customValues: undefined,
  };
  const seen = new Set<string>();
  cursor.expect("{{", "histogram");
  cursor.skipSpace();
  while (!cursor.accept("}}") && !cursor.problem) {
    readEntry(cursor, draft, seen);
    if (!cursor.skipSpace() && cursor.peek() !== "}") cursor.unexpected("histogram", "a space or }}");
  }
  return { histogram: finish(draft), hintGiven: seen.has("counter_reset_hint") };
}

function readEntry(cursor: Cursor, draft: Draft, seen: Set<string>): void {
  const start = cursor.offset;
  const key = cursor.take(KEY)?.toLowerCase();
  if (key === undefined || !Object.hasOwn(KEYS, key)) {
    cursor.offset = start;
    cursor.unexpected("histogram", `a key, one of ${Object.keys(KEYS).join(", ")}`);
    return;
  }
  if (seen.has(key)) cursor.fail(`duplicate key "${key}" in histogram`, start);
  seen.add(key);
  cursor.expect(":", `histogram after ${key}`);
  KEYS[key](draft, cursor);
}

function readHint(cursor: Cursor): CounterResetHint {
  const hint = cursor.take(HINT);
  if (hint === undefined) cursor.unexpected("counter_reset_hint", "unknown, reset, not_reset or gauge");
  return (hint?.toLowerCase() ?? "unknown") as CounterResetHint;
}

function readNumbers(cursor: Cursor, context: string): number[] {
  const numbers: number[] = [];
  cursor.expect("[", context);
  cursor.skipSpace();
  while (!cursor.accept("]") && !cursor.problem) {
    numbers.push(readSigned(cursor, context));
    if (!cursor.skipSpace() && cursor.peek() !== "]") cursor.unexpected(context, "a space or ]");
  }
  return numbers;
}

function finish(draft: Draft): Histogram {
  return {
    schema: draft.schema,
    counterResetHint: draft.hint,
    zeroThreshold: draft.zeroThreshold,
    zeroCount: draft.zeroCount,
    count: draft.count,
    sum: draft.sum,
    positiveSpans: oneSpan(draft.offset, draft.buckets.length),
    negativeSpans: oneSpan(draft.negativeOffset, draft.negativeBuckets.length),
    positiveBuckets: Float64Array.from(draft.buckets),
    negativeBuckets: Float64Array.from(draft.negativeBuckets),
    customValues: draft.customValues && Float64Array.from(draft.customValues),
  };
}

function oneSpan(offset: number, length: number): Span[] {
  return length > 0 ? [{ offset, length }] : [];
}

export type Combined =
  | { readonly kind: "ok"; readonly histograms: readonly Histogram[] }
  | { readonly kind: "error"; readonly message: string };

/** `first`, then `count` more, each the one before it plus or minus `step`. */
export function combineRepeatedly(
  first: Histogram,
  sign: "+" | "-",
  step: Histogram,
  count: number,
): Combined {
  const histograms = [first];
  for (let i = 0; i < count; i++) {
    const current = histograms[i];
    if (current.schema > step.schema) {
      return { kind: "error", message: `cannot merge from schema ${step.schema} to ${current.schema}` };
    }
    const result = sign === "+" ? addHistograms(current, step) : subHistograms(current, step);
    if (result.kind === "incompatible") {
      return { kind: "error", message: "cannot combine histograms with custom and with exponential buckets" };
    }
    histograms.push(result.histogram);
  }
  return { kind: "ok", histograms };
}
