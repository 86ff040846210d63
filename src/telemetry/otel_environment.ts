import { quote } from "../base/text.ts";
import type { Exporter } from "../config/mod.ts";
import { type Endpoint, readEndpoint, type Signal } from "./otel_endpoint.ts";
import { type EnvironmentVariables, OtelValues } from "./otel_value.ts";

/** How successes are sampled, beside the configuration's `successRatio`. */
export interface SamplerSetting {
  readonly kind: "always_on" | "always_off" | "ratio";
  /** 0…1 */
  readonly ratio: number;
}

/** Upper bounds of what a span holds; `undefined`: the SDK's own. */
export interface SpanLimitSettings {
  readonly attributeCountLimit?: number;
  readonly attributeValueLengthLimit?: number;
  readonly eventCountLimit?: number;
  readonly linkCountLimit?: number;
  readonly attributePerEventCountLimit?: number;
  readonly attributePerLinkCountLimit?: number;
}

/** What the OTEL_* variables come to, defaults filled in. Times are milliseconds. */
export interface OtelEnvironment {
  readonly disabled: boolean;
  /** Whether targets are told the trace that they are part of. */
  readonly propagate: boolean;
  readonly metricIntervalMs: number;
  readonly metricTimeoutMs: number;
  readonly temporality: "cumulative" | "delta";
  readonly histograms: "exponential" | "explicit";
  readonly batch: {
    readonly delayMs: number;
    readonly timeoutMs: number;
    readonly maxQueueSize: number;
    readonly maxBatchSize: number;
  };
  readonly sampler: SamplerSetting;
  readonly spanLimits: SpanLimitSettings;
  /** Without service.name, unless given here. */
  readonly resourceAttributes: Readonly<Record<string, string>>;
  readonly serviceName: string | undefined;
  /** The Pod's name, as Kubernetes sets it: who among the replicas we are. */
  readonly hostName: string | undefined;
  /** Exporters for the configuration's, with what OTEL_TRACES_EXPORTER and OTEL_METRICS_EXPORTER say. */
  exporters(configured: readonly Exporter[]): readonly Exporter[];
  endpoint(signal: Signal, transport: "http" | "grpc"): Endpoint;
  /** Variables that are ignored, and why; what `exporters` and `endpoint` found included. */
  problems(): readonly string[];
}

