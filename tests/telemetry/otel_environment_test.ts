import assert from "node:assert/strict";
import type { Exporter } from "../../src/config/mod.ts";
import type { Endpoint, Signal } from "../../src/telemetry/otel_endpoint.ts";
import { readOtelEnvironment } from "../../src/telemetry/otel_environment.ts";

const OTLP = "OTEL_EXPORTER_OTLP_";

const endpoints: {
  name: string;
  env: Record<string, string>;
  signal?: Signal;
  transport?: "http" | "grpc";
  want: Partial<Endpoint>;
  /** Variables that a problem names, and text that must not be told. */
  problems?: string[];
  secret?: string;
}[] = [
  {
    name: "nothing set, HTTP",
    env: {},
    want: {
      protocol: "http/protobuf",
      url: "http://localhost:4318/v1/traces",
      headers: {},
      timeoutMs: 10_000,
      compression: "none",
      caFile: undefined,
      certFile: undefined,
      keyFile: undefined,
    },
  },
  {
    name: "nothing set, gRPC",
    env: {},
    transport: "grpc",
    want: { protocol: "grpc", url: "http://localhost:4317/" },
  },
  {
    name: "a general endpoint gets the signal's path",
    env: { [`${OTLP}ENDPOINT`]: "http://collector:4318" },
    want: { url: "http://collector:4318/v1/traces" },
  },
  {
    name: "a general endpoint with a path of its own",
    env: { [`${OTLP}ENDPOINT`]: "https://gateway/otlp/" },
    signal: "metrics",
    want: { url: "https://gateway/otlp/v1/metrics" },
  },
  {
    name: "a general endpoint with a path that has no slash at its end",
    env: { [`${OTLP}ENDPOINT`]: "https://gateway/otlp" },
    want: { url: "https://gateway/otlp/v1/traces" },
  },
  {
    name: "a signal's endpoint is used as it is and comes first",
    env: { [`${OTLP}ENDPOINT`]: "http://other", [`${OTLP}TRACES_ENDPOINT`]: "http://tempo:4318/in" },
    want: { url: "http://tempo:4318/in" },
  },
  {
    name: "a bad signal's endpoint is named, and the general one is used",
    env: { [`${OTLP}ENDPOINT`]: "http://collector:4318", [`${OTLP}TRACES_ENDPOINT`]: "not an address" },
    want: { url: "http://collector:4318/v1/traces" },
    problems: [`${OTLP}TRACES_ENDPOINT`],
  },
  {
    name: "another scheme is none of ours",
    env: { [`${OTLP}ENDPOINT`]: "ftp://collector" },
    want: { url: "http://localhost:4318/v1/traces" },
    problems: [`${OTLP}ENDPOINT`],
  },
  {
    name: "a user and a password that are not percent-encoded are taken as they are",
    env: { [`${OTLP}ENDPOINT`]: "https://me:100%@gateway" },
    want: { url: "https://gateway/v1/traces", headers: { authorization: `Basic ${btoa("me:100%")}` } },
  },
  {
    name: "user and password become a header and leave the address",
    env: { [`${OTLP}ENDPOINT`]: "https://me:s%40cret@gateway" },
    want: { url: "https://gateway/v1/traces", headers: { authorization: `Basic ${btoa("me:s@cret")}` } },
  },
  {
    name: "gRPC without a scheme is TLS",
    env: { [`${OTLP}ENDPOINT`]: "collector:4317" },
    transport: "grpc",
    want: { url: "https://collector:4317/" },
  },
  {
    name: "gRPC without a scheme in the clear, when told",
    env: { [`${OTLP}TRACES_ENDPOINT`]: "collector:4317", [`${OTLP}INSECURE`]: "TRUE" },
    transport: "grpc",
    want: { url: "http://collector:4317/" },
  },
  {
    name: "a bad gRPC endpoint",
    env: { [`${OTLP}ENDPOINT`]: "http://:::" },
    transport: "grpc",
    want: { url: "http://localhost:4317/" },
    problems: [`${OTLP}ENDPOINT`],
  },
  {
    name: "headers of both kinds, the signal's first",
    env: { [`${OTLP}HEADERS`]: "X-Org=one,a=b%20c", [`${OTLP}TRACES_HEADERS`]: " x-org = two " },
    want: { headers: { "x-org": "two", a: "b c" } },
  },
  {
    name: "headers that are no pairs are named but not told",
    env: { [`${OTLP}HEADERS`]: "hush-hush" },
    want: { headers: {} },
    problems: [`${OTLP}HEADERS`],
    secret: "hush",
  },
  {
    name: "a header that can't be one is left out and not told",
    env: { [`${OTLP}HEADERS`]: "a b=hush,c=d" },
    want: { headers: { c: "d" } },
    problems: [`${OTLP}HEADERS`],
    secret: "hush",
  },
  {
    name: "the signal's limits come first",
    env: { [`${OTLP}TIMEOUT`]: "1000", [`${OTLP}METRICS_TIMEOUT`]: "2000", [`${OTLP}COMPRESSION`]: "GZIP" },
    signal: "metrics",
    want: { timeoutMs: 2_000, compression: "gzip" },
  },
  {
    name: "a bad one of the signal's own leaves the general one",
    env: { [`${OTLP}TIMEOUT`]: "1000", [`${OTLP}TRACES_TIMEOUT`]: "soon", [`${OTLP}COMPRESSION`]: "zstd" },
    want: { timeoutMs: 1_000, compression: "none" },
    problems: [`${OTLP}TRACES_TIMEOUT`, `${OTLP}COMPRESSION`],
  },
  {
    name: "JSON by HTTP",
    env: { [`${OTLP}PROTOCOL`]: "http/json" },
    want: { protocol: "http/json" },
  },
  {
    name: "an HTTP exporter stays one",
    env: { [`${OTLP}PROTOCOL`]: "grpc" },
    want: { protocol: "http/protobuf" },
  },
  {
    name: "an unknown protocol",
    env: { [`${OTLP}PROTOCOL`]: "carrier-pigeon" },
    want: { protocol: "http/protobuf" },
    problems: [`${OTLP}PROTOCOL`],
  },
  {
    name: "files of TLS",
    env: {
      [`${OTLP}CERTIFICATE`]: "/ca.pem",
      [`${OTLP}TRACES_CERTIFICATE`]: "/traces-ca.pem",
      [`${OTLP}CLIENT_CERTIFICATE`]: "/client.pem",
      [`${OTLP}CLIENT_KEY`]: "/client.key",
    },
    want: { caFile: "/traces-ca.pem", certFile: "/client.pem", keyFile: "/client.key" },
  },
  {
    name: "half an identity",
    env: { [`${OTLP}CLIENT_KEY`]: "/client.key" },
    want: { certFile: undefined, keyFile: undefined },
    problems: [`${OTLP}CLIENT_KEY`],
  },
  {
    name: "empty counts as not set",
    env: { [`${OTLP}ENDPOINT`]: "", [`${OTLP}TIMEOUT`]: " ", [`${OTLP}HEADERS`]: "" },
    want: { url: "http://localhost:4318/v1/traces", timeoutMs: 10_000 },
  },
];

