import type { Steps } from "../base/steps.ts";
import { quote } from "../base/text.ts";
import { INSTRUMENTS } from "../model/instruments.ts";
import { METRIC_NAME } from "../model/labels.ts";
import { REASONS, SKIP_REASONS } from "../model/probe_result.ts";
import {
  describePosition,
  type Expr,
  functionNames,
  leavesOne,
  parseExprInSteps,
  type PositionRange,
  selectorsOf,
  verdictTypeOf,
} from "../query/mod.ts";
import { didYouMean } from "./guess.ts";
import type { Finding } from "./leaf.ts";

/** Refuses a health query that does not parse, or whose type can be no verdict. The index is into the query. */
export function* checkQuery(query: string, kind: "instant" | "range"): Steps<Finding | undefined> {
  const parsed = yield* parseExprInSteps(query);
  if (parsed.kind === "error") {
    const [{ reason, position }] = parsed.errors;
    return inQuery(query, reason, position);
  }
  const verdict = verdictTypeOf(parsed.expr, kind);
  if (verdict.kind === "ok") return undefined;
  return inQuery(query, verdict.reason, verdict.position);
}

/** Line and column are the query's own; the file's stand before the message. */
function inQuery(query: string, reason: string, position: PositionRange): Finding {
  const place = query === "" ? "" : ` at ${describePosition(query, position)}`;
  return { message: `PromQL${place}: ${reason}${hintFor(reason)}`, index: position.start };
}

/** What the words of Prometheus leave unsaid. */
function hintFor(reason: string): string {
  const unknown = /^unknown function with name "(\w+)"$/.exec(reason)?.[1];
  if (unknown !== undefined) return didYouMean(unknown, functionNames());
  const wantsWindow = /^expected type range vector in call to .*, got instant vector$/.test(reason);
  return wantsWindow ? "; give it a window, such as [10s]" : "";
}

/**
 * The regular expressions that a query seems to match labels with, escapes and all, found without reading it: to know
 * beforehand what reading it will take.
 */
export function patternsIn(query: string): string[] {
  const found = query.matchAll(/[=!]~\s*(?:"((?:[^"\\]|\\.)*)|'((?:[^'\\]|\\.)*)|`([^`]*))/gs);
  return [...found].map(([, double, single, raw]) => double ?? single ?? raw);
}

/** What a configuration's own queries can select. */
export interface Selectable {
  readonly probes: ReadonlySet<string>;
  readonly metrics: ReadonlySet<string>;
  /** Guesses that may still be made: each compares a name with all others. */
  guessesLeft: number;
}

/** Metrics that are kept in the store whatever is configured. Histograms are for scraping and pushing alone. */
export function builtInMetrics(): string[] {
  return Object.values(INSTRUMENTS).filter(({ kind }) => kind !== "histogram").map(({ name }) => name);
}

/** Values of the label `reason`, which only Bunny sets. */
const KNOWN_REASONS: ReadonlySet<string> = new Set([...REASONS, ...SKIP_REASONS]);

/**
 * Remarks on a query, a good one, that is asked of Bunny's own samples: on selectors that can find nothing, and on what is
 * healthy against all appearances where an empty result is.
 */
export function* remarks(
  query: string,
  selectable: Selectable,
  whenEmpty: "healthy" | "unhealthy",
): Steps<Finding[]> {
  const parsed = yield* parseExprInSteps(query);
  if (parsed.kind === "error") return [];
  const findings = remarksOnSelectors(parsed.expr, query, selectable);
  if (whenEmpty === "healthy" && leavesOne(parsed.expr)) {
    findings.push({
      message: "what this finds is healthy where its value is 1, whatever whenEmpty says: " +
        "put it in brackets and add * 0",
      index: 0,
    });
  }
  return findings;
}

function remarksOnSelectors(expr: Expr, query: string, selectable: Selectable): Finding[] {
  const { probes, metrics } = selectable;
  const findings: Finding[] = [];
  const say = (value: string, message: string, known: ReadonlySet<string>) => {
    const hint = selectable.guessesLeft-- > 0 ? withoutPrefix(value, known) ?? didYouMean(value, known) : "";
    findings.push({ message: `${message} ${quote(value)}${hint}`, index: Math.max(0, query.indexOf(value)) });
  };
  for (const { kind, name, literals } of selectorsOf(expr).flat()) {
    const isPositive = kind === "=" || kind === "=~";
    for (const wanted of isPositive ? literals ?? [] : []) {
      if (name === "probe" && wanted !== "" && !probes.has(wanted)) say(wanted, "no probe is named", probes);
      if (name === METRIC_NAME && wanted !== "" && !metrics.has(wanted)) {
        say(wanted, "nothing here makes the metric", metrics);
      }
      if (name === "reason" && wanted !== "" && !KNOWN_REASONS.has(wanted)) {
        say(wanted, "no reason is called", KNOWN_REASONS);
      }
    }
  }
  return findings;
}

/** The original put `otel_` and `prom_` before the names of its users' metrics, and units behind them. */
function withoutPrefix(name: string, known: ReadonlySet<string>): string | undefined {
  const [, own] = /^(?:otel|prom)_(.+?)(?:_total|_milliseconds)?$/.exec(name) ?? [];
  return known.has(own) ? `: it is ${quote(own)} here, without what the original put around it` : undefined;
}