/** Reads the variables of the OpenTelemetry specification that mean something here. */
export function readOtelEnvironment(env: EnvironmentVariables): OtelEnvironment {
  const values = new OtelValues(env);
  const metricIntervalMs = values.count("OTEL_METRIC_EXPORT_INTERVAL", 1) ?? 60_000;
  const maxQueueSize = values.count("OTEL_BSP_MAX_QUEUE_SIZE", 1, 1_000_000) ?? 2_048;
  const maxBatchSize = values.count("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 1, 1_000_000) ?? 512;
  return {
    disabled: values.flag("OTEL_SDK_DISABLED"),
    propagate: readPropagators(values),
    metricIntervalMs,
    metricTimeoutMs: values.count("OTEL_METRIC_EXPORT_TIMEOUT", 1) ?? 30_000,
    temporality: readTemporality(values),
    histograms: readHistograms(values),
    batch: {
      delayMs: values.count("OTEL_BSP_SCHEDULE_DELAY", 1) ?? 5_000,
      timeoutMs: values.count("OTEL_BSP_EXPORT_TIMEOUT", 1) ?? 30_000,
      maxQueueSize,
      maxBatchSize: Math.min(maxBatchSize, maxQueueSize),
    },
    sampler: readSampler(values),
    spanLimits: readSpanLimits(values),
    resourceAttributes: values.pairs("OTEL_RESOURCE_ATTRIBUTES") ?? {},
    serviceName: values.text("OTEL_SERVICE_NAME"),
    hostName: values.text("HOSTNAME"),
    exporters: (configured) =>
      (["metrics", "traces"] as const).flatMap((signal) => exportersOf(values, signal, configured)),
    endpoint: (signal, transport) => readEndpoint(values, signal, transport),
    problems: () => values.problems,
  };
}

/** What each signal's exporters are called in the configuration. */
const EXPORTERS_OF: Readonly<Record<Signal, readonly Exporter[]>> = {
  metrics: ["stdoutmetric", "prometheus", "otlpmetrichttp", "otlpmetricgrpc"],
  traces: ["stdouttrace", "otlptracehttp", "otlptracegrpc"],
};

/**
 * The configuration decides. Where it names none for a signal, the variable may ("otlp", "console"), and "none" in the
 * variable switches the signal off in any case, so that one Pod can be silenced without a change of configuration.
 */
function exportersOf(
  values: OtelValues,
  signal: Signal,
  configured: readonly Exporter[],
): readonly Exporter[] {
  const name = `OTEL_${signal.toUpperCase()}_EXPORTER`;
  const named = configured.filter((exporter) => EXPORTERS_OF[signal].includes(exporter));
  const wishes = (values.text(name) ?? "").toLowerCase().split(",").map((wish) => wish.trim());
  if (wishes.includes("none")) return [];
  if (named.some((exporter) => exporter !== "prometheus")) return named;
  const protocol = values.firstSet(
    `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_PROTOCOL`,
    "OTEL_EXPORTER_OTLP_PROTOCOL",
  );
  const grpc = protocol !== undefined && values.text(protocol)?.toLowerCase() === "grpc";
  const short = signal === "metrics" ? "metric" : "trace";
  const wished = wishes.flatMap((wish): Exporter[] => {
    if (wish === "otlp") return [`otlp${short}${grpc ? "grpc" : "http"}`];
    if (wish === "console") return [`stdout${short}`];
    if (wish !== "" && wish !== "prometheus") {
      values.problem(name, `expected otlp, console or none, not ${quote(wish)}`);
    }
    return [];
  });
  return [...new Set([...named, ...wished])];
}

/** "lowmemory" is delta for every instrument that Bunny has: none of them goes both up and down. */
function readTemporality(values: OtelValues): OtelEnvironment["temporality"] {
  const name = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";
  const preference = values.oneOf(name, ["cumulative", "delta", "lowmemory"]) ?? "cumulative";
  return preference === "cumulative" ? "cumulative" : "delta";
}

/** Exponential unless told otherwise: a receiver that knows only fixed buckets can have those. */
function readHistograms(values: OtelValues): OtelEnvironment["histograms"] {
  const name = "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION";
  const wish = values.oneOf(name, ["explicit_bucket_histogram", "base2_exponential_bucket_histogram"]);
  return wish === "explicit_bucket_histogram" ? "explicit" : "exponential";
}

/** Probes begin traces, so a parent-based sampler is its root. */
function readSampler(values: OtelValues): SamplerSetting {
  const sampler = values.oneOf("OTEL_TRACES_SAMPLER", [
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
  ]);
  if (sampler === undefined) return { kind: "always_on", ratio: 1 };
  const root = sampler.replace("parentbased_", "");
  if (root === "always_off") return { kind: "always_off", ratio: 0 };
  if (root === "always_on") return { kind: "always_on", ratio: 1 };
  const text = values.text("OTEL_TRACES_SAMPLER_ARG");
  const ratio = text === undefined ? 1 : Number(text);
  if (ratio >= 0 && ratio <= 1) return { kind: "ratio", ratio };
  values.problem("OTEL_TRACES_SAMPLER_ARG", "expected a number from 0 to 1");
  return { kind: "ratio", ratio: 1 };
}

function readPropagators(values: OtelValues): boolean {
  const text = values.text("OTEL_PROPAGATORS")?.toLowerCase();
  return text === undefined || text.split(",").some((name) => name.trim() === "tracecontext");
}

function readSpanLimits(values: OtelValues): SpanLimitSettings {
  const limit = (...names: string[]) => {
    const name = values.firstSet(...names);
    return name === undefined ? undefined : values.count(name, 0);
  };
  return {
    attributeCountLimit: limit("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT"),
    attributeValueLengthLimit: limit(
      "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
      "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    ),
    eventCountLimit: limit("OTEL_SPAN_EVENT_COUNT_LIMIT"),
    linkCountLimit: limit("OTEL_SPAN_LINK_COUNT_LIMIT"),
    attributePerEventCountLimit: limit("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT"),
    attributePerLinkCountLimit: limit("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT"),
  };
}
