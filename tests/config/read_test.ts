import assert from "node:assert/strict";
import type { Config } from "../../src/config/mod.ts";
import { fingerprint, formatProblem, readConfig } from "../../src/config/mod.ts";

const FIXTURES = new URL("../fixtures/config/good/", import.meta.url);

/** The configuration that the text stands for; without warnings unless some are wanted. */
function config(text: string, wantWarnings: readonly string[] = []): Config {
  const reading = readConfig(text, "bunny.yaml");
  assert.equal(reading.kind, "ok", JSON.stringify(reading));
  assert.deepEqual(reading.warnings.map(formatProblem), wantWarnings);
  return reading.config;
}

function probe(action: string, before = ""): Config["egress"]["probes"][number] {
  return config(`egress:\n${before}  probes:\n    - name: app\n${action.replace(/^/gm, "      ")}\n`).egress
    .probes[0];
}

function endpoint(keys: string): Config["ingress"]["health"][number] {
  const text = `ingress:\n  httpServer:\n    health:\n      - path: /healthz\n${
    keys.replace(/^/gm, "        ")
  }\n`;
  return config(text).ingress.health[0];
}

/** Compared as data: regular expressions by their source, and whole configurations by what they mean. */
function same(got: object, want: object): void {
  const [found, wanted] = [got, want].map((each) => ({ ...each, written: undefined }));
  if (fingerprint(found) !== fingerprint(wanted)) assert.deepEqual(found, wanted);
}

const NO_METRICS = { attempts: undefined, successes: undefined, responseTime: undefined };

Deno.test("config: an empty mapping is a configuration of defaults", () => {
  same(config("{}"), {
    egress: { probes: [] },
    ingress: {
      host: "0.0.0.0",
      port: 1312,
      readTimeoutMs: 5_000,
      readHeaderTimeoutMs: 5_000,
      writeTimeoutMs: 10_000,
      idleTimeoutMs: 2_000,
      maxHeaderBytes: 10_000,
      maxConnections: 1_000,
      openTelemetryMetricsPath: "otel-metrics",
      prometheusMetricsPath: "prom-metrics",
      api: true,
      statusPage: true,
      health: [],
    },
    signals: { watchedProcess: undefined, shutdownTimeoutMs: 10_000 },
    telemetry: {
      exporters: [],
      traceSuccessRatio: 1,
      resourceAttributes: {},
      store: {
        tsdbPath: "",
        retentionMs: 3_600_000,
        retentionSizeBytes: undefined,
        minBlockMs: 300_000,
        maxBlockMs: 900_000,
      },
      promql: {
        maxConcurrentQueries: 20,
        maxSamples: 5_000_000,
        timeoutMs: 10_000,
        lookbackMs: 5_000,
        noStepSubqueryIntervalMs: 1_000,
      },
    },
    reload: { delayMs: 0, jitterMs: 0 },
  });
});

Deno.test("config: a health port makes fewer connections the default, and leaves what is said", () => {
  const beside = (keys: string) =>
    config(`ingress: { httpServer: { healthPort: 1313${keys} } }`).ingress.maxConnections;
  assert.deepEqual([beside(""), beside(", maxConnections: 300")], [200, 300]);
});

Deno.test("config: a probe's defaults", () => {
  same(probe("httpGet: {port: 80}"), {
    name: "app",
    initialDelayMs: 0,
    periodMs: 1_000,
    timeoutMs: 1_000,
    labels: {},
    adaptive: undefined,
    metrics: NO_METRICS,
    action: {
      kind: "http",
      http: {
        host: "localhost",
        port: 80,
        path: "/",
        scheme: "HTTP",
        headers: [],
        method: "GET",
        protocol: "http1",
        expectedStatuses: [{ from: 200, to: 399 }],
        body: undefined,
        expectedHeaders: {},
        headersFromFile: undefined,
        followRedirects: true,
        tls: { verify: false, ca: undefined, cert: undefined, key: undefined, serverName: undefined },
      },
    },
  });
});

