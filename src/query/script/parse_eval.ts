import { parsePromDuration } from "../../base/duration.ts";
import { compileRegex } from "../../base/regex.ts";
import { Cursor } from "./cursor.ts";
import type { Lines } from "./lines.ts";
import { parseNumber } from "./numbers.ts";
import { readQuoted } from "./quoted.ts";
import type { EvalCommand, EvalTime, Expectation, ExpectedSeries, TextMatch, TimeRange } from "./script.ts";

const INSTANT = /^eval(?:_(fail|warn|ordered|info))?\s+instant\s+at\s+(\S+)\s+(.+)$/;
const RANGE = /^eval(?:_(fail|warn|info))?\s+range\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)\s+(.+)$/;
const EXPECT = /^expect\s+(ordered|fail|warn|no_warn|info|no_info)(?:\s+(regex|msg):(.+))?$/;
const RANGE_VECTOR = /^expect range vector\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)$/;

const ANY: TextMatch = { kind: "any" };

/** What an eval's lines have said so far. */
interface Draft {
  ordered: boolean;
  fail: TextMatch | undefined;
  warn: TextMatch[];
  info: TextMatch[];
  noWarn: boolean;
  noInfo: boolean;
  scalar: number | undefined;
  string: string | undefined;
  range: TimeRange | undefined;
  series: Map<string, ExpectedSeries>;
  /** Series lines read. */
  places: number;
}

/** Reads an eval command and the expectations below it. */
export function parseEval(lines: Lines, head: string): EvalCommand | undefined {
  const start = parseHead(lines, head);
  if (!start) return undefined;
  const line = lines.number;
  const draft: Draft = {
    ordered: start.modifier === "ordered",
    fail: start.modifier === "fail" ? ANY : undefined,
    warn: start.modifier === "warn" ? [ANY] : [],
    info: start.modifier === "info" ? [ANY] : [],
    noWarn: false,
    noInfo: false,
    scalar: undefined,
    string: undefined,
    range: undefined,
    series: new Map(),
    places: 0,
  };
  let goesOn = true;
  while (goesOn) {
    const next = lines.nextOfBlock();
    goesOn = next !== undefined && readExpectation(lines, next, draft, start.time);
  }
  if (lines.problem) return undefined;
  return { kind: "eval", line, query: start.query, time: start.time, expect: finish(draft) };
}

function parseHead(
  lines: Lines,
  head: string,
): { query: string; time: EvalTime; modifier: string | undefined } | undefined {
  const instant = INSTANT.exec(head);
  if (instant) {
    const atMs = readDuration(lines, head, instant[2]);
    return atMs === undefined
      ? undefined
      : { query: instant[3], time: { kind: "instant", atMs }, modifier: instant[1] };
  }
  const ranged = RANGE.exec(head);
  if (ranged) {
    const range = readRange(lines, head, ranged[2], ranged[3], ranged[4]);
    return range && { query: ranged[5], time: { kind: "range", range }, modifier: ranged[1] };
  }
  return lines.fail(
    "invalid eval command, expected eval instant at <time> <query>, or eval range from <start> to <end> step <step> <query>",
  );
}

/** Reads one line below an eval. @returns whether more may follow */
function readExpectation(lines: Lines, line: string, draft: Draft, time: EvalTime): boolean {
  if (draft.fail && line.startsWith("expected_fail_")) return readOldFailure(lines, line, draft);
  if (line.startsWith("expect range vector")) {
    const found = RANGE_VECTOR.exec(line);
    if (found) draft.range = readRange(lines, line, found[1], found[2], found[3]);
    else lines.fail("invalid range vector, expected: expect range vector from <start> to <end> step <step>");
    return true;
  }
  if (line.startsWith("expect string")) {
    const cursor = new Cursor(line, "expect string".length);
    cursor.skipSpace();
    if (cursor.peek() === "'") cursor.unexpected("expect string", 'a string in " or `');
    draft.string = readQuoted(cursor, "expect string");
    if (!cursor.done) cursor.unexpected("expect string", "end of line");
    if (cursor.problem) lines.fail(cursor.problem.message, cursor.problem.offset);
    return true;
  }
  if (/^expect(?: |$)/.test(line)) return readExpect(lines, line, draft);
  const scalar = parseNumber(line);
  if (scalar !== undefined) {
    draft.scalar = scalar;
    return false; // nothing can follow a scalar
  }
  return readExpectedSeries(lines, line, draft, time);
}

