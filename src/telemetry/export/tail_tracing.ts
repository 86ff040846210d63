import { ROOT_CONTEXT, SpanKind } from "@opentelemetry/api";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  type Sampler,
  SamplingDecision,
  TraceIdRatioBasedSampler,
} from "@opentelemetry/sdk-trace";
import { takeOldest } from "../../base/oldest.ts";
import type { ProbeResult, ProbeType } from "../../model/probe_result.ts";
import type { TraceContext, Tracing, VerdictChange } from "../../model/trace.ts";
import type { SamplerSetting } from "../otel_environment.ts";
import type { TraceIds } from "../trace_ids.ts";
import { SPAN_NAMES, type SpanFactory } from "./span_factory.ts";

/** Most probes whose last result is remembered for a verdict's links. */
const MAX_PROBES = 4_096;

export interface TailTracingOptions {
  readonly ids: TraceIds;
  readonly factory: SpanFactory;
  /** Sends what is queued at once. */
  readonly flushSoon: () => void;
  readonly sampler: SamplerSetting;
  /** Share of successes kept, 0…1, beside the sampler; the smaller one counts. */
  readonly successRatio: number;
  readonly propagate: boolean;
}

/** A probe's newest result, and whether its span went out. */
interface Last {
  readonly result: ProbeResult;
  readonly context: Pick<TraceContext, "traceId" | "spanId">;
  kept: boolean;
}

/**
 * Decides when a probe has ended whether its span is kept: failures always, successes as the samplers say. A change of
 * verdict also keeps the last spans of the probes behind it, so that its links lead somewhere.
 */
export class TailTracing implements Tracing {
  readonly #options: TailTracingOptions;
  readonly #samplers: readonly Sampler[];
  /** By probe. */
  readonly #last = new Map<string, Last>();

  constructor(options: TailTracingOptions) {
    this.#options = options;
    this.#samplers = [samplerOf(options.sampler), new TraceIdRatioBasedSampler(options.successRatio)];
  }

  begin(_probe: string, type: ProbeType): TraceContext | undefined {
    return this.#options.propagate ? this.#newContext(type) : undefined;
  }

  probeFinished(result: ProbeResult): void {
    const context = result.trace ?? this.#newContext(result.type);
    const last: Last = { result, context, kept: false };
    if (result.outcome.kind === "fail" || context.sampled) this.#keep(last);
    this.#last.set(result.probe, last);
    if (this.#last.size > MAX_PROBES) takeOldest(this.#last);
  }

  verdictChanged(change: VerdictChange): void {
    const { ids, factory, flushSoon } = this.#options;
    const behind = change.probes.flatMap((probe) => this.#last.get(probe) ?? []);
    for (const last of behind) this.#keep(last);
    factory.verdict(
      change,
      { traceId: ids.traceId(), spanId: ids.spanId() },
      behind.map(({ result, context }) => ({ probe: result.probe, context })),
    );
    flushSoon();
  }

  #keep(last: Last): void {
    if (last.kept) return;
    last.kept = true;
    this.#options.factory.probe(last.result, last.context);
  }

  #newContext(type: ProbeType): TraceContext {
    const { ids } = this.#options;
    const traceId = ids.traceId();
    const sampled = this.#samplers.every((sampler) =>
      sampler.shouldSample(ROOT_CONTEXT, traceId, SPAN_NAMES[type], SpanKind.CLIENT, {}, []).decision ===
        SamplingDecision.RECORD_AND_SAMPLED
    );
    return { traceId, spanId: ids.spanId(), sampled };
  }
}

function samplerOf({ kind, ratio }: SamplerSetting): Sampler {
  switch (kind) {
    case "always_on":
      return new AlwaysOnSampler();
    case "always_off":
      return new AlwaysOffSampler();
    case "ratio":
      return new TraceIdRatioBasedSampler(ratio);
  }
}
