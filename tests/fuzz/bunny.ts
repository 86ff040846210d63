import { SystemClock } from "../../src/base/clock.ts";
import {
  Engine,
  formatApiFloat,
  type MatrixSeries,
  type QueryResult,
  type QueryValue,
} from "../../src/query/mod.ts";
import type { OpenStore } from "../support/promql_script/mod.ts";
import { openStore, type StoreName } from "../conformance/stores.ts";
import { type Dataset, loadInto } from "./data.ts";
import type { Answer, AnswerSeries, Moment } from "./prometheus.ts";

/** Our engine over a dataset, set up as Prometheus is by default, answering in the same form. */
export class Bunny implements AsyncDisposable {
  readonly #engine = new Engine({
    clock: new SystemClock(),
    maxSamples: 50_000_000,
    timeoutMs: 60_000,
    noStepSubqueryIntervalMs: 60_000,
  });
  readonly #opened: OpenStore;

  private constructor(opened: OpenStore) {
    this.#opened = opened;
  }

  static async start(store: StoreName, dataset: Dataset): Promise<Bunny> {
    const opened = await openStore(store);
    loadInto(opened.store, dataset);
    return new Bunny(opened);
  }

  async query(query: string, moment: Moment): Promise<Answer> {
    const { store } = this.#opened;
    const result = moment.kind === "instant"
      ? await this.#engine.instant(store, query, moment.timeMs)
      : await this.#engine.range(store, query, moment.startMs, moment.endMs, moment.stepMs);
    return toAnswer(result);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened.close();
  }
}

function toAnswer(result: QueryResult): Answer {
  if (result.kind === "error") return { kind: "error", message: result.error.message };
  return { kind: "ok", type: result.value.kind, series: toSeries(result.value) };
}

function toSeries(value: QueryValue): AnswerSeries[] {
  switch (value.kind) {
    case "scalar":
      return [oneSample({}, value.timestampMs, formatApiFloat(value.value))];
    case "string":
      return [oneSample({}, value.timestampMs, value.value)];
    case "vector":
      return value.samples.map(({ labels, timestampMs, value }) =>
        oneSample(labels.toRecord(), timestampMs, formatApiFloat(value))
      );
    case "matrix":
      return value.series.map(ofMatrix);
  }
}

function oneSample(labels: Record<string, string>, timestampMs: number, value: string): AnswerSeries {
  return { labels, timestampsMs: [timestampMs], values: [value] };
}

function ofMatrix({ labels, timestamps, values }: MatrixSeries): AnswerSeries {
  return {
    labels: labels.toRecord(),
    timestampsMs: [...timestamps],
    values: [...values].map(formatApiFloat),
  };
}