Deno.test("config: a file with every key of the original and none of ours", async () => {
  const text = await Deno.readTextFile(new URL("every_original_key.yaml", FIXTURES));
  const { egress, ingress, signals, telemetry } = config(text, [
    "bunny.yaml:44:9: egress.probes[2].tcpSocket.service: deprecated: the key is called host now",
  ]);
  assert.deepEqual(egress.probes.map(({ name, periodMs, timeoutMs }) => ({ name, periodMs, timeoutMs })), [
    { name: "web", periodMs: 300, timeoutMs: 2_000 },
    { name: "calls", periodMs: 300, timeoutMs: 2_000 },
    { name: "talk", periodMs: 300, timeoutMs: 2_000 },
    { name: "program", periodMs: 300, timeoutMs: 2_000 },
  ]);
  const [web, calls, talk, program] = egress.probes.map(({ action }) => action);
  assert.ok(web.kind === "http" && calls.kind === "grpc" && talk.kind === "tcp" && program.kind === "exec");
  assert.equal(web.http.path, "/healthz");
  assert.equal(web.http.scheme, "HTTPS");
  assert.deepEqual(web.http.headers, [
    { name: "X-One", value: "1" },
    { name: "X-Many", value: "a" },
    { name: "X-Many", value: "b" },
  ]);
  assert.deepEqual([calls.grpc.host, calls.grpc.port, calls.grpc.service], ["localhost", 3936, "health"]);
  assert.equal(talk.tcp.host, "127.0.0.1");
  same(talk.tcp.expect.map((step) => step.kind === "send" ? step : { ...step, regex: step.regex.source }), [
    { kind: "send", text: "hello", delimiter: "\n" },
    { kind: "receive", regex: "yell.w", delimiter: "\n", maxBytes: 65_536, not: false },
  ]);
  assert.deepEqual(program.exec, {
    command: ["/bin/sh", "-c", "exit 0"],
    env: [{ name: "TIMEOUT", value: "1000" }, { name: "VERBOSE", value: "true" }],
  });
  assert.deepEqual(egress.probes[0].metrics, {
    attempts: { name: "web_attempts", extraLabels: { region: "north" } },
    successes: undefined,
    responseTime: { name: "web_response_time", extraLabels: {} },
  });
  assert.deepEqual(ingress.health.map(({ path, query }) => ({ path, query })), [
    {
      path: "healthz-liveness",
      query: { kind: "instant", expr: "1.0 >= bool 0.2", timeoutMs: 5_000, relativeTimeMs: -5_000 },
    },
    {
      path: "healthz-readiness",
      query: {
        kind: "range",
        expr: "1.0 >= bool 0.2",
        timeoutMs: 1_000,
        relativeStartMs: -5_000,
        relativeEndMs: 0,
        intervalMs: 1_000,
      },
    },
  ]);
  assert.equal(signals.watchedProcess?.source, "/bin/sleep 50.*");
  assert.deepEqual(telemetry.exporters, ["otlpmetrichttp", "stdouttrace"]);
  assert.equal(telemetry.promql.lookbackMs, 900_000);
});

Deno.test("config: a file with every key there is", async () => {
  const text = await Deno.readTextFile(new URL("every_key.yaml", FIXTURES));
  const { egress, ingress, telemetry, reload } = config(text);
  const [web, calls, talk] = egress.probes.map(({ action }) => action);
  assert.ok(web.kind === "http" && calls.kind === "grpc" && talk.kind === "tcp");
  const { http } = web;
  assert.deepEqual(http.expectedStatuses, [{ from: 200, to: 299 }, { from: 401, to: 401 }, {
    from: 404,
    to: 404,
  }]);
  assert.equal(http.body?.matches?.source, "^ok");
  assert.equal(http.body?.notMatches?.source, "error");
  assert.equal(http.expectedHeaders["content-type"].source, "text/.*");
  assert.deepEqual(http.tls, {
    verify: true,
    ca: "/tls/ca.pem",
    cert: "/tls/c.pem",
    key: "/tls/k.pem",
    serverName: "app",
  });
  assert.deepEqual(calls.grpc.metadata, [{ name: "tenant", value: "a" }]);
  assert.equal(calls.grpc.host, "::1");
  assert.equal(calls.grpc.tls?.verify, false);
  assert.deepEqual(egress.probes[0].adaptive, { untilSuccessPeriodMs: 100, onFailurePeriodMs: undefined });
  assert.equal(egress.probes[1].adaptive, undefined);
  assert.deepEqual(egress.probes[2].labels, { team: "core", tier: "1" });
  assert.deepEqual(ingress.health[0].forMs, { healthy: 1_000, unhealthy: 0 });
  assert.deepEqual(ingress.health[1].forMs, { healthy: 500, unhealthy: 500 });
  assert.deepEqual(ingress.health[1].source, { kind: "remote", url: "http://prometheus:9090" });
  assert.deepEqual(telemetry.resourceAttributes, { "deployment.environment.name": "test" });
  assert.equal(telemetry.store.retentionSizeBytes, 10_485_760);
  assert.deepEqual(reload, { delayMs: 10_000, jitterMs: 90_000 });
});

