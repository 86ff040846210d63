import { quote } from "../base/text.ts";
import { INSTRUMENTS } from "../model/instruments.ts";
import { METRIC_NAME } from "../model/labels.ts";
import {
  describePosition,
  type Expr,
  parseExpr,
  type PositionRange,
  selectorsOf,
  verdictTypeOf,
} from "../query/mod.ts";
import { didYouMean } from "./guess.ts";
import type { Finding } from "./leaf.ts";

/** Refuses a health query that does not parse, or whose type can be no verdict. The index is into the query. */
export function checkQuery(query: string, kind: "instant" | "range"): Finding | undefined {
  const parsed = parseExpr(query);
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
  return { message: `PromQL${place}: ${reason}`, index: position.start };
}

/** What a configuration's own queries can select. */
export interface Selectable {
  readonly probes: ReadonlySet<string>;
  readonly metrics: ReadonlySet<string>;
}

/** Metrics that are kept in the store whatever is configured. Histograms are for scraping and pushing alone. */
export function builtInMetrics(): string[] {
  return Object.values(INSTRUMENTS).filter(({ kind }) => kind !== "histogram").map(({ name }) => name);
}

/** Remarks on selectors that can find nothing: a probe or a metric that nobody makes. The query is a good one. */
export function remarks(query: string, { probes, metrics }: Selectable): Finding[] {
  const parsed = parseExpr(query);
  return parsed.kind === "ok" ? remarksOn(parsed.expr, query, probes, metrics) : [];
}

function remarksOn(
  expr: Expr,
  query: string,
  probes: ReadonlySet<string>,
  metrics: ReadonlySet<string>,
): Finding[] {
  const findings: Finding[] = [];
  const say = (value: string, message: string) =>
    findings.push({ message, index: Math.max(0, query.indexOf(value)) });
  for (const { kind, name, value, literals } of selectorsOf(expr).flat()) {
    const isPositive = kind === "=" || kind === "=~";
    for (const wanted of isPositive ? literals ?? [] : []) {
      if (name === "probe" && wanted !== "" && !probes.has(wanted)) {
        say(value, `no probe is named ${quote(wanted)}${didYouMean(wanted, probes)}`);
      }
      if (name === METRIC_NAME && wanted !== "" && !metrics.has(wanted)) {
        say(value, `nothing here makes the metric ${quote(wanted)}${didYouMean(wanted, metrics)}`);
      }
    }
  }
  return findings;
}
