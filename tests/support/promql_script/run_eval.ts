import type { Queryable } from "../../../src/model/store.ts";
import type { MatrixSeries, QueryResult, VectorSample } from "../../../src/query/value.ts";
import { allows, checkAnnotations, describeMatch } from "./check_annotations.ts";
import { checkSorted, compareValue } from "./compare.ts";
import { pinTime } from "./pin_time.ts";
import type { ScriptSetup } from "./runner.ts";
import type { EvalCommand, TimeRange } from "../../../src/query/script/script.ts";

const MINUTE_MS = 60_000;

/** Calls that a query answers differently when it runs over another range. */
const OWN_RANGE = /(?:start|end|range|step)\(\)/;

/** Runs an eval in all the ways it must hold. @returns what was expected and what came, where they differ */
export async function runEval(
  command: EvalCommand,
  store: Queryable,
  setup: ScriptSetup,
): Promise<string | undefined> {
  const parsed = setup.language.parse(command.query);
  if (parsed.kind === "error") return `the query does not parse: ${parsed.message}`;
  if (command.time.kind === "range") return await runRange(command, command.time.range, store, setup);
  const { atMs } = command.time;
  const reason = await runInstant(command, command.query, atMs, store, setup);
  if (reason !== undefined) return reason;
  const pinned = pinTime(parsed.expr, atMs);
  if (!pinned) return undefined;
  const query = setup.language.print(pinned);
  for (const otherMs of otherTimes(atMs)) {
    const reason = await runInstant(command, query, otherMs, store, setup);
    if (reason !== undefined) return `as ${query} at ${otherMs} ms: ${reason}`;
  }
}

/** Evaluation times at which a query pinned to `atMs` must have the same value. */
function otherTimes(atMs: number): number[] {
  return atMs === 0 ? [-1_000, 0, 1_000] : [-10 * atMs, 0, Math.trunc(atMs / 5), atMs, 10 * atMs];
}

async function runRange(
  command: EvalCommand,
  range: TimeRange,
  store: Queryable,
  { engine }: ScriptSetup,
): Promise<string | undefined> {
  const result = await engine.range(store, command.query, range.startMs, range.endMs, range.stepMs);
  return checkResult(command, command.query, result, range);
}

/** Runs a query at one time and, where that makes sense, once more as the middle of three steps. */
async function runInstant(
  command: EvalCommand,
  query: string,
  atMs: number,
  store: Queryable,
  { engine }: ScriptSetup,
): Promise<string | undefined> {
  const result = await engine.instant(store, query, atMs);
  const { expect } = command;
  const reason = checkResult(command, query, result, { startMs: atMs, endMs: atMs, stepMs: MINUTE_MS });
  if (reason !== undefined || result.kind === "error") return reason;
  const hasOwnTimes = expect.result.kind === "string" ||
    (expect.result.kind === "series" && expect.result.range !== undefined);
  if (hasOwnTimes || OWN_RANGE.test(query)) return undefined;
  const ranged = await engine.range(store, query, atMs - MINUTE_MS, atMs + MINUTE_MS, MINUTE_MS);
  const inRange = compareMiddle(command, result.value.kind === "scalar", ranged, atMs);
  return inRange && `as a range query: ${inRange}`;
}

function checkResult(
  { expect }: EvalCommand,
  query: string,
  result: QueryResult,
  range: TimeRange,
): string | undefined {
  if (result.kind === "error") {
    const { message } = result.error;
    if (!expect.fail) return `expected a result, got the error ${JSON.stringify(message)}`;
    if (allows(expect.fail, message)) return undefined;
    return `expected an error ${describeMatch(expect.fail)}, got ${JSON.stringify(message)}`;
  }
  if (expect.fail) return `expected an error ${describeMatch(expect.fail)}, got a result`;
  return checkAnnotations(expect, query, result.annotations) ?? compareValue(expect, result.value, range);
}

/** Compares the middle step of a range query with what the instant query must give. */
function compareMiddle(
  { expect }: EvalCommand,
  isScalar: boolean,
  result: QueryResult,
  atMs: number,
): string | undefined {
  if (result.kind === "error") return `got the error ${JSON.stringify(result.error.message)}`;
  if (expect.ordered) return undefined; // range queries are always in the order of labels
  if (result.value.kind !== "matrix") return `expected a matrix, got a ${result.value.kind}`;
  const unsorted = checkSorted(result.value.series);
  if (unsorted) return unsorted;
  const samples = result.value.series.flatMap((series) => sampleAt(series, atMs));
  const range = { startMs: atMs, endMs: atMs, stepMs: MINUTE_MS };
  if (!isScalar) return compareValue(expect, { kind: "vector", samples }, range);
  if (samples.length !== 1) return `expected a scalar, got ${samples.length} series`;
  return compareValue(expect, { kind: "scalar", timestampMs: atMs, value: samples[0].value }, range);
}

function sampleAt(series: MatrixSeries, atMs: number): VectorSample[] {
  const row = series.timestamps.indexOf(atMs);
  if (row < 0) return [];
  const { labels, values, histograms } = series;
  return [{ labels, timestampMs: atMs, value: values[row], histogram: histograms?.[row] }];
}