const SAME: readonly { name: string; text: string; as: string }[] = [
  {
    name: "a key with nothing in it counts as absent",
    text: "egress:\n  probes:\n    # all of them\n  periodMilliseconds:\ntelemetry:\n",
    as: "{}",
  },
  {
    name: "flags of YAML 1.1 are flags",
    text: "ingress: {httpServer: {api: no, statusPage: Off}}",
    as: "ingress: {httpServer: {api: false, statusPage: false}}",
  },
  {
    name: "plain numbers and flags are text where text is wanted, as written",
    text: "telemetry: {openTelemetry: {resourceAttributes: {a: 1_0, b: 1.50, c: True, d: 0x10}}}",
    as: `telemetry: {openTelemetry: {resourceAttributes: {a: "1_0", b: "1.50", c: "True", d: "0x10"}}}`,
  },
  {
    name: "merge keys bring in what is not there already",
    text: `
egress:
  probes:
    - &first {name: a, grpc: {port: 1}, timeoutMilliseconds: 7}
    - {<<: *first, name: b}
    - {<<: [{periodMilliseconds: 70}, *first], name: c, timeoutMilliseconds: 8}
`,
    as: `
egress:
  probes:
    - {name: a, grpc: {port: 1}, timeoutMilliseconds: 7}
    - {name: b, grpc: {port: 1}, timeoutMilliseconds: 7}
    - {name: c, grpc: {port: 1}, timeoutMilliseconds: 8, periodMilliseconds: 70}
`,
  },
  {
    name: "a probe's own timing wins over that of all",
    text: `
egress:
  {initialDelayMilliseconds: 1, periodMilliseconds: 20, timeoutMilliseconds: 3, probes: [{name: a, grpc: {port: 1}}]}`,
    as: `
egress:
  probes:
    - {name: a, grpc: {port: 1}, initialDelayMilliseconds: 1, periodMilliseconds: 20, timeoutMilliseconds: 3}`,
  },
  {
    name: "paths with and without a leading slash are one",
    text: `
egress: {probes: [{name: a, httpGet: {port: 1, path: x/y}}]}
ingress: {httpServer: {prometheusMetricsPath: /p, health: [{path: /h, instantQuery: {query: "1"}}]}}`,
    as: `
egress: {probes: [{name: a, httpGet: {port: 1, path: /x/y}}]}
ingress: {httpServer: {prometheusMetricsPath: p, health: [{path: h, instantQuery: {query: "1"}}]}}`,
  },
  {
    name: "a server's time-out of 0 is the longest",
    text: "ingress: {httpServer: {readTimeoutMilliseconds: 0}}",
    as: "ingress: {httpServer: {readTimeoutMilliseconds: 3600000}}",
  },
  {
    name: "an empty host is the default one, and brackets of IPv6 fall away",
    text:
      `egress: {probes: [{name: a, grpc: {port: 1, host: ""}}, {name: b, tcpSocket: {port: 1, host: "[::1]"}}]}`,
    as: `egress: {probes: [{name: a, grpc: {port: 1}}, {name: b, tcpSocket: {port: 1, host: "::1"}}]}`,
  },
  {
    name: "brackets fall away of an address with a zone, too",
    text: `egress: {probes: [{name: a, tcpSocket: {port: 1, host: "[fe80::1%br_lan.7]"}}]}`,
    as: `egress: {probes: [{name: a, tcpSocket: {port: 1, host: "fe80::1%br_lan.7"}}]}`,
  },
  {
    name: "an adaptive period that is no shorter changes nothing",
    text: `
egress:
  adaptive: {untilSuccessPeriodMilliseconds: 100, onFailurePeriodMilliseconds: 50}
  probes:
    - {name: a, grpc: {port: 1}, periodMilliseconds: 50}
    - {name: b, grpc: {port: 1}, adaptive: {}}`,
    as: `
egress:
  probes:
    - {name: a, grpc: {port: 1}, periodMilliseconds: 50}
    - {name: b, grpc: {port: 1}}`,
  },
  {
    name: "a metric that is not enabled may be unfinished",
    text: `
egress:
  probes: [{name: a, grpc: {port: 1}, metrics: {attempts: {name: 1-2}, successes: {enabled: false, name: probe_success}}}]`,
    as: "egress: {probes: [{name: a, grpc: {port: 1}}]}",
  },
  {
    name: "one name of a metric serves several probes whose labels differ",
    text: `
egress:
  probes:
    - {name: a, grpc: {port: 1}, labels: {of: a}, metrics: {attempts: &tries {name: tries, enabled: true}}}
    - {name: b, grpc: {port: 1}, labels: {of: b}, metrics: {attempts: *tries}}`,
    as: `
egress:
  probes:
    - {name: a, grpc: {port: 1}, labels: {of: a}, metrics: {attempts: {name: tries, enabled: true}}}
    - {name: b, grpc: {port: 1}, labels: {of: b}, metrics: {attempts: {name: tries, enabled: true}}}`,
  },
  { name: "a byte order mark is none of ours", text: "\ufeff{}", as: "{}" },
  { name: "lines may end as in Windows", text: "egress:\r\n  periodMilliseconds: 1000\r\n", as: "{}" },
];

