import { type Labels, METRIC_NAME } from "../../src/model/labels.ts";
import { isStaleNaN } from "../../src/model/sample.ts";
import type { Appendable, SeriesRef } from "../../src/model/store.ts";

/** One append as the store saw it: series text → value, stale markers as "stale". */
export interface SeenAppend {
  readonly at: number;
  readonly samples: Readonly<Record<string, number | "stale">>;
}

/** A store that writes down what it is told, and refuses on demand. */
export class FakeStore implements Appendable {
  readonly appends: SeenAppend[] = [];
  readonly holds = new Map<string, number>();
  /** Thrown by the next calls, while set. */
  failure: Error | undefined;
  /** What `append` says it left out. */
  leftOut = 0;
  readonly #series: string[] = [];

  acquire(labels: Labels): SeriesRef {
    if (this.failure) throw this.failure;
    const text = textOf(labels);
    let ref = this.#series.indexOf(text);
    if (ref < 0) ref = this.#series.push(text) - 1;
    this.holds.set(text, (this.holds.get(text) ?? 0) + 1);
    return ref as SeriesRef;
  }

  release(ref: SeriesRef): void {
    const text = this.#series[ref];
    this.holds.set(text, this.holds.get(text)! - 1);
  }

  append(timestampMs: number, refs: ArrayLike<SeriesRef>, values: ArrayLike<number>): number {
    if (this.failure) throw this.failure;
    const samples: Record<string, number | "stale"> = {};
    for (let i = 0; i < refs.length; i++) {
      samples[this.#series[refs[i]]] = isStaleNaN(values[i]) ? "stale" : values[i];
    }
    this.appends.push({ at: timestampMs, samples });
    return this.leftOut;
  }

  appendHistogram(): boolean {
    throw new Error("no histogram goes to the store");
  }

  /** What was appended since the last call. */
  take(): SeenAppend[] {
    return this.appends.splice(0);
  }
}

function textOf(labels: Labels): string {
  const rest = [...labels.drop(new Set([METRIC_NAME]))].map(([name, value]) => `${name}=${value}`).join(",");
  return rest === "" ? labels.metricName : `${labels.metricName}{${rest}}`;
}
