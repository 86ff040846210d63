import assert from "node:assert/strict";
import { type Instrument, INSTRUMENTS } from "../../src/model/instruments.ts";
import { Labels } from "../../src/model/labels.ts";
import {
  DEFAULT_FORMAT,
  MeterRegistry,
  negotiateFormat,
  type PageFamily,
  writePage,
} from "../../src/telemetry/mod.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { promtoolCheck, promtoolInstalled } from "./promtool.ts";
import { FakeStore } from "./fake_store.ts";

const OPEN_METRICS = negotiateFormat("application/openmetrics-text;version=1.0.0");
const UTF8 = negotiateFormat("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8");
const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const SPAN_ID = "b7ad6b7169203331";

const own = (name: string, kind: Instrument["kind"], help = "Mine.", unit = ""): Instrument => ({
  name,
  kind,
  help,
  unit,
  otelName: name,
  otelUnit: "",
  otlp: true,
});

const single = (instrument: Instrument, value: number, labels: Record<string, string> = {}): PageFamily => ({
  instrument,
  cells: [{ shape: "number", labels: Labels.from(labels), value }],
});

const cases: { name: string; family: PageFamily; text: string; openMetrics: string; utf8?: string }[] = [
  {
    name: "a gauge with a unit",
    family: single(own("my_delay_seconds", "gauge", "How late.", "seconds"), 0.25, {
      probe: "a",
      type: "http",
    }),
    text: "# HELP my_delay_seconds How late.\n# TYPE my_delay_seconds gauge\n" +
      'my_delay_seconds{probe="a",type="http"} 0.25\n',
    openMetrics: "# TYPE my_delay_seconds gauge\n# UNIT my_delay_seconds seconds\n" +
      '# HELP my_delay_seconds How late.\nmy_delay_seconds{probe="a",type="http"} 0.25\n# EOF\n',
  },
  {
    name: "a counter",
    family: single(own("my_tries_total", "counter"), 7),
    text: "# HELP my_tries_total Mine.\n# TYPE my_tries_total counter\nmy_tries_total 7\n",
    openMetrics: "# TYPE my_tries counter\n# HELP my_tries Mine.\nmy_tries_total 7\n# EOF\n",
  },
  {
    name: "a counter that a user named without _total",
    family: single(own("egress_attempts", "counter"), 7),
    text: "# HELP egress_attempts Mine.\n# TYPE egress_attempts counter\negress_attempts 7\n",
    openMetrics: "# TYPE egress_attempts unknown\n# HELP egress_attempts Mine.\negress_attempts 7\n# EOF\n",
  },
  {
    name: "what has to be escaped",
    family: single(own("m", "gauge", 'back\\slash, "quotes"\nand lines'), 1, { l: 'a\\b"c"\nd é 🐰' }),
    text: '# HELP m back\\\\slash, "quotes"\\nand lines\n# TYPE m gauge\n' +
      'm{l="a\\\\b\\"c\\"\\nd é 🐰"} 1\n',
    openMetrics: '# TYPE m gauge\n# HELP m back\\\\slash, \\"quotes\\"\\nand lines\n' +
      'm{l="a\\\\b\\"c\\"\\nd é 🐰"} 1\n# EOF\n',
  },
  {
    name: "a unit that the name doesn't end in",
    family: single(own("probe_ssl_earliest_cert_expiry", "gauge", "When.", "seconds"), 1.7e9),
    text: "# HELP probe_ssl_earliest_cert_expiry When.\n# TYPE probe_ssl_earliest_cert_expiry gauge\n" +
      "probe_ssl_earliest_cert_expiry 1700000000\n",
    openMetrics:
      "# TYPE probe_ssl_earliest_cert_expiry gauge\n# HELP probe_ssl_earliest_cert_expiry When.\n" +
      "probe_ssl_earliest_cert_expiry 1700000000\n# EOF\n",
  },
  {
    name: "numbers that are none",
    family: {
      instrument: own("m", "gauge"),
      cells: [NaN, Infinity, -Infinity, 1e21].map((value, i) => ({
        shape: "number",
        labels: Labels.from({ i: String(i) }),
        value,
      })),
    },
    text: '# HELP m Mine.\n# TYPE m gauge\nm{i="0"} NaN\nm{i="1"} +Inf\nm{i="2"} -Inf\nm{i="3"} 1e+21\n',
    openMetrics:
      '# TYPE m gauge\n# HELP m Mine.\nm{i="0"} NaN\nm{i="1"} +Inf\nm{i="2"} -Inf\nm{i="3"} 1e+21\n# EOF\n',
  },
  {
    name: "names that only UTF-8 allows",
    family: single(own("6 été.rate", "gauge"), 1, { "l.é": "x", ok: "y" }),
    text: '# HELP ___t__rate Mine.\n# TYPE ___t__rate gauge\n___t__rate{l__="x",ok="y"} 1\n',
    openMetrics: '# TYPE ___t__rate gauge\n# HELP ___t__rate Mine.\n___t__rate{l__="x",ok="y"} 1\n# EOF\n',
    utf8: '# TYPE "6 été.rate" gauge\n# HELP "6 été.rate" Mine.\n{"6 été.rate","l.é"="x",ok="y"} 1\n# EOF\n',
  },
  {
    name: "a family without series",
    family: { instrument: own("m", "gauge"), cells: [] },
    text: "",
    openMetrics: "# EOF\n",
  },
];

