import {
  type Attributes,
  type Link,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
} from "@opentelemetry/api";
import type { Resource } from "@opentelemetry/resources";
import {
  AlwaysOnSampler,
  type IdGenerator,
  type SpanProcessor,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import type { ProbeResult, ProbeType } from "../../model/probe_result.ts";
import type { TraceContext, VerdictChange } from "../../model/trace.ts";
import { VERSION } from "../../model/version.ts";
import type { SpanLimitSettings } from "../otel_environment.ts";
import { hrTimeOf } from "./metric_points.ts";

/** Span names, as the original Bunny's. */
export const SPAN_NAMES: Readonly<Record<ProbeType, string>> = {
  http: "http-probe",
  grpc: "grpc-probe",
  tcp: "tcp-socket-probe",
  exec: "exec-probe",
};

/** Hands the SDK the ids that the target was told. */
class GivenIds implements IdGenerator {
  next: Pick<TraceContext, "traceId" | "spanId"> = { traceId: "", spanId: "" };

  generateTraceId(): string {
    return this.next.traceId;
  }

  generateSpanId(): string {
    return this.next.spanId;
  }
}

/** Makes the SDK's spans of what has already happened: each is started and ended at once, with the times it had. */
export class SpanFactory {
  readonly #ids = new GivenIds();
  readonly #tracer: Tracer;

  constructor(resource: Resource, processors: SpanProcessor[], spanLimits: SpanLimitSettings) {
    const provider = new TracerProvider({
      resource,
      sampler: new AlwaysOnSampler(), // whoever makes a span here has decided already
      idGenerator: this.#ids,
      spanProcessors: processors,
      spanLimits,
    });
    this.#tracer = provider.getTracer("bunny", VERSION);
  }

  probe(result: ProbeResult, context: Pick<TraceContext, "traceId" | "spanId">): void {
    const { startedAtMs, durationMs, outcome } = result;
    this.#ids.next = context;
    const span = this.#tracer.startSpan(SPAN_NAMES[result.type], {
      kind: SpanKind.CLIENT,
      startTime: hrTimeOf(startedAtMs),
      attributes: attributesOf(result),
    }, ROOT_CONTEXT);
    for (const { name, atMs, attributes } of result.events) {
      span.addEvent(name, attributes, hrTimeOf(startedAtMs + atMs));
    }
    if (outcome.kind === "pass") span.setStatus({ code: SpanStatusCode.OK });
    else span.setStatus({ code: SpanStatusCode.ERROR, message: outcome.detail });
    span.end(hrTimeOf(startedAtMs + durationMs));
  }

  /** `behind`: the probes' spans that the verdict rests on. */
  verdict(
    change: VerdictChange,
    context: Pick<TraceContext, "traceId" | "spanId">,
    behind: readonly { readonly probe: string; readonly context: Pick<TraceContext, "traceId" | "spanId"> }[],
  ): void {
    const { endpoint, healthy, reason, atMs, durationMs } = change;
    this.#ids.next = context;
    const links = behind.map(({ probe, context }): Link => ({
      context: { ...context, traceFlags: TraceFlags.SAMPLED },
      attributes: { "bunny-probe-name": probe },
    }));
    const span = this.#tracer.startSpan("health-verdict", {
      kind: SpanKind.INTERNAL,
      startTime: hrTimeOf(atMs - durationMs),
      attributes: {
        "bunny.health.endpoint": endpoint,
        "bunny.health.verdict": healthy ? "healthy" : "unhealthy",
        "bunny.health.reason": reason,
      },
      links,
    }, ROOT_CONTEXT);
    span.setStatus(healthy ? { code: SpanStatusCode.OK } : { code: SpanStatusCode.ERROR, message: reason });
    span.end(hrTimeOf(atMs));
  }
}

function attributesOf({ probe, outcome, facts }: ProbeResult): Attributes {
  const attributes: Attributes = { "bunny-probe-name": probe };
  if (facts.serverAddress !== undefined) attributes["server.address"] = facts.serverAddress;
  if (facts.serverPort !== undefined) attributes["server.port"] = facts.serverPort;
  if (facts.httpStatusCode !== undefined) attributes["http.response.status_code"] = facts.httpStatusCode;
  if (facts.grpcStatusCode !== undefined) attributes["rpc.grpc.status_code"] = facts.grpcStatusCode;
  if (outcome.kind === "fail") attributes["error.type"] = outcome.reason;
  return attributes;
}
