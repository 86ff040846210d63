import type { Regex } from "../../base/regex.ts";
import type { Labels } from "../../model/labels.ts";
import type { SequenceValue } from "./series_notation.ts";

/**
 * PromQL test scripts: what Prometheus tests its own query engine with (promql/promqltest). A script is a list of
 * commands: `load` adds samples, `clear` drops all, `eval` runs a query and says what must come out.
 * All times are ms from the script's base time.
 */
export interface Script {
  readonly commands: readonly Command[];
}

export type Command = LoadCommand | ClearCommand | EvalCommand;

export interface ClearCommand {
  readonly kind: "clear";
  readonly line: number;
}

export interface LoadCommand {
  readonly kind: "load";
  readonly line: number;
  /** Time between two values of a series. */
  readonly stepMs: number;
  /** Whether classic histograms are loaded as native ones with custom buckets too. */
  readonly withNhcb: boolean;
  readonly series: readonly LoadedSeries[];
}

export interface LoadedSeries {
  readonly line: number;
  readonly labels: Labels;
  /** Value i is at i steps. */
  readonly values: readonly SequenceValue[];
  /** Start timestamps, index-aligned with `values`, as ms from the sample's own time; undefined: not known. */
  readonly startOffsetsMs: readonly (number | undefined)[] | undefined;
}

/** When an eval's query runs. */
export type EvalTime =
  | { readonly kind: "instant"; readonly atMs: number }
  | { readonly kind: "range"; readonly range: TimeRange };

export interface TimeRange {
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
}

export interface EvalCommand {
  readonly kind: "eval";
  readonly line: number;
  readonly query: string;
  readonly time: EvalTime;
  readonly expect: Expectation;
}

export interface Expectation {
  readonly ordered: boolean;
  /** The query must fail, with an error that this allows. */
  readonly fail: TextMatch | undefined;
  /** Every annotation must be allowed by one of these and each of these must meet one; empty: no matter. */
  readonly warn: readonly TextMatch[];
  readonly info: readonly TextMatch[];
  readonly noWarn: boolean;
  readonly noInfo: boolean;
  readonly result: ExpectedResult;
}

/** How a message must look. */
export type TextMatch =
  | { readonly kind: "any" }
  | { readonly kind: "message"; readonly text: string }
  | { readonly kind: "regex"; readonly regex: Regex };

export type ExpectedResult =
  | { readonly kind: "scalar"; readonly value: number }
  | { readonly kind: "string"; readonly value: string }
  | {
    readonly kind: "series";
    /** By `Labels.key`. */
    readonly series: ReadonlyMap<string, ExpectedSeries>;
    /** Times of the values, where an instant query answers with a range vector. */
    readonly range: TimeRange | undefined;
  };

export interface ExpectedSeries {
  /** Which of the series lines this is, from 1. */
  readonly place: number;
  readonly labels: Labels;
  readonly values: readonly SequenceValue[];
}

/** What is wrong with a script; line and column count from 1. */
export interface ScriptProblem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export type ScriptResult =
  | { readonly kind: "ok"; readonly script: Script }
  | { readonly kind: "error"; readonly problem: ScriptProblem };
