import assert from "node:assert/strict";
import { type ApiRig, apiRig, NOW } from "./api_rig.ts";

const END = NOW;
const START = NOW - 30;

interface Case {
  name: string;
  path: string;
  /** Sent as a POST form. */
  form?: Record<string, string>;
  status?: number;
  /** Members of the answer that must be there, deeply equal. */
  want: Record<string, unknown>;
}

const bad = (error: string) => ({ status: "error", errorType: "bad_data", error });
const vector = (...result: unknown[]) => ({ status: "success", data: { resultType: "vector", result } });

const cases: Case[] = [
  {
    name: "an instant query of now",
    path: 'query?query=up{job="api"}',
    want: vector({ metric: { __name__: "up", job: "api" }, value: [NOW, "1"] }),
  },
  {
    name: "bytes that are no UTF-8",
    path: `query?query=label_replace(up{job="api"},"job","\\xff","","")`,
    want: vector({ metric: { __name__: "up", job: "\ufffd" }, value: [NOW, "1"] }),
  },
  {
    name: "a string of bytes that are no UTF-8",
    path: `query?query="a\\xff"`,
    want: { status: "success", data: { resultType: "string", result: [NOW, "a\ufffd"] } },
  },
  {
    name: "an instant query of then, in RFC 3339",
    path: "query?query=sum(requests_total)&time=2023-11-14T22:13:30Z",
    want: vector({ metric: {}, value: [1_700_000_010, "11"] }),
  },
  {
    name: "an instant query as a form",
    path: "query",
    form: { query: "1 + 1", time: "5.5" },
    want: { status: "success", data: { resultType: "scalar", result: [5.5, "2"] } },
  },
  {
    name: "a string",
    path: 'query?query="a"&time=1',
    want: { status: "success", data: { resultType: "string", result: [1, "a"] } },
  },
  {
    name: "numbers that JSON has no words for",
    path: "query?query=-1/0&time=1",
    want: { status: "success", data: { resultType: "scalar", result: [1, "-Inf"] } },
  },
  {
    name: "a matrix",
    path: 'query?query=up{job="db"}[15s]',
    want: {
      status: "success",
      data: {
        resultType: "matrix",
        result: [{ metric: { __name__: "up", job: "db" }, values: [[NOW - 10, "0"], [NOW, "0"]] }],
      },
    },
  },
  {
    name: "a native histogram",
    path: "query?query=latency",
    want: vector({
      metric: { __name__: "latency", job: "api" },
      histogram: [NOW, {
        count: "4",
        sum: "5",
        buckets: [[0, "0.5", "1", "1"], [0, "1", "2", "2"], [0, "2", "4", "1"]],
      }],
    }),
  },
  {
    name: "a range query",
    path: `query_range?query=up{job="api"}&start=${START}&end=${END}&step=15`,
    want: {
      status: "success",
      data: {
        resultType: "matrix",
        result: [{
          metric: { __name__: "up", job: "api" },
          values: [[START, "1"], [START + 15, "1"], [END, "1"]],
        }],
      },
    },
  },
  ...[
    { step: "8.05", reach: 80.5, times: [0, 8.05, 16.1, 24.15, 32.2, 40.25, 48.3, 56.35, 64.4, 72.45, 80.5] },
    { step: "4.03", reach: 4.03, times: [0, 4.03] },
    { step: "0.3333", reach: 1, times: [0, 0.333, 0.666, 0.999] },
  ].map(({ step, reach, times }) => ({
    name: `a range query in steps of ${step} s`,
    path: `query_range?query=time()&start=0&end=${reach}&step=${step}`,
    want: {
      status: "success",
      data: {
        resultType: "matrix",
        result: [{ metric: {}, values: times.map((time) => [time, String(time)]) }],
      },
    },
  })),
  {
    name: "a step shorter than a millisecond",
    path: "query_range?query=time()&start=0&end=0.01&step=0.0005",
    status: 422,
    want: { status: "error", errorType: "execution", error: "the step is shorter than a millisecond" },
  },
  {
    name: "a limit, with its warning",
    path: "query?query=requests_total&limit=1",
    want: {
      ...vector({ metric: { __name__: "requests_total", code: "200", job: "api" }, value: [NOW, "600"] }),
      warnings: ["results truncated due to limit"],
    },
  },
  {
    name: "an info annotation",
    path: "query?query=rate(up[1m])",
    want: {
      infos: [
        'PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "up" (1:6)',
      ],
    },
  },
  {
    name: "a lookback that is too short",
    path: `query?query=up&time=${NOW + 20}&lookback_delta=5s`,
    want: vector(),
  },
  {
    name: "a query that does not parse",
    path: "query?query=up{",
    status: 400,
    want: bad('invalid parameter "query": 1:4: parse error: unexpected end of input inside braces'),
  },
  {
    name: "a range query of a matrix",
    path: `query_range?query=up[1m]&start=${START}&end=${END}&step=15`,
    status: 400,
    want: bad(
      'invalid parameter "query": invalid expression type "range vector" for range query, must be Scalar or instant Vector',
    ),
  },
  {
    name: "a time that is none",
    path: "query?query=up&time=noon",
    status: 400,
    want: bad(
      `invalid parameter "time": invalid time value for 'time': cannot parse "noon" to a valid timestamp`,
    ),
  },
  {
    name: "an end before its start",
    path: `query_range?query=up&start=${END}&end=${START}&step=1`,
    status: 400,
    want: bad('invalid parameter "end": end timestamp must not be before start time'),
  },
  {
    name: "a step of zero",
    path: `query_range?query=up&start=${START}&end=${END}&step=0`,
    status: 400,
    want: bad(
      'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer',
    ),
  },
  {
    name: "too many steps",
    path: `query_range?query=up&start=0&end=${END}&step=1`,
    status: 400,
    want: bad(
      "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)",
    ),
  },
  {
    name: "as many steps as are allowed, and a bit of one",
    path: `query_range?query=vector(1)%20<%200&start=${NOW}&end=${NOW + 11_000.9}&step=1`,
    want: { status: "success", data: { resultType: "matrix", result: [] } },
  },
  {
    name: "a lookback that is negative as none",
    path: 'query?query=up{job="api"}&lookback_delta=-5',
    want: vector({ metric: { __name__: "up", job: "api" }, value: [NOW, "1"] }),
  },
  {
    name: "a query that fails",
    path: "query?query=up * on() up",
    status: 422,
    want: { status: "error", errorType: "execution" },
  },
  {
    name: "a time-out",
    path: "query?query=up&timeout=banana",
    status: 400,
    want: bad('invalid parameter "timeout": cannot parse "banana" to a valid duration'),
  },
  {
    name: "formatting",
    path: "format_query?query=sum(up)by(job)",
    want: { status: "success", data: "sum by (job) (up)" },
  },
  {
    name: "a tree",
    path: "parse_query?query=1",
    want: { status: "success", data: { type: "numberLiteral", val: "1" } },
  },
  {
    name: "exemplars, of which there are none",
    path: "query_exemplars?query=up",
    want: { status: "success", data: [] },
  },
  {
    name: "series",
    path: 'series?match[]=up&match[]={code="500"}',
    want: {
      status: "success",
      data: [
        { __name__: "requests_total", code: "500", job: "api" },
        { __name__: "up", job: "api" },
        { __name__: "up", job: "db" },
      ],
    },
  },
  {
    name: "series without a selector",
    path: "series",
    status: 400,
    want: bad("no match[] parameter provided"),
  },
  {
    name: "series of everything",
    path: 'series?match[]={job=~".*"}',
    status: 400,
    want: bad('invalid parameter "match[]": match[] must contain at least one non-empty matcher'),
  },
  { name: "label names", path: "labels", want: { status: "success", data: ["__name__", "code", "job"] } },
  {
    name: "label names of some",
    path: "labels?match[]=up",
    want: { status: "success", data: ["__name__", "job"] },
  },
  { name: "label values", path: "label/job/values", want: { status: "success", data: ["api", "db"] } },
  {
    name: "label values of some, limited",
    path: 'label/__name__/values?match[]={job="api"}&limit=1',
    want: { status: "success", data: ["latency"], warnings: ["results truncated due to limit"] },
  },
  {
    name: "an escaped label name",
    path: "label/U__job/values",
    want: { status: "success", data: ["api", "db"] },
  },
  {
    name: "a limit that is none",
    path: "labels?limit=-1",
    status: 400,
    want: bad('invalid parameter "limit": limit must be non-negative'),
  },
  {
    name: "metadata of one metric",
    path: "metadata?metric=probe_success",
    want: {
      status: "success",
      data: { probe_success: [{ type: "gauge", help: "Whether the last probe succeeded.", unit: "" }] },
    },
  },
  {
    name: "metadata of an unknown metric",
    path: "metadata?metric=up",
    want: { status: "success", data: {} },
  },
  { name: "metadata with a limit of 0", path: "metadata?limit=0", want: { status: "success", data: {} } },
  {
    name: "metadata with a limit that is none",
    path: "metadata?limit=many",
    status: 400,
    want: bad("limit must be a number"),
  },
  {
    name: "metadata with a limit per metric that is none",
    path: "metadata?limit_per_metric=1.5",
    status: 400,
    want: bad("limit_per_metric must be a number"),
  },
  {
    name: "status/tsdb with a limit of 0",
    path: "status/tsdb?limit=0",
    status: 400,
    want: bad("limit must be a positive number"),
  },
  {
    name: "status/tsdb with a limit that is too large",
    path: "status/tsdb?limit=10001",
    status: 400,
    want: bad("limit must not exceed 10000"),
  },
  {
    name: "an unknown call",
    path: "nothing",
    status: 404,
    want: { status: "error", errorType: "not_found" },
  },
  { name: "flags", path: "status/flags", want: { status: "success", data: { config: "bunny.yaml" } } },
  {
    name: "the configuration",
    path: "status/config",
    want: { status: "success", data: { yaml: "egress: {}\n" } },
  },
];

