import { unreachable } from "../base/errors.ts";
import { isoTime, quote } from "../base/text.ts";
import type { Labels } from "../model/labels.ts";
import { formatApiFloat, type QueryError, type QueryResult, type QueryValue } from "../query/mod.ts";

/** What one evaluation of a health query says. */
export type Finding =
  | { readonly kind: "healthy"; readonly reason: string }
  | { readonly kind: "unhealthy"; readonly reason: string }
  | { readonly kind: "no_data"; readonly reason: string }
  | { readonly kind: "error"; readonly reason: string };

/** The verdict's arithmetic: everything equals 1, and there is something. */
export function findingOf(result: QueryResult): Finding {
  return result.kind === "ok"
    ? findingOfValue(result.value)
    : { kind: "error", reason: reasonOf(result.error) };
}

function findingOfValue(value: QueryValue): Finding {
  switch (value.kind) {
    case "scalar":
      return value.value === 1
        ? { kind: "healthy", reason: "the query is 1" }
        : { kind: "unhealthy", reason: `the query is ${formatApiFloat(value.value)}` };
    case "string":
      return value.value === "1" || value.value === "1.0"
        ? { kind: "healthy", reason: `the query is "${value.value}"` }
        : { kind: "unhealthy", reason: `the query is ${quote(value.value)}` };
    case "vector":
      return ofMany(
        value.samples,
        (sample) => sample.histogram ? "a native histogram" : oneOrNot(sample.value),
      );
    case "matrix":
      return ofMany(value.series, (series) => {
        if (series.histograms?.some((histogram) => histogram)) return "a native histogram";
        const row = series.values.findIndex((each) => each !== 1);
        return row < 0
          ? undefined
          : `${formatApiFloat(series.values[row])} at ${isoTime(series.timestamps[row])}`;
      });
    default:
      return unreachable(value);
  }
}

/** `undefined`: it equals 1; else what it is instead. */
function oneOrNot(value: number): string | undefined {
  return value === 1 ? undefined : formatApiFloat(value);
}

function ofMany<Item extends { readonly labels: Labels }>(
  items: readonly Item[],
  objection: (item: Item) => string | undefined,
): Finding {
  if (items.length === 0) return { kind: "no_data", reason: "the query found no fresh data" };
  let bad = 0;
  let example = "";
  for (const item of items) {
    const what = objection(item);
    if (what === undefined) continue;
    if (bad++ === 0) example = `${item.labels.size > 0 ? item.labels : "the query"} is ${what}`;
  }
  if (bad === 0) {
    return {
      kind: "healthy",
      reason: items.length === 1 ? "the query is 1" : `all ${items.length} series are 1`,
    };
  }
  return {
    kind: "unhealthy",
    reason: items.length === 1 ? example : `${bad} of ${items.length} series are not 1, such as ${example}`,
  };
}

/** Longest error that is repeated, in UTF-16 units: it may come from another server. */
const MAX_ERROR_LENGTH = 300;

/** On one line. */
function reasonOf({ message }: QueryError): string {
  const line = message.replaceAll(/\s+/g, " ");
  return `the query failed: ${line.length > MAX_ERROR_LENGTH ? `${line.slice(0, MAX_ERROR_LENGTH)}…` : line}`;
}
