/** Requests that are in order, and cost more than others. */
export interface Load {
  readonly name: string;
  /** The whole request. */
  readonly request: Uint8Array;
}

const encoder = new TextEncoder();

function form(name: string, path: string, body: string): Load {
  const head = `POST /api/v1/${path} HTTP/1.1\r\nHost: bunny\r\n` +
    `Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${
      encoder.encode(body).length
    }\r\n\r\n`;
  return { name, request: encoder.encode(head + body) };
}

function url(name: string, path: string): Load {
  return { name, request: encoder.encode(`GET /${path} HTTP/1.1\r\nHost: bunny\r\n\r\n`) };
}

function query(name: string, text: string, path = "query"): Load {
  return form(name, path, `query=${encodeURIComponent(text)}`);
}

const MEGABYTE = 1_048_576;
const now = Math.floor(Date.now() / 1_000);

export const LOADS: readonly Load[] = [
  url("a long query string", `api/v1/query?query=1&a=${"b".repeat(9_000)}`),
  url("many parameters in the URL", `api/v1/query?${"a&".repeat(4_400)}query=1`),
  form("many parameters in a form", "query", "a=&".repeat(340_000) + "query=1"),
  form("a form of a megabyte", "query", `query=${"1".repeat(MEGABYTE - 10)}`),
  form("a form of escapes", "query", `query=${"%2B".repeat(340_000)}1`),
  form("a form past the limit", "query", `query=${"1".repeat(MEGABYTE + 1)}`),
  form("a form that is no UTF-8", "query", `query=${"%ff%fe".repeat(100_000)}`),
  query("a long sum", "1" + "+1".repeat(9_000)),
  query("a sum past the limit", "1" + "+1".repeat(49_000)),
  query("deep brackets", "(".repeat(499) + "1" + ")".repeat(499)),
  query("brackets past the limit", "(".repeat(90_000)),
  query("deep functions", "abs(".repeat(490) + "probe_success" + ")".repeat(490)),
  query("a long `or`", Array(400).fill("probe_success").join(" or ")),
  query("deep subqueries", "max_over_time(".repeat(6) + "probe_success" + "[2s:100ms])".repeat(6)),
  query(
    "many labels",
    `sum by (${Array.from({ length: 9_000 }, (_, i) => `l${i}`).join(",")}) (probe_success)`,
  ),
  query("a heavy pattern", `{__name__=~"${"[a-z_]{0,100}".repeat(9)}"}`),
  query(
    "heavy patterns",
    Array.from({ length: 90 }, (_, i) => `{__name__=~"(p|${i}[a-z]{0,20}).*"}`).join(" or "),
  ),
  query(
    "a pattern over a long text",
    `label_replace(label_replace(vector(1),"a","${"x".repeat(60_000)}","",""),"b","$1","a","(x{0,900})+y")`,
  ),
  query(
    "labels that double",
    Array.from({ length: 60 }).reduce<string>(
      (inner) => `label_join(${inner},"a","","a","a")`,
      `label_replace(vector(1),"a","x","","")`,
    ),
  ),
  query(
    "everything, formatted",
    "sum(".repeat(100) + Array(350).fill("a").join("+") + ")".repeat(100),
    "format_query",
  ),
  query(
    "everything, as a tree",
    "sum(".repeat(100) + Array(350).fill("a").join("+") + ")".repeat(100),
    "parse_query",
  ),
  form(
    "many selectors",
    "series",
    Array(100).fill(`match[]=${encodeURIComponent('{__name__=~".+"}')}`).join("&"),
  ),
  form(
    "many heavy selectors",
    "labels",
    Array.from(
      { length: 100 },
      (_, i) => `match[]=${encodeURIComponent(`{__name__=~".*(${i}|[a-z]{0,90}).+"}`)}`,
    ).join("&"),
  ),
  url("the store's facts", "api/v1/status/tsdb?limit=1000"),
  url("the scrape page", "otel-metrics"),
  url("the internals", "prom-metrics"),
  url("the probes", "api/v1/targets"),
  url("a verdict with everything", "ready?verbose"),
  url("all samples", `api/v1/query?query=${encodeURIComponent('{__name__=~".+"}[1h]')}`),
  url(
    "11,000 steps",
    `api/v1/query_range?query=${encodeURIComponent('{__name__=~".+"}')}&start=${
      now - 1100
    }&end=${now}&step=0.1`,
  ),
];