for (const { name, path, form, status = 200, want } of cases) {
  Deno.test(`API answers ${name}`, async () => {
    await using rig = await apiRig();
    const { status: found, body } = await call(rig, path, form);
    assert.equal(found, status, JSON.stringify(body));
    for (const [member, value] of Object.entries(want)) {
      assert.deepEqual(body[member], value, JSON.stringify(body));
    }
  });
}

const BAD_TIMES = [
  "now",
  "2023-02-30T00:00:00Z",
  "2023-11-14T24:00:00Z",
  "2023-11-14 22:13:30Z",
  "2023-11-14T22:13:30",
  "1e400",
];
for (const time of BAD_TIMES) {
  Deno.test(`API takes ${time} for no time`, async () => {
    await using rig = await apiRig();
    const { status, body } = await call(rig, `query?query=1&time=${time}`);
    assert.equal(status, 400);
    const parse = `cannot parse ${JSON.stringify(time)} to a valid timestamp`;
    assert.equal(body.error, `invalid parameter "time": invalid time value for 'time': ${parse}`);
  });
}

const EVER = [
  ["-292273086-05-16T16:47:06Z", "292277025-08-18T07:12:54.999999999Z"],
  ["-9223309901257974", "9223309901257974"],
  ["1970-01-01T00:00:00Z", "9999-12-31T23:59:59.999+00:00"],
];
for (const [start, end] of EVER) {
  Deno.test(`API finds all from ${start} to ${end}`, async () => {
    await using rig = await apiRig();
    const { body } = await call(rig, `series?match[]=up&start=${start}&end=${end}`);
    assert.equal((body.data as unknown[]).length, 2, JSON.stringify(body));
  });
}