for (const { name, family, text, openMetrics, utf8 } of cases) {
  Deno.test(`a page shows ${name}`, () => {
    assert.equal(writePage([family], DEFAULT_FORMAT), text);
    assert.equal(writePage([family], OPEN_METRICS), openMetrics);
    assert.equal(writePage([family], UTF8), utf8 ?? openMetrics);
  });
}

Deno.test("a distribution becomes cumulative buckets, with exemplars in OpenMetrics alone", () => {
  const registry = new MeterRegistry(new FakeStore(), { clock: new FakeClock() });
  const latency = registry.group().distribution(
    INSTRUMENTS.probe_latency_seconds,
    Labels.from({ probe: "a" }),
  );
  latency.record(0.003);
  latency.record(0.7, TRACE_ID, SPAN_ID);
  latency.record(0.9, TRACE_ID);
  latency.record(60, TRACE_ID, SPAN_ID);
  const text = writePage(registry.snapshot(), DEFAULT_FORMAT);
  const open = writePage(registry.snapshot(), OPEN_METRICS);
  const line = (page: string, start: string) => page.split("\n").find((line) => line.startsWith(start));
  assert.equal(
    line(text, 'probe_latency_seconds_bucket{probe="a",le="0.0025"'),
    'probe_latency_seconds_bucket{probe="a",le="0.0025"} 0',
  );
  assert.equal(
    line(text, 'probe_latency_seconds_bucket{probe="a",le="1"'),
    'probe_latency_seconds_bucket{probe="a",le="1"} 3',
  );
  assert.equal(
    line(text, 'probe_latency_seconds_bucket{probe="a",le="+Inf"'),
    'probe_latency_seconds_bucket{probe="a",le="+Inf"} 4',
  );
  assert.equal(line(text, "probe_latency_seconds_sum"), 'probe_latency_seconds_sum{probe="a"} 61.603');
  assert.equal(line(text, "probe_latency_seconds_count"), 'probe_latency_seconds_count{probe="a"} 4');
  assert.ok(!text.includes(TRACE_ID));
  assert.equal(
    line(open, 'probe_latency_seconds_bucket{probe="a",le="1.0"'),
    `probe_latency_seconds_bucket{probe="a",le="1.0"} 3 # {trace_id="${TRACE_ID}"} 0.9 1700000000`,
  );
  assert.equal(
    line(open, 'probe_latency_seconds_bucket{probe="a",le="+Inf"'),
    `probe_latency_seconds_bucket{probe="a",le="+Inf"} 4 # {trace_id="${TRACE_ID}",span_id="${SPAN_ID}"} 60 1700000000`,
  );
});

const accepts: { accept: string | undefined; want: string }[] = [
  { accept: undefined, want: "text/plain; version=0.0.4; charset=utf-8" },
  { accept: "", want: "text/plain; version=0.0.4; charset=utf-8" },
  { accept: "*/*", want: "text/plain; version=0.0.4; charset=utf-8" },
  { accept: "text/html,application/xhtml+xml,*/*;q=0.8", want: "text/plain; version=0.0.4; charset=utf-8" },
  { accept: "application/json", want: "text/plain; version=0.0.4; charset=utf-8" },
  {
    accept: "application/openmetrics-text; version=1.0.0; charset=utf-8",
    want: "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores",
  },
  {
    accept: "application/openmetrics-text",
    want: "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores",
  },
  {
    // Prometheus 2.42
    accept: "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75," +
      "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    want: "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores",
  },
  {
    // Prometheus 3
    accept:
      "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7," +
      "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6," +
      "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4," +
      "text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
    want: "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8",
  },
  {
    accept: "text/plain;version=1.0.0;escaping=allow-utf-8",
    want: "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8",
  },
  {
    accept: "application/openmetrics-text;version=2.0.0,text/plain;q=0.2",
    want: "text/plain; version=0.0.4; charset=utf-8",
  },
  { accept: "application/openmetrics-text;q=0", want: "text/plain; version=0.0.4; charset=utf-8" },
  { accept: "application/openmetrics-text;q=banana", want: "text/plain; version=0.0.4; charset=utf-8" },
  { accept: `${"x/y,".repeat(10_000)}`, want: "text/plain; version=0.0.4; charset=utf-8" },
];

for (const { accept, want } of accepts) {
  Deno.test(`Accept ${accept === undefined ? "absent" : JSON.stringify(accept.slice(0, 90))} is answered`, () => {
    assert.equal(negotiateFormat(accept).contentType, want);
  });
}

Deno.test({
  name: "promtool finds no fault in a page with every instrument",
  ignore: !promtoolInstalled(),
  fn: async () => {
    const registry = new MeterRegistry(new FakeStore(), { clock: new FakeClock() });
    const group = registry.group();
    for (const instrument of Object.values(INSTRUMENTS)) {
      const labels = Labels.from({ probe: 'a "b"\\c\nd', type: "http" });
      if (instrument.kind === "gauge") group.gauge(instrument, labels).set(1);
      else if (instrument.kind === "counter") group.counter(instrument, labels).add(1);
      else group.distribution(instrument, labels).record(0.5, TRACE_ID, SPAN_ID);
    }
    const page = writePage(registry.snapshot(), DEFAULT_FORMAT);
    for (const name of Object.keys(INSTRUMENTS)) assert.ok(page.includes(`# TYPE ${name} `), name);
    assert.deepEqual(await promtoolCheck(page), { code: 0, said: "" });
  },
});
