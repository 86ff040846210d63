import { METRIC_NAME } from "../model/labels.ts";
import type { Matcher } from "../model/matcher.ts";
import type { ProbeStatus } from "../model/probe_status.ts";
import { type Expr, selectorsOf } from "../query/mod.ts";

/** Metrics that carry no `probe` label, or no probe's name: a selector of one of these names no probe. */
const NOT_OF_PROBES = /^bunny_(health|config)_/;

/** The probes that the query's selectors select, in the order of the configuration. */
export function probesOfQuery(expr: Expr, probes: readonly ProbeStatus[]): readonly ProbeStatus[] {
  const selectors = selectorsOf(expr);
  return probes.filter((probe) => selectors.some((matchers) => selects(matchers, probe)));
}

function selects(matchers: readonly Matcher[], probe: ProbeStatus): boolean {
  const name = matchers.find((matcher) => matcher.name === METRIC_NAME && matcher.kind === "=")?.value ?? "";
  if (probe.userMetrics.includes(name)) return true;
  if (NOT_OF_PROBES.test(name) || !(name === "" || name.startsWith("probe_") || name.startsWith("bunny_"))) {
    return false;
  }
  return matchers.every((matcher) => {
    if (matcher.name === METRIC_NAME) return true;
    const value = probe.labels.get(matcher.name);
    // A label that the probe does not have may be one that some of its series add (`phase`, `reason`, …).
    return value === "" ? !matcher.matches("") || matcher.matches(value) : matcher.matches(value);
  });
}
