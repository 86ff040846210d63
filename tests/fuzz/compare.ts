import type { Answer, AnswerSeries } from "./prometheus.ts";

/** Values may differ by so much of themselves: what other sums and other mathematical libraries make of it. */
const RELATIVE_TOLERANCE = 1e-8;
/** Or by so much at all: what is left where large numbers cancel. */
const ABSOLUTE_TOLERANCE = 1e-6;

/** What differs between two answers, in one sentence; undefined if nothing that matters does. */
export function difference(ours: Answer, theirs: Answer): string | undefined {
  if (ours.kind === "error" || theirs.kind === "error") {
    if (ours.kind === theirs.kind) return undefined;
    return ours.kind === "error"
      ? `we fail: ${ours.message}`
      : `they fail: ${(theirs as { message: string }).message}`;
  }
  if (ours.type !== theirs.type) return `type ${ours.type} for ${theirs.type}`;
  const wanted = new Map(theirs.series.map((series) => [keyOf(series), series]));
  for (const series of ours.series) {
    const key = keyOf(series);
    const other = wanted.get(key);
    if (!other) return `a series too many: ${key} ${series.values.slice(0, 3)}`;
    wanted.delete(key);
    const found = seriesDifference(series, other);
    if (found) return `${key}: ${found}`;
  }
  for (const [key, { values }] of wanted) return `a series is missing: ${key} ${values.slice(0, 3)}`;
  return undefined;
}

function keyOf({ labels }: AnswerSeries): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => a < b ? -1 : 1));
}

function seriesDifference(ours: AnswerSeries, theirs: AnswerSeries): string | undefined {
  for (let row = 0; row < Math.max(ours.values.length, theirs.values.length); row++) {
    const [a, b] = [ours.timestampsMs[row], theirs.timestampsMs[row]];
    if (a !== b) return `row ${row} is at ${a} for ${b}`;
    if (!isClose(ours.values[row], theirs.values[row])) {
      return `at ${a} it is ${ours.values[row]} for ${theirs.values[row]}`;
    }
  }
  return undefined;
}

function isClose(a: string, b: string): boolean {
  if (a === b) return true;
  const [x, y] = [toNumber(a), toNumber(b)];
  if (x === undefined || y === undefined || !Number.isFinite(x) || !Number.isFinite(y)) return false;
  return Math.abs(x - y) <=
    Math.max(ABSOLUTE_TOLERANCE, RELATIVE_TOLERANCE * Math.max(Math.abs(x), Math.abs(y)));
}

function toNumber(text: string): number | undefined {
  const value = Number(text);
  return Number.isNaN(value) ? undefined : value;
}
