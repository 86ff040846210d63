/** Where Prometheus answers otherwise than we mean to. */
export interface KnownDifference {
  readonly name: string;
  readonly reason: string;
  /** Version from which on Prometheus answers as we do; undefined: it does not yet in 3.16. */
  readonly until?: readonly [major: number, minor: number];
  /**
   * Whether it explains what was found: how the answers to a query differ, as `difference` puts it. Without this the
   * fuzzer makes no data and no query that could meet it.
   */
  readonly explains?: (query: string, found: string) => boolean;
}

/** A counter's rate over anything but the plain range of a metric that is one. */
const ODD_RATE = /\b(?:rate|increase)\((?!(?:requests_total|latency_bucket|build_info|only|absent_metric)\b)/;

const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    name: "closed ranges",
    reason:
      "ranges and the lookback took in a sample exactly at their start; the data has none at such a time",
    until: [3, 0],
  },
  {
    name: "extrapolation to zero",
    reason:
      "whether a counter could have been zero within the range was asked before the gap at its start was " +
      "found too long to fill; the data's counters are far from zero, gauges are not",
    until: [2, 51],
    explains: (query, found) => ODD_RATE.test(query) && / it is /.test(found),
  },
  {
    name: "ranges with @ at every step",
    reason:
      "predict_linear over a range with @ saw, from a range query's second step on, samples of a neighbour",
    until: [2, 51],
    explains: (query) => /predict_linear\(.* @ /.test(query),
  },
  {
    name: "names after atan2",
    reason: "atan2 kept the metric name, other than every other arithmetic operator",
    until: [3, 0],
    explains: (query, found) => query.includes("atan2") && !found.includes(" it is "),
  },
  {
    name: "filters that match twice",
    reason: "a one-to-one comparison minded several matches only among the elements that it let through",
    until: [3, 0],
    explains: (_, found) => found.startsWith("we fail: multiple matches for labels"),
  },
  {
    name: "deviation of one infinity",
    reason: "stddev and stdvar of a single NaN or infinity were 0",
    until: [3, 0],
    explains: (query, found) => /\bstd(?:dev|var)\b/.test(query) && / it is NaN for \S+$/.test(found),
  },
  {
    name: "variance of large values",
    reason: "it was computed without compensation, and lost digits where values differ little for their size",
    until: [3, 0],
    explains: (query, found) => /\bstd(?:dev|var)/.test(query) && isWithin(found, 1e-5),
  },
  {
    name: "sums of negative zeros",
    reason: "they are zero since sums carry a compensation, and were negative zero, which count_values shows",
    until: [3, 0],
    explains: (query, found) => query.includes("count_values") && /"-?0"/.test(found),
  },
  {
    name: "almost infinite",
    reason: "Go's exp is at infinity a little early on some processors, and with it what is computed by it",
    explains: (_, found) => /e\+30[78] for [+-]?Inf$/.test(found),
  },
  {
    name: "names dropped late",
    reason:
      "we do as with the feature promql-delayed-name-removal, which Prometheus' own tests ask for: series that " +
      "only their name tells apart are no error before the end of a query",
    explains: (_, found) =>
      found.startsWith("they fail: vector cannot contain metrics with the same labelset"),
  },
  {
    name: "predict_linear of subqueries with @",
    reason: "3.14 found no samples in them",
    until: [3, 15],
    explains: (query, found) =>
      /predict_linear\(.*\]( offset \S+)? @ /.test(query) && found.includes("too many"),
  },
  {
    name: "timestamp with @ and offset",
    reason: "timestamp() of a selector that has both forgot the offset",
    until: [3, 15],
    explains: (query) => /\btimestamp\([^()]* offset \S+ @/.test(query),
  },
  {
    name: "dates of NaN",
    reason:
      "minute() and its like turn NaN and infinities into what the processor makes of them as integers; no such " +
      "values are made dates of",
  },
  {
    name: "ties",
    reason:
      "which of several equal values topk takes, and how sort orders them, is not defined; none are made",
  },
];

/** Whether two numbers of which one came for the other are so close, relative to their size. */
function isWithin(found: string, tolerance: number): boolean {
  const [, ours, theirs] = / it is (\S+) for (\S+)$/.exec(found) ?? [];
  const [a, b] = [Number(ours), Number(theirs)];
  return Math.abs(a - b) <= tolerance * Math.max(Math.abs(a), Math.abs(b));
}

/** Why an answer of some version, "2.42.0+ds", may differ from ours as it was found to. */
export function excuseFor(query: string, found: string, version: string): KnownDifference | undefined {
  const [major, minor] = version.split(".").map(Number);
  const isOlder = ([untilMajor, untilMinor]: readonly [number, number]) =>
    major < untilMajor || (major === untilMajor && minor < untilMinor);
  return KNOWN_DIFFERENCES.find(({ until, explains }) =>
    (until === undefined || isOlder(until)) && explains?.(query, found)
  );
}
