import assert from "node:assert/strict";
import { SystemClock } from "../../src/base/clock.ts";
import { SILENT } from "../../src/base/log.ts";
import { readConfig } from "../../src/config/mod.ts";
import { Ingress, type RuntimeFacts } from "../../src/ingress/mod.ts";
import { Labels } from "../../src/model/labels.ts";
import type { ProbeStatus } from "../../src/model/probe_status.ts";
import { NO_TRACING } from "../../src/model/trace.ts";
import { Engine, type EngineOptions, loadScript } from "../../src/query/mod.ts";
import { Store } from "../../src/store/mod.ts";
import { MeterRegistry } from "../../src/telemetry/mod.ts";
import { FakeClock } from "../support/fake_clock.ts";

/** Where the script's data begins, ms: a whole second, so that times are short to write. */
export const BASE_MS = 1_700_000_000_000;
/** "Now" for everything behind the API, unix seconds: the data's last minute. */
export const NOW = 1_700_000_600;

const DATA = `
load 10s
  requests_total{job="api", code="200"} 0+10x60
  requests_total{job="api", code="500"} 0+1x60
  up{job="api"} 1x60
  up{job="db"} 0x60
  latency{job="api"} {{schema:0 sum:5 count:4 buckets:[1 2 1]}}x60
`;

const FACTS: RuntimeFacts = {
  startedAtMs: BASE_MS,
  lastConfigAtMs: BASE_MS,
  reloadConfigSuccess: true,
  configYaml: () => "egress: {}\n",
  flags: { config: "bunny.yaml" },
  retention: "1h0m0s",
  head: { series: 5, chunks: 7, minTimeMs: BASE_MS, maxTimeMs: BASE_MS + 600_000 },
  corruptions: 0,
};

const PROBE: ProbeStatus = {
  name: "web",
  type: "http",
  labels: Labels.from({ probe: "web", type: "http" }),
  userMetrics: [],
  target: "http://localhost:80/",
  periodMs: 100,
  timeoutMs: 1_000,
  lastResult: {
    probe: "web",
    type: "http",
    startedAtMs: BASE_MS,
    durationMs: 12,
    lateMs: 0,
    outcome: { kind: "fail", reason: "status", detail: "503 Service Unavailable" },
    facts: {},
    events: [],
    trace: undefined,
  },
  consecutiveFailures: 2,
  consecutiveSuccesses: 0,
  lastFailures: [{ atMs: BASE_MS, reason: "status", detail: "503 Service Unavailable" }],
};

/** The whole port over a small store, with everything in front of it real. */
export interface ApiRig extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
}

export async function apiRig(yaml = "", engineOptions: Partial<EngineOptions> = {}): Promise<ApiRig> {
  const fake = new FakeClock({ wallMs: NOW * 1_000 });
  const system = new SystemClock();
  // Real for waiting, still for the wall: what is asked without a time is asked of NOW.
  const clock = {
    now: () => system.now(),
    wallNow: () => fake.wallNow(),
    sleepUntil: (dueAtMs: number, signal?: AbortSignal) => system.sleepUntil(dueAtMs, signal),
  };
  const stack = new AsyncDisposableStack();
  const store = stack.use(await Store.open({ clock, logger: SILENT }));
  const loaded = loadScript(DATA, store, BASE_MS);
  assert.equal(loaded.kind, "ok");
  const reading = readConfig(yaml || "{}", "test.yaml");
  assert.ok(reading.kind === "ok", JSON.stringify(reading));
  const meter = new MeterRegistry(store, { clock });
  const ingress = await Ingress.listen(
    { ...reading.config.ingress, host: "127.0.0.1", port: 0 },
    new Engine({ clock, ...engineOptions }),
    {
      clock,
      logger: SILENT,
      meter,
      tracing: NO_TRACING,
      store,
      probes: { probes: () => [PROBE] },
      instruments: () => meter.instruments(),
      openTelemetryMetrics: (accept) => ({ contentType: "text/plain", body: `accept=${accept}\n` }),
      prometheusMetrics: () => ({ contentType: "text/plain", body: "internals\n" }),
      facts: () => FACTS,
    },
  );
  stack.defer(() => ingress.close(100));
  return {
    port: ingress.port,
    url: `http://127.0.0.1:${ingress.port}`,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
