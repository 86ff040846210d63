import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import type { Histogram } from "../model/histogram.ts";
import type { Labels } from "../model/labels.ts";
import type { Appendable, Queryable, Selection, Series, SeriesRef } from "../model/store.ts";
import { ChunkDecoder } from "./chunk_decoder.ts";
import { Head } from "./head.ts";
import { HeadReader } from "./head_reader.ts";
import { settingsOf, type StoreOptions, type StoreSettings } from "./options.ts";
import type { StoreStats } from "./stats.ts";
import { StoreSeries } from "./store_series.ts";

/** How often the store looks for work that is due. */
const MAINTENANCE_PERIOD_MS = 1_000;

/** The time-series store: what probes append and queries read. */
export class Store implements Appendable, Queryable {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #settings: StoreSettings;
  readonly #head: Head;
  readonly #reader: HeadReader;
  readonly #stopping = new AbortController();
  #loop: Promise<void> = Promise.resolve();
  #headTruncations = 0;
  #timeRetentions = 0;
  #sizeRetentions = 0;

  private constructor(options: StoreOptions) {
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#settings = settingsOf(options);
    this.#head = new Head({ chunkRangeMs: this.#settings.minBlockMs });
    this.#reader = new HeadReader(this.#head.chunks, new ChunkDecoder());
  }

  static open(options: StoreOptions): Promise<Store> {
    const store = new Store(options);
    store.#loop = store.#maintainUntilClosed();
    return Promise.resolve(store);
  }

  acquire(labels: Labels): SeriesRef {
    const series = this.#head.getOrCreate(labels);
    series.holders++;
    return series.ref;
  }

  release(ref: SeriesRef): void {
    const series = this.#head.at(ref);
    if (series && series.holders > 0) series.holders--;
  }

  append(
    timestampMs: number,
    refs: ArrayLike<SeriesRef>,
    values: ArrayLike<number>,
    startTimestampMs = 0,
  ): number {
    return this.#head.append(timestampMs, refs, values, startTimestampMs);
  }

  appendHistogram(
    timestampMs: number,
    ref: SeriesRef,
    histogram: Histogram,
    startTimestampMs = 0,
  ): boolean {
    return this.#head.appendHistogram(timestampMs, ref, histogram, startTimestampMs);
  }

  select({ matchers, minTimeMs, maxTimeMs }: Selection): Series[] {
    const head = this.#head;
    const found: Series[] = [];
    head.index.select(matchers, (ref) => head.at(ref as SeriesRef)!.labels, (ref) => {
      const series = head.at(ref as SeriesRef)!;
      if (series.isEmpty || series.lastTimeMs < minTimeMs) return;
      const firstMs = series.chunks.length > 0 ? head.chunks.minTimeMs(series.chunks[0]) : series.times[0];
      if (firstMs <= maxTimeMs) found.push(new StoreSeries(series, this.#reader));
    });
    return found;
  }

  labelNames(selection: Selection): string[] {
    if (selection.matchers.length === 0) return this.#head.index.names();
    const names = new Set<string>();
    for (const { labels } of this.select(selection)) for (const [name] of labels) names.add(name);
    return [...names].sort();
  }

  labelValues(name: string, selection: Selection): string[] {
    if (selection.matchers.length === 0) return this.#head.index.valuesOf(name);
    const values = new Set<string>();
    for (const { labels } of this.select(selection)) if (labels.has(name)) values.add(labels.get(name));
    return [...values].sort();
  }

  /** Does what is due now: retention. Called by the store's own clock loop; callable at any time. */
  maintain(): Promise<void> {
    this.#expireByAge();
    this.#expireBySize();
    return Promise.resolve();
  }

  stats(): StoreStats {
    const head = this.#head;
    const isEmpty = head.minTimeMs === Infinity;
    return {
      headSeries: head.seriesCount,
      headSeriesCreated: head.counts.seriesCreated,
      headSeriesRemoved: head.counts.seriesRemoved,
      headChunks: head.chunks.size,
      headChunksCreated: head.counts.chunksCreated,
      headChunksRemoved: head.counts.chunksRemoved,
      headMinTimeMs: isEmpty ? undefined : head.minTimeMs,
      headMaxTimeMs: isEmpty ? undefined : head.maxTimeMs,
      headChunkBytes: head.chunks.dataBytes,
      samplesAppended: head.counts.samplesAppended,
      histogramsAppended: head.counts.histogramsAppended,
      outOfOrderSamples: head.counts.outOfOrder,
      outOfBoundSamples: head.counts.outOfBounds,
      headTruncations: this.#headTruncations,
      timeRetentions: this.#timeRetentions,
      sizeRetentions: this.#sizeRetentions,
    };
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #expireByAge(): void {
    const removed = this.#head.counts.chunksRemoved;
    this.#head.truncate(this.#clock.wallNow() - this.#settings.retentionMs);
    if (this.#head.counts.chunksRemoved > removed) this.#timeRetentions++;
  }

  #expireBySize(): void {
    const head = this.#head;
    if (head.chunks.memoryBytes <= this.#settings.retentionSizeBytes) return;
    this.#sizeRetentions++;
    const sliceMs = Math.max(1, (head.maxTimeMs - head.minTimeMs) / 64);
    while (head.chunks.size > 0 && head.chunks.memoryBytes > this.#settings.retentionSizeBytes) {
      head.truncate(head.minTimeMs + sliceMs);
    }
  }

  async #maintainUntilClosed(): Promise<void> {
    let dueAt = this.#clock.now() + MAINTENANCE_PERIOD_MS;
    while (await this.#clock.sleepUntil(dueAt, this.#stopping.signal)) {
      try {
        await this.maintain();
      } catch (error) {
        this.#logger.error("store maintenance failed", { error: messageOf(error) });
      }
      dueAt = this.#clock.now() + MAINTENANCE_PERIOD_MS;
    }
  }
}