Deno.test("API finds no names and values of a time that has no samples", async () => {
  await using rig = await apiRig();
  for (const path of ["labels", "label/job/values"]) {
    assert.deepEqual((await call(rig, `${path}?start=0&end=10`)).body.data, [], path);
    assert.deepEqual((await call(rig, `${path}?start=9e12`)).body.data, [], path);
    assert.ok(((await call(rig, path)).body.data as unknown[]).length > 0, path);
  }
});

Deno.test("metadata tells of the configuration's own metrics too, each meaning once", async () => {
  const health = (path: string) =>
    `{ path: ${path}, instantQuery: { query: "1" }, metrics: { attempts: { enabled: true, name: asked, ` +
    `extraLabels: [ { name: of, value: ${path} } ] } } }`;
  await using rig = await apiRig(
    `ingress: { httpServer: { health: [ ${health("ready")}, ${health("live")} ] } }`,
  );
  const metadata = async (parameters: string) => {
    const { body } = await call(rig, `metadata?${parameters}`);
    return body.data as Record<string, { type: string; help: string; unit: string }[]>;
  };
  assert.deepEqual(await metadata("metric=asked"), {
    asked: [
      { type: "counter", help: "Evaluations of ready.", unit: "" },
      { type: "counter", help: "Evaluations of live.", unit: "" },
    ],
  });
  assert.equal((await metadata("metric=asked&limit_per_metric=1")).asked.length, 1);
  assert.equal((await metadata("metric=asked&limit_per_metric=0")).asked.length, 2);
  const all = await metadata("limit=-1");
  assert.equal(all.probe_success.length, 1);
  assert.equal(all.asked.length, 2);
  assert.deepEqual(Object.keys(await metadata("limit=2")), Object.keys(all).slice(0, 2));
});