function readExpectedSeries(lines: Lines, line: string, draft: Draft, time: EvalTime): boolean {
  const series = lines.readSeries(line);
  if (!series) return false;
  if (series.values.length > 1 && time.kind === "instant" && !draft.range) {
    lines.fail(
      "an instant query gives one value a series; say `expect range vector` where it gives a range vector",
    );
  }
  draft.scalar = undefined;
  draft.places++;
  draft.series.set(series.labels.key, { place: draft.places, ...series });
  return true;
}

function readExpect(lines: Lines, line: string, draft: Draft): boolean {
  const found = EXPECT.exec(line);
  if (!found) {
    lines.fail(
      "invalid expect line, must be expect <ordered|fail|warn|no_warn|info|no_info> [msg:|regex:<text>]",
    );
    return false;
  }
  const match = readMatch(lines, found[2], found[3]);
  if (!match) return false;
  switch (found[1]) {
    case "ordered":
      draft.ordered = true;
      break;
    case "fail":
      if (draft.fail && draft.fail !== ANY) lines.fail("only one expect fail line is allowed");
      draft.fail = match;
      break;
    case "warn":
      draft.warn.push(match);
      break;
    case "info":
      draft.info.push(match);
      break;
    case "no_warn":
      draft.noWarn = true;
      break;
    case "no_info":
      draft.noInfo = true;
  }
  if (draft.noWarn && draft.warn.length > 0) lines.fail("warn and no_warn contradict each other");
  if (draft.noInfo && draft.info.length > 0) lines.fail("info and no_info contradict each other");
  return true;
}

/** The deprecated lines below eval_fail. */
function readOldFailure(lines: Lines, line: string, draft: Draft): boolean {
  const found = /^expected_fail_(message|regexp)\s*(.*)$/.exec(line);
  if (!found) {
    lines.fail("expected expected_fail_message or expected_fail_regexp");
    return false;
  }
  draft.fail = readMatch(lines, found[1] === "message" ? "msg" : "regex", found[2]);
  return false;
}

function readMatch(lines: Lines, kind: string | undefined, text: string | undefined): TextMatch | undefined {
  if (kind === undefined || text === undefined) return ANY;
  if (kind === "msg") return { kind: "message", text: text.trim() };
  const compiled = compileRegex(text.trim());
  if (compiled.kind === "ok") return { kind: "regex", regex: compiled.regex };
  return lines.fail(`invalid regex: ${compiled.message}`);
}

function readRange(
  lines: Lines,
  line: string,
  from: string,
  to: string,
  step: string,
): TimeRange | undefined {
  const startMs = readDuration(lines, line, from);
  const endMs = readDuration(lines, line, to);
  const stepMs = readDuration(lines, line, step);
  if (startMs === undefined || endMs === undefined || stepMs === undefined) return undefined;
  if (endMs < startMs) return lines.fail(`the end (${to}) is before the start (${from})`);
  return { startMs, endMs, stepMs };
}

function readDuration(lines: Lines, line: string, text: string): number | undefined {
  const durationMs = parsePromDuration(text);
  if (durationMs !== undefined) return durationMs;
  return lines.fail(`invalid duration ${JSON.stringify(text)}`, line.indexOf(text));
}

function finish(draft: Draft): Expectation {
  const { ordered, fail, warn, info, noWarn, noInfo } = draft;
  const common = { ordered, fail, warn, info, noWarn, noInfo };
  if (draft.string !== undefined) return { ...common, result: { kind: "string", value: draft.string } };
  if (draft.scalar !== undefined) return { ...common, result: { kind: "scalar", value: draft.scalar } };
  return { ...common, result: { kind: "series", series: draft.series, range: draft.range } };
}
