import protobuf from "protobufjs";

/** The part of OpenTelemetry's protocol that exporters fill in: names, numbers and types are the published ones. */
const SCHEMA = protobuf.parse(`
  syntax = "proto3";
  package otlp;
  message Value {
    oneof value {
      string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4;
      Values array_value = 5; Pairs kvlist_value = 6; bytes bytes_value = 7;
    }
  }
  message Values { repeated Value values = 1; }
  message Pairs { repeated Pair values = 1; }
  message Pair { string key = 1; Value value = 2; }
  message Resource { repeated Pair attributes = 1; }
  message Scope { string name = 1; string version = 2; }

  message Traces { repeated ResourceSpans resource_spans = 1; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message ScopeSpans { Scope scope = 1; repeated Span spans = 2; }
  message Span {
    bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4;
    string name = 5; uint32 kind = 6; fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8;
    repeated Pair attributes = 9; repeated Event events = 11; repeated Link links = 13; Status status = 15;
    fixed32 flags = 16;
  }
  message Event { fixed64 time_unix_nano = 1; string name = 2; repeated Pair attributes = 3; }
  message Link { bytes trace_id = 1; bytes span_id = 2; repeated Pair attributes = 4; fixed32 flags = 6; }
  message Status { string message = 2; uint32 code = 3; }

  message Metrics { repeated ResourceMetrics resource_metrics = 1; }
  message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scope_metrics = 2; }
  message ScopeMetrics { Scope scope = 1; repeated Metric metrics = 2; }
  message Metric {
    string name = 1; string description = 2; string unit = 3;
    Gauge gauge = 5; Sum sum = 7; Exponential exponential_histogram = 10;
  }
  message Gauge { repeated NumberPoint data_points = 1; }
  message Sum { repeated NumberPoint data_points = 1; uint32 aggregation_temporality = 2; bool is_monotonic = 3; }
  message NumberPoint {
    fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3;
    oneof value { double as_double = 4; sfixed64 as_int = 6; }
    repeated Pair attributes = 7;
  }
  message Exponential { repeated ExponentialPoint data_points = 1; uint32 aggregation_temporality = 2; }
  message ExponentialPoint {
    repeated Pair attributes = 1; fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3;
    fixed64 count = 4; optional double sum = 5; sint32 scale = 6; fixed64 zero_count = 7;
    Buckets positive = 8; optional double min = 12; optional double max = 13;
  }
  message Buckets { sint32 offset = 1; repeated uint64 bucket_counts = 2; }

  message TraceAnswer { TracePart partial_success = 1; }
  message TracePart { int64 rejected_spans = 1; string error_message = 2; }
  message MetricAnswer { MetricPart partial_success = 1; }
  message MetricPart { int64 rejected_data_points = 1; string error_message = 2; }
`).root;

export type Signal = "traces" | "metrics";
export type Attributes = Record<string, unknown>;

export interface SeenSpan {
  name: string;
  /** 1 internal, 3 client. */
  kind: number;
  traceId: string;
  spanId: string;
  startMs: number;
  endMs: number;
  attributes: Attributes;
  events: { name: string; atMs: number; attributes: Attributes }[];
  links: { traceId: string; spanId: string; attributes: Attributes }[];
  /** 1 OK, 2 error. */
  status: { code: number; message: string };
  resource: Attributes;
}

export interface SeenPoint {
  attributes: Attributes;
  startMs: number;
  atMs: number;
  /** Of gauges and sums. */
  value?: number;
  /** Of exponential histograms. */
  count?: number;
  sum?: number;
  min?: number;
  max?: number;
  scale?: number;
  zeroCount?: number;
  offset?: number;
  buckets?: number[];
}

export interface SeenMetric {
  name: string;
  unit: string;
  description: string;
  kind: "gauge" | "sum" | "exponential";
  /** 1 delta, 2 cumulative; of a gauge 0. */
  temporality: number;
  isMonotonic: boolean;
  points: SeenPoint[];
  resource: Attributes;
}

// Decoded messages are plain objects of whatever came.
// deno-lint-ignore no-explicit-any
type Plain = any;