Deno.test("API shows probes as targets", async () => {
  await using rig = await apiRig();
  const { body } = await call(rig, "targets");
  const [target] = (body.data as { activeTargets: Record<string, unknown>[] }).activeTargets;
  assert.equal(target.health, "down");
  assert.equal(target.lastError, "status: 503 Service Unavailable");
  assert.deepEqual(target.labels, { probe: "web", type: "http" });
});

const TARGETS: readonly (readonly [parameters: string, count: number])[] = [
  ["state=active", 1],
  ["state=ANY", 1],
  ["state=dropped", 0],
  ["state=lost", 0],
  ["scrapePool=http", 1],
  ["scrapePool=tcp", 0],
];
for (const [parameters, count] of TARGETS) {
  Deno.test(`API shows ${count} targets of ${parameters}`, async () => {
    await using rig = await apiRig();
    const { status, body } = await call(rig, `targets?${parameters}`);
    assert.equal(status, 200);
    assert.equal((body.data as { activeTargets: unknown[] }).activeTargets.length, count);
  });
}

Deno.test("API tells about the store and itself", async () => {
  await using rig = await apiRig();
  const tsdb = (await call(rig, "status/tsdb")).body.data as {
    headStats: Record<string, number>;
    seriesCountByMetricName: { name: string; value: number }[];
    seriesCountByLabelValuePair: { name: string; value: number }[];
  };
  assert.equal(tsdb.headStats.numSeries, 5);
  assert.equal(tsdb.headStats.numLabelPairs, 7);
  assert.deepEqual(tsdb.seriesCountByMetricName.slice(0, 2).map(({ value }) => value), [2, 2]);
  assert.deepEqual(tsdb.seriesCountByLabelValuePair[0], { name: "job=api", value: 4 });
  const runtime = (await call(rig, "status/runtimeinfo")).body.data as Record<string, unknown>;
  assert.equal(runtime.reloadConfigSuccess, true);
  const build = (await call(rig, "status/buildinfo")).body.data as Record<string, unknown>;
  assert.match(String(build.version), /^3\./);
});

Deno.test("API adds statistics where they are asked for", async () => {
  await using rig = await apiRig();
  const { body } = await call(rig, "query?query=sum_over_time(up[1m])&stats=all");
  const { stats } = body.data as {
    stats: { samples: Record<string, number>; timings: Record<string, number> };
  };
  assert.equal(stats.samples.totalQueryableSamples, 12);
  assert.ok(stats.timings.evalTotalTime >= 0);
});

Deno.test("API tells ten annotations of a level, and how many more there are", async () => {
  await using rig = await apiRig();
  const quantiles = (count: number) =>
    Array.from({ length: count }, (_, i) => `quantile(${i + 2}, up)`).join(" or ");
  const warnings = async (query: string) => (await call(rig, "query", { query })).body.warnings as string[];
  assert.equal((await warnings(quantiles(10))).length, 10);
  assert.deepEqual((await warnings(quantiles(13))).slice(10), ["3 more warning annotations omitted"]);
});

Deno.test("API ends a query at the limit of samples and of time", async () => {
  await using few = await apiRig("", { maxSamples: 5 });
  const tooMany = await call(few, "query?query=up[10m]");
  assert.equal(tooMany.status, 422);
  assert.match(String(tooMany.body.error), /too many samples/);
  await using rig = await apiRig();
  const late = await call(rig, "query?query=sum_over_time(sum(up)[10m:1ms])&timeout=1ms");
  assert.deepEqual([late.status, late.body.errorType], [503, "timeout"]);
});

