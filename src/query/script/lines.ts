import { parseSeries, type SeriesNotation } from "./series_notation.ts";
import type { ScriptProblem } from "./script.ts";

/** Longest line of a script, in UTF-16 units. */
const MAX_LINE_LENGTH = 100_000;

/** A script's lines, trimmed and without comments, one after another. The first problem sticks. */
export class Lines {
  problem: ScriptProblem | undefined;
  /** Of the line read last, from 1; 0 before the first. */
  number = 0;
  readonly #raw: readonly string[];

  constructor(text: string) {
    this.#raw = text.split("\n");
  }

  /** The next line, "" where it is empty or a comment; undefined at the end or after a problem. */
  next(): string | undefined {
    if (this.problem || this.number >= this.#raw.length) return undefined;
    this.number++;
    const raw = this.#raw[this.number - 1];
    if (raw.length > MAX_LINE_LENGTH) return this.fail(`line is longer than ${MAX_LINE_LENGTH} characters`);
    const line = raw.trim();
    return line.startsWith("#") ? "" : line;
  }

  /** The next line of the block that an empty line ends; undefined at its end. */
  nextOfBlock(): string | undefined {
    const line = this.next();
    return line === "" ? undefined : line;
  }

  /** Notes a problem in the line read last, `offset` characters into its trimmed text. */
  fail(message: string, offset = 0): undefined {
    return this.failAt(this.number, message, offset);
  }

  /** Notes a problem in an earlier line. */
  failAt(number: number, message: string, offset = 0): undefined {
    const indent = this.#raw[number - 1].match(/^\s*/)?.[0].length ?? 0;
    this.problem ??= { line: number, column: indent + offset + 1, message };
    return undefined;
  }

  /** Reads a series from a line, or notes what is wrong with it. */
  readSeries(line: string): SeriesNotation | undefined {
    const result = parseSeries(line);
    if (result.kind === "ok") return result.series;
    return this.fail(result.problem.message, result.problem.offset);
  }
}