/** Decodes a request's protobuf into the shape of OTLP's JSON. @throws when it is none */
export function decodeProtobuf(signal: Signal, bytes: Uint8Array): Plain {
  const type = SCHEMA.lookupType(signal === "traces" ? "otlp.Traces" : "otlp.Metrics");
  return type.toObject(type.decode(bytes), { longs: String, bytes: Array, defaults: false });
}

/** A receiver's answer that some items were left out. */
export function encodePartialSuccess(signal: Signal, rejected: number, message: string): Uint8Array {
  const [name, field] = signal === "traces"
    ? ["otlp.TraceAnswer", "rejectedSpans"]
    : ["otlp.MetricAnswer", "rejectedDataPoints"];
  const type = SCHEMA.lookupType(name);
  return type.encode(type.fromObject({ partialSuccess: { [field]: rejected, errorMessage: message } }))
    .finish();
}

export function spansOf(message: Plain): SeenSpan[] {
  return (message.resourceSpans ?? []).flatMap(({ resource, scopeSpans }: Plain) =>
    scopeSpans.flatMap(({ spans }: Plain) =>
      spans.map((span: Plain): SeenSpan => ({
        name: span.name,
        kind: span.kind,
        traceId: hexOf(span.traceId),
        spanId: hexOf(span.spanId),
        startMs: msOf(span.startTimeUnixNano),
        endMs: msOf(span.endTimeUnixNano),
        attributes: attributesOf(span.attributes),
        events: (span.events ?? []).map((event: Plain) => ({
          name: event.name,
          atMs: msOf(event.timeUnixNano),
          attributes: attributesOf(event.attributes),
        })),
        links: (span.links ?? []).map((link: Plain) => ({
          traceId: hexOf(link.traceId),
          spanId: hexOf(link.spanId),
          attributes: attributesOf(link.attributes),
        })),
        status: { code: span.status?.code ?? 0, message: span.status?.message ?? "" },
        resource: attributesOf(resource.attributes),
      }))
    )
  );
}

export function metricsOf(message: Plain): SeenMetric[] {
  return (message.resourceMetrics ?? []).flatMap(({ resource, scopeMetrics }: Plain) =>
    scopeMetrics.flatMap(({ metrics }: Plain) =>
      metrics.map((metric: Plain): SeenMetric => {
        const data = metric.gauge ?? metric.sum ?? metric.exponentialHistogram;
        return {
          name: metric.name,
          unit: metric.unit ?? "",
          description: metric.description ?? "",
          kind: metric.gauge ? "gauge" : metric.sum ? "sum" : "exponential",
          temporality: data.aggregationTemporality ?? 0,
          isMonotonic: data.isMonotonic ?? false,
          points: (data.dataPoints ?? []).map(metric.exponentialHistogram ? histogramPoint : numberPoint),
          resource: attributesOf(resource.attributes),
        };
      })
    )
  );
}

function numberPoint(point: Plain): SeenPoint {
  return { ...commonOf(point), value: Number(point.asInt ?? point.asDouble) };
}

function histogramPoint(point: Plain): SeenPoint {
  return {
    ...commonOf(point),
    count: Number(point.count ?? 0),
    sum: point.sum,
    min: point.min,
    max: point.max,
    scale: point.scale ?? 0,
    zeroCount: Number(point.zeroCount ?? 0),
    offset: point.positive?.offset ?? 0,
    buckets: (point.positive?.bucketCounts ?? []).map(Number),
  };
}

function commonOf(point: Plain): Pick<SeenPoint, "attributes" | "startMs" | "atMs"> {
  return {
    attributes: attributesOf(point.attributes),
    startMs: msOf(point.startTimeUnixNano),
    atMs: msOf(point.timeUnixNano),
  };
}

function attributesOf(pairs: Plain[] = []): Attributes {
  return Object.fromEntries(pairs.map(({ key, value }) => {
    if (value.intValue !== undefined) return [key, Number(value.intValue)];
    return [key, value.stringValue ?? value.boolValue ?? value.doubleValue];
  }));
}

/** Ids are bytes in protobuf and hex in JSON. */
function hexOf(id: number[] | string): string {
  return typeof id === "string" ? id : id.map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function msOf(nanoseconds: string): number {
  const value = BigInt(nanoseconds);
  return Number(value / 1_000_000n) + Number(value % 1_000_000n) / 1e6;
}