Deno.test("no query takes longer than the configuration allows, whatever time-out it asks for", async () => {
  const heavy = "sum_over_time(sum(up)[10m:1ms])";
  const health = `{ path: slow, instantQuery: { timeout: 1h, query: "${heavy}" } }`;
  await using rig = await apiRig(`ingress: { httpServer: { health: [ ${health} ] } }`, { timeoutMs: 1 });
  const late = await call(rig, `query?query=${heavy}&timeout=1h`);
  assert.deepEqual([late.status, late.body.errorType], [503, "timeout"]);
  assert.equal((await get(rig, "/slow")).status, 500);
});

Deno.test("API and status page can be turned off", async () => {
  await using rig = await apiRig("ingress: { httpServer: { api: false, statusPage: false } }");
  assert.equal((await get(rig, "/api/v1/query?query=up")).status, 404);
  assert.equal((await get(rig, "/")).status, 404);
  assert.equal((await get(rig, "/-/ready")).status, 200);
});

Deno.test("the status page and its parts are there, with a policy that lets nothing else run", async () => {
  await using rig = await apiRig(
    "ingress: { httpServer: { health: [ { path: ready, instantQuery: { query: '1' } } ] } }",
  );
  const page = await get(rig, "/");
  assert.match(page.headers.get("content-security-policy") ?? "", /default-src 'none'/);
  const parts = [...page.text.matchAll(/(?:href|src)="(-\/page\/[^"]+)"/g)].map(([, path]) => path);
  assert.equal(parts.length, 4);
  for (const part of parts) assert.equal((await get(rig, `/${part}`)).status, 200, part);
  const status = JSON.parse((await get(rig, "/-/status")).text);
  assert.deepEqual(status.endpoints, ["ready"]);
  assert.equal(status.probes[0].lastFailures[0].reason, "status");
});

Deno.test("a path is found however its characters are escaped", async () => {
  await using rig = await apiRig(
    "ingress: { httpServer: { prometheusMetricsPath: /my%20page, health: [ " +
      "{ path: app%20one/r%65ady, instantQuery: { query: '1' } }, " +
      "{ path: 'app:two', instantQuery: { query: '1' } } ] } }",
  );
  for (const path of ["app%20one/ready", "app%20one/%72eady", "app:two", "app%3Atwo", "my%20page"]) {
    assert.equal((await get(rig, `/${path}`)).status, 200, path);
  }
});

Deno.test("a verbose answer shows the last hundred steps of each series, histograms where they are", async () => {
  const late = `on() (vector(time()) > ${NOW - 10})`;
  const query = `(sum(latency) and ${late}) or (sum(up) unless ${late})`;
  const range = `{ relativeStartTime: -200s, interval: 1s, query: '${query}' }`;
  await using rig = await apiRig(
    `ingress: { httpServer: { health: [ { path: mixed, rangeQuery: ${range} } ] } }`,
  );
  const { value } = JSON.parse((await get(rig, "/mixed?verbose")).text);
  assert.equal(value.count, 1);
  const { values } = value.series[0];
  assert.deepEqual(values, [...new Array(90).fill("1"), ...new Array(10).fill("histogram")]);
});

Deno.test("a health query over a range has its last step now, whatever decimals the interval has", async () => {
  const range = "{ relativeStartTime: -80.5s, interval: 8.05s, query: 'vector(time())' }";
  await using rig = await apiRig(
    `ingress: { httpServer: { health: [ { path: steps, rangeQuery: ${range} } ] } }`,
  );
  const { value } = JSON.parse((await get(rig, "/steps?verbose")).text);
  const { values } = value.series[0];
  assert.equal(values.length, 11);
  assert.equal(values.at(-1), String(NOW));
});

Deno.test("scrape pages are told what the client accepts", async () => {
  await using rig = await apiRig();
  const page = await get(rig, "/otel-metrics", { accept: "application/openmetrics-text" });
  assert.equal(page.text, "accept=application/openmetrics-text\n");
  assert.equal((await get(rig, "/prom-metrics")).text, "internals\n");
});

async function call(rig: ApiRig, path: string, form?: Record<string, string>) {
  const response = await fetch(
    `${rig.url}/api/v1/${path.replaceAll("+", "%2B")}`,
    form && { method: "POST", body: new URLSearchParams(form) },
  );
  return { status: response.status, body: await response.json() as Record<string, unknown> };
}

async function get(rig: ApiRig, path: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${rig.url}${path}`, { headers });
  return { status: response.status, headers: response.headers, text: await response.text() };
}