for (const { name, text, as } of SAME) {
  Deno.test(`config: ${name}`, () => same(config(text), config(as)));
}

Deno.test("config: lookback is three periods of the slowest probe, at least five seconds", () => {
  const lookback = (periodsMs: readonly number[]) => {
    const probes = periodsMs.map((ms, i) => `{name: p${i}, grpc: {port: 1}, periodMilliseconds: ${ms}}`);
    return config(`egress: {probes: [${probes.join(", ")}]}`).telemetry.promql.lookbackMs;
  };
  assert.deepEqual([[], [100], [100, 10_000], [1_667]].map(lookback), [5_000, 5_000, 30_000, 5_001]);
});

Deno.test("config: a verdict's damping goes both ways unless told apart", () => {
  const query = `\ninstantQuery: {query: "1"}`;
  assert.deepEqual(endpoint(`forMilliseconds: 3000${query}`).forMs, { healthy: 3_000, unhealthy: 3_000 });
  assert.deepEqual(endpoint(`forMilliseconds: {unhealthy: 3000}${query}`).forMs, {
    healthy: 0,
    unhealthy: 3_000,
  });
  assert.deepEqual(endpoint(query.trim()).forMs, { healthy: 0, unhealthy: 0 });
});

Deno.test("config: an instant query may come to any type", () => {
  for (const query of ["1", `'"1"'`, "probe_success", "probe_success[5s]"]) {
    assert.equal(endpoint(`instantQuery:\n  query: ${query}`).query.kind, "instant");
  }
});

