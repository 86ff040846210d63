import assert from "node:assert/strict";
import { type Instrument, INSTRUMENTS } from "../../src/model/instruments.ts";
import { parseExpr, verdictTypeOf } from "../../src/query/mod.ts";
import { ask, startBunny, untilStatus } from "../process/bunny.ts";
import { freePort } from "../support/free_port.ts";
import { httpPeer } from "../support/http_peer.ts";
import type { RunningProcess } from "../support/process_runner.ts";
import { tcpPeer } from "../support/tcp_peer.ts";
import { tempDir } from "../support/temp_dir.ts";
import { serverCertificate } from "../support/tls_fixtures.ts";
import { prometheusInstalled, PrometheusPeer } from "../telemetry/prometheus_peer.ts";
import { queriesOf, type Query, readDashboard } from "./dashboard.ts";
import { readManifest, type Yaml } from "./manifests.ts";

const dashboard = readDashboard();
const QUERIES = queriesOf(dashboard);

/** Panels about Bunny's own insides: scraped from a page of their own, not in its store. */
const INSIDES = ["Event loop", "Memory", "Telemetry lost"];

for (const { panel, template, expr } of QUERIES) {
  Deno.test(`dashboard: "${panel}" asks with valid PromQL: ${template}`, () => {
    const result = parseExpr(expr);
    assert.equal(result.kind, "ok", JSON.stringify(result));
    assert.deepEqual(result.kind === "ok" && verdictTypeOf(result.expr, "range"), {
      kind: "ok",
      type: "vector",
    });
    assert.match(template, /pod=~"\$pod"/, "the choice of Pods has no effect");
  });
}

/** What Prometheus makes of an OpenTelemetry metric's name when it receives one, for the units that Bunny's have. */
function receivedName({ otelName, otelUnit, kind }: Instrument): string {
  const name = otelName.replaceAll(".", "_");
  const withUnit = otelUnit === "s" && !name.endsWith("_seconds") ? `${name}_seconds` : name;
  return kind === "counter" && !withUnit.endsWith("_total") ? `${withUnit}_total` : withUnit;
}

Deno.test("dashboard: counts nothing twice that Prometheus scrapes and receives under one name", () => {
  const twice = new Set(
    Object.values<Instrument>(INSTRUMENTS).filter((one) => receivedName(one) === one.name).map(({ name }) =>
      name
    ),
  );
  assert.ok(twice.has("bunny_health_evaluations_total") && !twice.has("probe_attempts_total"));
  const asked = QUERIES.flatMap(({ template }) => [...template.matchAll(/(\w+)\{([^}]*)\}/g)])
    .filter(([, name]) => twice.has(name));
  assert.ok(asked.length >= 8);
  for (const [selector, , matchers] of asked) {
    assert.ok(matchers.split(", ").includes('k8s_pod_name=""'), `${selector} has the pushed series too`);
  }
  const { otlp } = readManifest("deploy/kubernetes/example/prometheus/prometheus.yml");
  assert.ok(otlp.promote_resource_attributes.includes("k8s.pod.name"), "the label that tells them apart");
});

Deno.test("dashboard: the lists of traces show what a span says of a failure, and of a verdict", () => {
  const tables: Yaml[] = dashboard.panels.filter(({ type }: Yaml) => type === "table");
  const queries: string[] = tables.map(({ targets: [{ query }] }) => query);
  // Tempo hands out no other attributes than those that a query names.
  assert.deepEqual(queries.map((query) => /\| select\(([^)]*)\)/.exec(query)![1].split(", ")), [
    ["span.bunny.health.endpoint", "span.bunny.health.verdict", "span.bunny.health.reason"],
    ["span.bunny-probe-name", "span.error.type", "statusMessage"],
  ]);
  for (const query of queries) {
    assert.match(query, /resource\.k8s\.pod\.name =~ "\$pod"/, "the choice of Pods has no effect");
  }
  const { spec } = readManifest("deploy/kubernetes/base/deployment.yaml").spec.template;
  const [{ env }] = spec.initContainers;
  const attributes = env.find(({ name }: Yaml) => name === "OTEL_RESOURCE_ATTRIBUTES").value;
  assert.match(attributes, /\bk8s\.pod\.name=/);
});

Deno.test("dashboard: panels have names, explanations and room of their own", () => {
  const panels: Yaml[] = dashboard.panels;
  const ids = panels.map(({ id }) => id);
  assert.equal(new Set(ids).size, panels.length);
  const taken = new Set<string>();
  for (const { title, description, type, gridPos: { x, y, w, h } } of panels) {
    assert.ok(title && (description || type === "row"), title);
    assert.ok(x + w <= 24, title);
    for (let row = y; row < y + h; row++) {
      for (let column = x; column < x + w; column++) {
        const cell = `${row}:${column}`;
        assert.ok(!taken.has(cell), `${title} lies on another panel`);
        taken.add(cell);
      }
    }
  }
});

