import type { TraceContext, Tracing } from "../model/trace.ts";
import type { TraceIds } from "./trace_ids.ts";

/** Gives probes an identity to carry, and keeps no spans: what is left of tracing when nobody takes traces. */
export class ContextOnlyTracing implements Tracing {
  readonly #ids: TraceIds;

  constructor(ids: TraceIds) {
    this.#ids = ids;
  }

  begin(): TraceContext {
    return { traceId: this.#ids.traceId(), spanId: this.#ids.spanId(), sampled: false };
  }

  probeFinished(): void {}

  verdictChanged(): void {}
}
