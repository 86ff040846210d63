/**
 * Everything that needs the OpenTelemetry SDK stands behind this module, and it is imported when the first exporter is
 * configured: the SDK takes some 12 MB, which a Bunny that is only scraped does not pay.
 */
import type { Resource } from "@opentelemetry/resources";
import {
  JsonMetricsSerializer,
  JsonTraceSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from "@opentelemetry/otlp-transformer";
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { Tracing } from "../../model/trace.ts";
import type { MeterRegistry } from "../meter.ts";
import type { Signal } from "../otel_endpoint.ts";
import type { OtelEnvironment } from "../otel_environment.ts";
import type { TraceIds } from "../trace_ids.ts";
import { Dispatcher, type ExporterStats } from "./dispatcher.ts";
import { GrpcTransport } from "./grpc_transport.ts";
import { HttpTransport } from "./http_transport.ts";
import { MetricPusher } from "./metric_pusher.ts";
import { RegistryProducer } from "./registry_producer.ts";
import { makeResource } from "./resource.ts";
import { SpanFactory } from "./span_factory.ts";
import { SpanOutbox } from "./span_outbox.ts";
import { StdoutTransport } from "./stdout_transport.ts";
import { TailTracing } from "./tail_tracing.ts";
import type { ReadAnswer, Transport } from "./transport.ts";

export { makeResource, type Resource };

/** Exporters that this module makes: all but the scrape page. */
export type PushExporter =
  | "stdoutmetric"
  | "otlpmetrichttp"
  | "otlpmetricgrpc"
  | "stdouttrace"
  | "otlptracehttp"
  | "otlptracegrpc";

/** One exporter at work. */
export interface RunningExporter {
  stats(): ExporterStats;
  /** A last flush within the limit, then the end. Never rejects. */
  close(limitMs: number): Promise<void>;
}

export interface PipelineDeps {
  readonly environment: OtelEnvironment;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
  readonly print: (line: string) => void;
}

export function startMetricExporter(
  exporter: PushExporter,
  registry: MeterRegistry,
  resource: () => Resource,
  deps: PipelineDeps,
): RunningExporter {
  const { environment, clock } = deps;
  const { metricIntervalMs, metricTimeoutMs, temporality, histograms } = environment;
  const route = routeOf(exporter, "metrics", deps);
  const serializer = route.isJson ? JsonMetricsSerializer : ProtobufMetricsSerializer;
  const readAnswer: ReadAnswer = (body) => {
    const { partialSuccess } = serializer.deserializeResponse(body);
    return {
      rejected: countOf(partialSuccess?.rejectedDataPoints),
      note: partialSuccess?.errorMessage ?? "",
    };
  };
  return new MetricPusher({
    producer: new RegistryProducer({
      registry,
      temporality,
      histograms,
      resource,
      wallNow: () => clock.wallNow(),
    }),
    dispatcher: dispatcherOf(exporter, route, readAnswer, metricTimeoutMs, deps),
    clock,
    encode: (metrics) => bytesOf(serializer.serializeRequest(metrics)),
    intervalMs: metricIntervalMs,
  });
}

export function startTraceExporter(exporter: PushExporter, deps: PipelineDeps): SpanOutbox {
  const { delayMs, timeoutMs, maxQueueSize, maxBatchSize } = deps.environment.batch;
  const route = routeOf(exporter, "traces", deps);
  const serializer = route.isJson ? JsonTraceSerializer : ProtobufTraceSerializer;
  const readAnswer: ReadAnswer = (body) => {
    const { partialSuccess } = serializer.deserializeResponse(body);
    return { rejected: countOf(partialSuccess?.rejectedSpans), note: partialSuccess?.errorMessage ?? "" };
  };
  return new SpanOutbox({
    dispatcher: dispatcherOf(exporter, route, readAnswer, timeoutMs, deps),
    clock: deps.clock,
    encode: (spans) => bytesOf(serializer.serializeRequest(spans)),
    delayMs,
    maxQueueSize,
    maxBatchSize,
  });
}

/** How many a receiver says it has rejected; what is no number says nothing. */
function countOf(said: unknown): number {
  const count = Number(said ?? 0);
  return Number.isFinite(count) ? count : 0;
}

/** Tracing whose spans go to these outboxes. */
export function makeTracing(
  outboxes: readonly SpanOutbox[],
  resource: Resource,
  successRatio: number,
  ids: TraceIds,
  environment: OtelEnvironment,
): Tracing {
  return new TailTracing({
    ids,
    factory: new SpanFactory(resource, [...outboxes], environment.spanLimits),
    flushSoon: () => outboxes.forEach((outbox) => outbox.flushSoon()),
    sampler: environment.sampler,
    successRatio,
    propagate: environment.propagate,
  });
}

interface Route {
  readonly isJson: boolean;
  /** One attempt's limit. */
  readonly timeoutMs: number;
  transport(readAnswer: ReadAnswer): Transport;
}

function routeOf(exporter: PushExporter, signal: Signal, { environment, clock, print }: PipelineDeps): Route {
  if (exporter.startsWith("stdout")) {
    return { isJson: true, timeoutMs: Infinity, transport: () => new StdoutTransport(print) };
  }
  if (exporter.endsWith("grpc")) {
    const endpoint = environment.endpoint(signal, "grpc");
    return {
      isJson: false,
      timeoutMs: endpoint.timeoutMs,
      transport: (readAnswer) => new GrpcTransport(endpoint, signal, readAnswer),
    };
  }
  const endpoint = environment.endpoint(signal, "http");
  return {
    isJson: endpoint.protocol === "http/json",
    timeoutMs: endpoint.timeoutMs,
    transport: (readAnswer) => new HttpTransport(endpoint, readAnswer, () => clock.wallNow()),
  };
}

function dispatcherOf(
  exporter: PushExporter,
  route: Route,
  readAnswer: ReadAnswer,
  timeoutMs: number,
  { clock, logger, random }: PipelineDeps,
): Dispatcher {
  return new Dispatcher({
    exporter,
    transport: route.transport(readAnswer),
    timeoutMs: Math.min(route.timeoutMs, timeoutMs),
    clock,
    logger,
    random,
  });
}

function bytesOf(bytes: Uint8Array | undefined): Uint8Array<ArrayBuffer> {
  if (bytes === undefined) throw new Error("the SDK wrote nothing");
  return bytes as Uint8Array<ArrayBuffer>; // it never writes into shared memory
}
