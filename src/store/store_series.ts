import type { Labels } from "../model/labels.ts";
import type { SampleColumns } from "../model/sample.ts";
import type { Series } from "../model/store.ts";
import type { HeadReader } from "./head_reader.ts";
import type { HeadSeries } from "./head_series.ts";

/** A series as queries see it. */
export class StoreSeries implements Series {
  readonly labels: Labels;
  readonly #head: HeadSeries;
  readonly #reader: HeadReader;

  constructor(head: HeadSeries, reader: HeadReader) {
    this.labels = head.labels;
    this.#head = head;
    this.#reader = reader;
  }

  read(minTimeMs: number, maxTimeMs: number, into: SampleColumns): void {
    this.#reader.read(this.#head, minTimeMs, maxTimeMs, into);
  }

  readLast(minTimeMs: number, maxTimeMs: number, into: SampleColumns): boolean {
    return this.#reader.readLast(this.#head, minTimeMs, maxTimeMs, into);
  }
}
