import type { Labels } from "../model/labels.ts";
import { SampleColumns } from "../model/sample.ts";
import type { Series } from "../model/store.ts";
import type { Block, BlockSeries } from "./block.ts";
import { copyLast, mergeRuns } from "./columns.ts";
import type { HeadSeries } from "./head_series.ts";
import type { StoreReader } from "./store_reader.ts";

/** What one block has of a series. */
export interface BlockPart {
  readonly block: Block;
  readonly series: BlockSeries;
}

/**
 * A series as queries see it: what blocks have of it, in order of time, then what the head has. When series or
 * blocks have come or gone since, it looks its parts up again.
 */
export class StoreSeries implements Series {
  readonly labels: Labels;
  readonly #reader: StoreReader;
  #head: HeadSeries | undefined;
  #parts: readonly BlockPart[];
  /** Time of the newest sample that the parts may have. */
  #partsMaxTimeMs: number;
  #headGeneration: number;
  #blockGeneration: number;

  constructor(
    reader: StoreReader,
    labels: Labels,
    head: HeadSeries | undefined,
    parts: readonly BlockPart[],
  ) {
    this.labels = labels;
    this.#reader = reader;
    this.#head = head;
    this.#parts = parts;
    this.#partsMaxTimeMs = maxTimeOf(parts);
    this.#headGeneration = reader.head.generation;
    this.#blockGeneration = reader.blocks.generation;
  }

  /** Whether some chunk touches the range, ends inclusive. */
  mayHave(minTimeMs: number, maxTimeMs: number): boolean {
    const head = this.#head;
    if (head && !head.isEmpty && head.lastTimeMs >= minTimeMs) {
      if (this.#reader.head.firstTimeMs(head) <= maxTimeMs) return true;
    }
    return this.#parts.some(({ series: { chunks } }) => {
      const index = chunks.firstNotBefore(minTimeMs);
      return index < chunks.count && chunks.minTimeMs(index) <= maxTimeMs;
    });
  }

  read(minTimeMs: number, maxTimeMs: number, into: SampleColumns): void {
    this.#refresh();
    const start = into.length;
    for (const { block, series } of this.#parts) {
      if (!block.overlaps(minTimeMs, maxTimeMs)) continue;
      const row = into.length;
      this.#reader.guard(block, () => block.read(series, minTimeMs, maxTimeMs, into));
      mergeRuns(into, start, row);
    }
    if (!this.#head) return;
    const row = into.length;
    this.#reader.headReader.read(this.#head, minTimeMs, maxTimeMs, into);
    mergeRuns(into, start, row);
  }

  readLast(minTimeMs: number, maxTimeMs: number, into: SampleColumns): boolean {
    this.#refresh();
    const head = this.#head;
    // A block of late samples may reach into the head's time: what the head has last may not be the newest then.
    const isHeadLast = !head || this.#reader.head.firstTimeMs(head) > this.#partsMaxTimeMs;
    if (isHeadLast && head && this.#reader.headReader.readLast(head, minTimeMs, maxTimeMs, into)) return true;
    if (isHeadLast && this.#reader.blocks.areDisjoint) {
      const parts = this.#parts;
      for (let i = parts.length - 1; i >= 0; i--) {
        if (this.#readLastOf(parts[i], minTimeMs, maxTimeMs, into)) return true;
      }
      return false;
    }
    const columns = new SampleColumns();
    this.read(minTimeMs, maxTimeMs, columns);
    return copyLast(columns, minTimeMs, maxTimeMs, into);
  }

  /** Reads whole chunks from the end until one has a sample. */
  #readLastOf(
    { block, series }: BlockPart,
    minTimeMs: number,
    maxTimeMs: number,
    into: SampleColumns,
  ): boolean {
    const { chunks } = series;
    const columns = new SampleColumns();
    for (let i = chunks.count - 1; i >= 0 && chunks.maxTimeMs(i) >= minTimeMs; i--) {
      if (chunks.minTimeMs(i) > maxTimeMs) continue;
      const fromMs = Math.max(minTimeMs, chunks.minTimeMs(i));
      const toMs = Math.min(maxTimeMs, chunks.maxTimeMs(i));
      this.#reader.guard(block, () => block.read(series, fromMs, toMs, columns));
      if (copyLast(columns, minTimeMs, maxTimeMs, into)) return true;
    }
    return false;
  }

  #refresh(): void {
    const { head, blocks } = this.#reader;
    if (head.generation !== this.#headGeneration) {
      this.#head = head.find(this.labels);
      this.#headGeneration = head.generation;
    }
    if (blocks.generation !== this.#blockGeneration) {
      this.#parts = this.#reader.partsOf(this.labels);
      this.#partsMaxTimeMs = maxTimeOf(this.#parts);
      this.#blockGeneration = blocks.generation;
    }
  }
}

/** Time of the newest sample that the parts may have; -Infinity without any. */
function maxTimeOf(parts: readonly BlockPart[]): number {
  let latest = -Infinity;
  for (const { series: { chunks } } of parts) {
    if (chunks.count > 0) latest = Math.max(latest, chunks.maxTimeMs(chunks.count - 1));
  }
  return latest;
}
