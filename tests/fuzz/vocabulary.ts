/** The words that random queries over the dataset are made of. */

/** A metric of the dataset. */
export interface Metric {
  readonly name: string;
  readonly shape: readonly string[];
  readonly distinct: boolean;
}

export const METRICS: readonly Metric[] = [
  { name: "gauge_a", shape: ["instance", "job"], distinct: true },
  { name: "gauge_b", shape: ["instance", "job"], distinct: true },
  { name: "sparse", shape: ["instance", "job"], distinct: true },
  { name: "flag", shape: ["instance", "job"], distinct: false },
  { name: "requests_total", shape: ["code", "instance", "job"], distinct: true },
  { name: "latency_bucket", shape: ["job", "le"], distinct: false },
  { name: "build_info", shape: ["job", "version"], distinct: false },
  { name: "odd", shape: ["job"], distinct: false },
  { name: "only", shape: [], distinct: true },
  { name: "absent_metric", shape: ["job"], distinct: true },
];

export const MATCHERS: Readonly<Record<string, readonly string[]>> = {
  job: [`job="api"`, `job!="web"`, `job=~"api|batch"`, `job=~"b.*"`, `job!~"a.+"`, `job=""`, `job=~".+"`],
  instance: [`instance="a:80"`, `instance=~"[ab]:80"`, `instance!~"b.*"`],
  code: [`code="200"`, `code=~"[45].."`, `code!="404"`],
  le: [`le="1"`, `le!="+Inf"`],
  version: [`version=~"1\\\\..*"`],
};

export const RANGES = ["1m", "90s", "2m", "5m", "7m30s", "15m"];
export const MODERN_RANGES = ["300", "1m + 30s", "2 * (90s - 1m)", "max_of(step(), 2m)", "1m ^ 1"];
export const STEPS = ["", "7s", "15s", "30s", "1m"];
export const OFFSETS = ["30s", "1m", "5m", "-1m", "-7s"];
/** With signs: one in parentheses takes an operator behind it along. */
export const MODERN_OFFSETS = ["90", "-(1m)", "+(30s * 3)", "min_of(1m, range() + 7s)", "step()"];
/** Dyadic, and all but a few values of no sample. */
export const NUMBERS = ["0", "1", "2", "-1", "0.5", "100", "-250.03125", "17.015625"];
/** Functions that anchored and smoothed ranges are made for. */
export const EXTENDED: ReadonlySet<string> = new Set(["rate", "increase", "delta"]);
export const PHIS = ["0", "0.25", "0.5", "0.9", "0.99", "1", "-1", "2"];