for (const { name, env, signal = "traces", transport = "http", want, problems = [], secret } of endpoints) {
  Deno.test(`an endpoint: ${name}`, () => {
    const environment = readOtelEnvironment(env);
    const endpoint = environment.endpoint(signal, transport);
    for (const [key, value] of Object.entries(want)) {
      assert.deepEqual(endpoint[key as keyof Endpoint], value, key);
    }
    const told = environment.problems();
    assert.equal(told.length, problems.length, told.join("\n"));
    for (const variable of problems) {
      assert.ok(told.some((line) => line.startsWith(`${variable} `)), variable);
    }
    if (secret) assert.ok(!told.join().includes(secret));
  });
}

const settings: { env: Record<string, string>; want: Record<string, unknown>; problems?: string[] }[] = [
  {
    env: {},
    want: {
      disabled: false,
      propagate: true,
      metricIntervalMs: 60_000,
      metricTimeoutMs: 30_000,
      temporality: "cumulative",
      histograms: "exponential",
      batch: { delayMs: 5_000, timeoutMs: 30_000, maxQueueSize: 2_048, maxBatchSize: 512 },
      sampler: { kind: "always_on", ratio: 1 },
      resourceAttributes: {},
      serviceName: undefined,
    },
  },
  { env: { OTEL_SDK_DISABLED: "True" }, want: { disabled: true } },
  { env: { OTEL_SDK_DISABLED: "yes" }, want: { disabled: false }, problems: ["OTEL_SDK_DISABLED"] },
  {
    env: { OTEL_METRIC_EXPORT_INTERVAL: "1000", OTEL_METRIC_EXPORT_TIMEOUT: "500" },
    want: { metricIntervalMs: 1_000, metricTimeoutMs: 500 },
  },
  {
    env: { OTEL_METRIC_EXPORT_INTERVAL: "-1", OTEL_METRIC_EXPORT_TIMEOUT: "1.5" },
    want: { metricIntervalMs: 60_000, metricTimeoutMs: 30_000 },
    problems: ["OTEL_METRIC_EXPORT_INTERVAL", "OTEL_METRIC_EXPORT_TIMEOUT"],
  },
  {
    env: {
      OTEL_BSP_SCHEDULE_DELAY: "100",
      OTEL_BSP_EXPORT_TIMEOUT: "200",
      OTEL_BSP_MAX_QUEUE_SIZE: "64",
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "128",
    },
    want: { batch: { delayMs: 100, timeoutMs: 200, maxQueueSize: 64, maxBatchSize: 64 } },
  },
  { env: { OTEL_TRACES_SAMPLER: "always_off" }, want: { sampler: { kind: "always_off", ratio: 0 } } },
  {
    env: { OTEL_TRACES_SAMPLER: "ParentBased_TraceIdRatio", OTEL_TRACES_SAMPLER_ARG: "0.25" },
    want: { sampler: { kind: "ratio", ratio: 0.25 } },
  },
  {
    env: { OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "2" },
    want: { sampler: { kind: "ratio", ratio: 1 } },
    problems: ["OTEL_TRACES_SAMPLER_ARG"],
  },
  {
    env: { OTEL_TRACES_SAMPLER: "jaeger_remote" },
    want: { sampler: { kind: "always_on", ratio: 1 } },
    problems: ["OTEL_TRACES_SAMPLER"],
  },
  {
    env: { OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: "LowMemory" },
    want: { temporality: "delta" },
  },
  {
    env: { OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: "explicit_bucket_histogram" },
    want: { histograms: "explicit" },
  },
  {
    env: { OTEL_RESOURCE_ATTRIBUTES: "team=a%2Cb,service.name=x", OTEL_SERVICE_NAME: "y" },
    want: { resourceAttributes: { team: "a,b", "service.name": "x" }, serviceName: "y" },
  },
  {
    env: { OTEL_RESOURCE_ATTRIBUTES: "good=1,bad=%E0%A4%A" },
    want: { resourceAttributes: {} },
    problems: ["OTEL_RESOURCE_ATTRIBUTES"],
  },
  { env: { OTEL_PROPAGATORS: "baggage,tracecontext" }, want: { propagate: true } },
  { env: { OTEL_PROPAGATORS: "none" }, want: { propagate: false } },
  {
    env: { OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: "100", OTEL_SPAN_EVENT_COUNT_LIMIT: "7" },
    want: {
      spanLimits: {
        attributeCountLimit: undefined,
        attributeValueLengthLimit: 100,
        eventCountLimit: 7,
        linkCountLimit: undefined,
        attributePerEventCountLimit: undefined,
        attributePerLinkCountLimit: undefined,
      },
    },
  },
];