Deno.test("dashboard: its data sources are those that Grafana is given", () => {
  const { datasources } = readManifest("deploy/kubernetes/example/grafana/datasources.yaml");
  const given = new Map<string, string>(datasources.map(({ uid, type }: Yaml) => [uid, type]));
  const named = dashboard.panels.flatMap(({ datasource, targets = [] }: Yaml) =>
    [datasource, ...targets.map(({ datasource }: Yaml) => datasource)].filter((source) =>
      source !== undefined
    )
  );
  for (const { uid, type } of named) {
    if (uid === "${source}") assert.equal(type, "prometheus");
    else assert.equal(given.get(uid), type, uid);
  }
  const [source] = dashboard.templating.list;
  assert.deepEqual([source.name, source.type, given.get(source.current.value)], [
    "source",
    "datasource",
    "prometheus",
  ]);
});

/** Bunny with something for every panel: passes, failures, time-outs, TLS, verdicts that turn, lost telemetry. */
async function eventfulBunny(folder: { write(name: string, text: string): string }): Promise<EventfulBunny> {
  await using stack = new AsyncDisposableStack();
  let healthy = true;
  const app = stack.use(
    await httpPeer((_, response) => void response.writeHead(healthy ? 200 : 503).end(), {
      tls: serverCertificate(),
    }),
  );
  const silent = stack.use(await tcpPeer((conversation) => conversation.hang()));
  const port = freePort();
  const config = {
    egress: {
      periodMilliseconds: 100,
      timeoutMilliseconds: 250,
      probes: [
        { name: "app", httpGet: { port: app.port, scheme: "HTTPS" } },
        {
          name: "silent",
          tcpSocket: {
            host: "127.0.0.1",
            port: silent.port,
            expect: [{ receive: { regex: "x", delimiter: "\n" } }],
          },
        },
      ],
    },
    ingress: {
      httpServer: {
        host: "127.0.0.1",
        port,
        health: [{
          path: "ready",
          instantQuery: { query: 'min_over_time(probe_success{probe="app"}[300ms])' },
        }],
      },
    },
    telemetry: { openTelemetry: { exporters: ["otlpmetrichttp"] } },
  };
  const bunny = stack.use(
    await startBunny(folder.write("bunny.yaml", JSON.stringify(config)), {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${freePort()}`, // nobody is there
      OTEL_METRIC_EXPORT_INTERVAL: "200",
    }),
  );
  for (const turn of [true, false, true]) {
    healthy = turn;
    await untilStatus(port, "ready", turn ? 200 : 503);
  }
  const owned = stack.move();
  return { port, bunny, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

interface EventfulBunny extends AsyncDisposable {
  readonly port: number;
  readonly bunny: RunningProcess;
}

/** Asks each query until it finds something, all of them within half a minute. @returns panels that stay empty */
async function panelsWithoutData(
  queries: readonly Query[],
  find: (expr: string) => Promise<number>,
): Promise<string[]> {
  const deadline = performance.now() + 30_000;
  let empty = queries;
  while (empty.length > 0 && performance.now() < deadline) {
    const found = await Promise.all(empty.map(async (query) => ({ query, count: await find(query.expr) })));
    empty = found.filter(({ count }) => count === 0).map(({ query }) => query);
    if (empty.length > 0) await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return empty.map(({ panel, expr }) => `${panel}: ${expr}`);
}

Deno.test("dashboard: every panel finds something in Bunny's own store", async () => {
  using folder = tempDir();
  await using eventful = await eventfulBunny(folder);
  const stored = QUERIES.filter(({ panel }) => !INSIDES.includes(panel));
  assert.ok(stored.length < QUERIES.length);
  const empty = await panelsWithoutData(stored, async (expr) => {
    await ask(eventful.port, "ready");
    const { body } = await ask(eventful.port, `api/v1/query?query=${encodeURIComponent(expr)}`);
    const { status, data, error } = JSON.parse(body);
    assert.equal(status, "success", `${expr}: ${error}`);
    return data.result.length;
  });
  assert.deepEqual(empty, []);
});

Deno.test({
  name: "dashboard: every panel finds something in a Prometheus that scrapes Bunny",
  ignore: !prometheusInstalled(),
  fn: async () => {
    using folder = tempDir();
    await using eventful = await eventfulBunny(folder);
    const page = (path: string) => new URL(`http://127.0.0.1:${eventful.port}/${path}`);
    await using prometheus = await PrometheusPeer.start({
      bunny: page("otel-metrics"),
      "bunny-internals": page("prom-metrics"),
    });
    // Where Bunny's store has an answer of another kind, scraped histograms must give one by themselves.
    const histograms = QUERIES.filter(({ expr }) => expr.startsWith("histogram_quantile"))
      .map((query) => ({ ...query, expr: query.expr.split(" or ")[0] }));
    assert.equal(histograms.length, 3);
    const empty = await panelsWithoutData([...QUERIES, ...histograms], async (expr) => {
      await ask(eventful.port, "ready");
      return (await prometheus.api("query", { query: expr })).result.length;
    });
    assert.deepEqual(empty, []);
  },
});