const WARNINGS: readonly { name: string; text: string; want: string }[] = [
  {
    name: "tcpSocket.service",
    text: "egress: {probes: [{name: a, tcpSocket: {port: 1, service: app}}]}",
    want: "1:50: egress.probes[0].tcpSocket.service: deprecated: the key is called host now",
  },
  {
    name: "an exporter given twice",
    text: "telemetry: {openTelemetry: {exporters: [prometheus, stdouttrace, prometheus]}}",
    want: "1:66: telemetry.openTelemetry.exporters[2]: this exporter is in the list already",
  },
  {
    name: "a probe that a query names and nobody has",
    text: `
egress: {probes: [{name: alpha, grpc: {port: 1}}]}
ingress:
  httpServer:
    health:
      - path: healthz
        instantQuery:
          query: |
            min(probe_success{probe="alpha"}) and
              min(probe_success{probe=~"alhpa|alpha"})
`,
    want:
      '10:41: ingress.httpServer.health[0].instantQuery.query: no probe is named "alhpa", did you mean "alpha"?',
  },
  {
    name: "a metric that a query names and nobody makes",
    text: `ingress: {httpServer: {health: [{path: a, instantQuery: {query: "probe_sucess"}}]}}`,
    want:
      '1:66: ingress.httpServer.health[0].instantQuery.query: nothing here makes the metric "probe_sucess", ' +
      'did you mean "probe_success"?',
  },
  {
    name: "a metric under the name that the original made of it",
    text: `egress: {probes: [{name: a, grpc: {port: 1}, metrics: {attempts: {name: tries, enabled: true}}}]}
ingress: {httpServer: {health: [{path: a, instantQuery: {query: "otel_tries_total > bool 0"}}]}}`,
    want: "2:66: ingress.httpServer.health[0].instantQuery.query: nothing here makes the metric " +
      '"otel_tries_total": it is "tries" here, without what the original put around it',
  },
  {
    name: "a reason that a query names and no failure has",
    text: `ingress: {httpServer: {health: [{path: a, instantQuery: {
  query: "sum(probe_failures_total{reason='time_out'}) < bool 1"}}]}}`,
    want: "2:44: ingress.httpServer.health[0].instantQuery.query: no reason is called " +
      '"time_out", did you mean "timeout"?',
  },
  {
    name: "a query whose finds may be healthy where finding nothing is",
    text: `ingress: {httpServer: {health: [{path: a, whenEmpty: healthy, instantQuery: {
  query: probe_consecutive_failures > 0}}]}}`,
    want:
      "2:10: ingress.httpServer.health[0].instantQuery.query: what this finds is healthy where its value " +
      "is 1, whatever whenEmpty says: put it in brackets and add * 0",
  },
  {
    name: "a header that is not sent",
    text: "egress: {probes: [{name: a, httpGet: {port: 1, httpHeaders: [{name: Host, value: b}, " +
      "{name: Upgrade, value: c}]}}]}",
    want: "1:87: egress.probes[0].httpGet.httpHeaders[1].name: Bunny sets this itself: it is not sent",
  },
  {
    name: "metadata that are not sent",
    text: "egress: {probes: [{name: a, grpc: {port: 1, metadata: [{name: grpc-timeout, value: 1S}]}}]}",
    want: "1:57: egress.probes[0].grpc.metadata[0].name: Bunny sets this itself: it is not sent",
  },
  {
    name: "an instant in the future",
    text: `ingress: {httpServer: {health: [{path: a, instantQuery: {relativeInstantTime: 5s, query: "1"}}]}}`,
    want: "1:58: ingress.httpServer.health[0].instantQuery.relativeInstantTime: this lies in the future, " +
      "where there are no samples yet",
  },
];

for (const { name, text, want } of WARNINGS) {
  Deno.test(`config warning: ${name}`, () => void config(text, [`bunny.yaml:${want}`]));
}

Deno.test("config: a remote URL without a port has its scheme's", () => {
  for (const url of ["http://prometheus", "https://prometheus:443/base", "http://prometheus:80"]) {
    const health = `{path: a, source: remote, remoteUrl: "${url}", instantQuery: {query: up == bool 1}}`;
    assert.deepEqual(config(`ingress: {httpServer: {health: [${health}]}}`).ingress.health[0].source, {
      kind: "remote",
      url,
    });
  }
});

Deno.test("config warning: none for metrics of the users' own, for remote queries, or for what is not there on purpose", () => {
  config(`
egress:
  probes:
    - {name: a, grpc: {port: 1}, metrics: {attempts: {name: my_attempts, enabled: true}}}
ingress:
  httpServer:
    health:
      - {path: one, instantQuery: {query: 'rate(my_attempts[1m]) and on() probe_success{probe!="b"}'}}
      - {path: three, whenEmpty: healthy, instantQuery: {query: 'probe_failures_total{reason="timeout"} > 1'}}
      - {path: four, whenEmpty: healthy, instantQuery: {query: '(probe_consecutive_failures > 0) * 0'}}
      - {path: two, source: remote, remoteUrl: "http://prometheus:9090", instantQuery: {query: up == bool 1}}
`);
});