for (const { env, want, problems = [] } of settings) {
  Deno.test(`OTEL variables ${JSON.stringify(env)}`, () => {
    const environment = readOtelEnvironment(env);
    for (const [key, value] of Object.entries(want)) {
      assert.deepEqual(environment[key as keyof typeof environment], value, key);
    }
    const told = environment.problems();
    assert.equal(told.length, problems.length, told.join("\n"));
    for (const variable of problems) {
      assert.ok(told.some((line) => line.startsWith(`${variable} `)), variable);
    }
  });
}

const exporters: {
  configured: Exporter[];
  env: Record<string, string>;
  want: Exporter[];
  problems?: number;
}[] = [
  { configured: [], env: {}, want: [] },
  {
    configured: ["otlptracehttp", "prometheus", "stdoutmetric"],
    env: {},
    want: ["prometheus", "stdoutmetric", "otlptracehttp"],
  },
  {
    configured: ["otlptracehttp", "otlpmetrichttp"],
    env: { OTEL_TRACES_EXPORTER: "none" },
    want: ["otlpmetrichttp"],
  },
  { configured: [], env: { OTEL_METRICS_EXPORTER: "otlp" }, want: ["otlpmetrichttp"] },
  {
    configured: ["prometheus"],
    env: { OTEL_METRICS_EXPORTER: "otlp,console", OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" },
    want: ["prometheus", "otlpmetricgrpc", "stdoutmetric"],
  },
  {
    configured: ["otlptracegrpc"],
    env: { OTEL_TRACES_EXPORTER: "otlp" },
    want: ["otlptracegrpc"],
  },
  { configured: [], env: { OTEL_TRACES_EXPORTER: "zipkin" }, want: [], problems: 1 },
];

for (const { configured, env, want, problems = 0 } of exporters) {
  Deno.test(`exporters [${configured}] with ${JSON.stringify(env)}`, () => {
    const environment = readOtelEnvironment(env);
    assert.deepEqual(environment.exporters(configured), want);
    assert.equal(environment.problems().length, problems);
  });
}
