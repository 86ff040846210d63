import { parsePromDuration } from "../../base/duration.ts";
import { parseEval } from "./parse_eval.ts";
import { Lines } from "./lines.ts";
import { parseStartOffsets, startLineSplit } from "./start_offsets.ts";
import { MAX_VALUES } from "./series_notation.ts";
import type { Command, LoadCommand, LoadedSeries, ScriptResult } from "./script.ts";

const LOAD = /^load(_with_nhcb)?\s+(\S+)$/;

/** Reads a whole script. The first problem ends it. */
export function parseScript(text: string): ScriptResult {
  const lines = new Lines(text);
  const commands: Command[] = [];
  let values = 0;
  for (let line = lines.next(); line !== undefined; line = lines.next()) {
    if (line === "") continue;
    const command = parseCommand(lines, line);
    if (command) commands.push(command);
    if (command?.kind === "load") {
      values += command.series.reduce((sum, series) => sum + series.values.length, 0);
    }
    if (values > MAX_VALUES) lines.fail(`more than ${MAX_VALUES} values in all`);
    if (lines.problem) return { kind: "error", problem: lines.problem };
  }
  return { kind: "ok", script: { commands } };
}

function parseCommand(lines: Lines, line: string): Command | undefined {
  const word = line.split(/[\t ]/, 1)[0].toLowerCase();
  if (word === "clear") return { kind: "clear", line: lines.number };
  if (word.startsWith("load")) return parseLoad(lines, line);
  if (word.startsWith("eval")) return parseEval(lines, line);
  return lines.fail(`invalid command ${JSON.stringify(word)}, expected load, clear or eval`);
}

function parseLoad(lines: Lines, head: string): LoadCommand | undefined {
  const found = LOAD.exec(head);
  if (!found) return lines.fail("invalid load command, expected load[_with_nhcb] <step>");
  const stepMs = parsePromDuration(found[2]);
  if (stepMs === undefined) {
    return lines.fail(`invalid step ${JSON.stringify(found[2])}`, head.indexOf(found[2], 4));
  }
  const number = lines.number;
  const series = new Map<string, LoadedSeries>(); // of two lines for one series the later one stands
  for (let line = lines.nextOfBlock(); line !== undefined; line = lines.nextOfBlock()) {
    const loaded = parseLoadedSeries(lines, line);
    if (!loaded) return undefined;
    series.set(loaded.labels.key, loaded);
  }
  return {
    kind: "load",
    line: number,
    stepMs,
    withNhcb: found[1] !== undefined,
    series: [...series.values()],
  };
}

/** A series line, or a line of start timestamps and the series line that must follow it. */
function parseLoadedSeries(lines: Lines, line: string): LoadedSeries | undefined {
  const split = startLineSplit(line);
  if (!split) {
    const series = lines.readSeries(line);
    return series && { line: lines.number, ...series, startOffsetsMs: undefined };
  }
  const owner = lines.readSeries(split.series);
  if (!owner) return undefined;
  const starts = parseStartOffsets(line, split.valuesAt);
  if (starts.kind === "error") return lines.fail(starts.problem.message, starts.problem.offset);
  const startLine = lines.number;
  const next = lines.nextOfBlock();
  if (next === undefined) return lines.failAt(startLine, "this @st line has no series line after it");
  const series = lines.readSeries(next);
  if (!series) return undefined;
  if (!series.labels.equals(owner.labels)) {
    return lines.failAt(startLine, "this @st line names another series than the line after it");
  }
  if (starts.offsetsMs.length !== series.values.length) {
    return lines.failAt(
      startLine,
      `this @st line has ${starts.offsetsMs.length} values, the series ${series.values.length}`,
    );
  }
  return { line: lines.number, ...series, startOffsetsMs: starts.offsetsMs };
}
