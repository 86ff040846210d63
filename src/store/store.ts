import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import type { Steps } from "../base/steps.ts";
import type { Histogram } from "../model/histogram.ts";
import type { Labels } from "../model/labels.ts";
import type { Appendable, Queryable, Selection, Series, SeriesRef } from "../model/store.ts";
import type { BlockMeans } from "./block.ts";
import { BlockSet } from "./block_set.ts";
import { ChunkDecoder } from "./chunk_decoder.ts";
import { ChunkBuffer } from "./chunk_files.ts";
import { ClockWatch, isFromTheFuture } from "./clock_watch.ts";
import { DecodedCache } from "./decoded_cache.ts";
import { Disk } from "./disk.ts";
import { noDiskCounts } from "./disk_stats.ts";
import { Head } from "./head.ts";
import { dropAfter, dropOldest } from "./head_edit.ts";
import { HeadReader } from "./head_reader.ts";
import { memoryBytes } from "./head_totals.ts";
import { MatcherMemo } from "./matcher_memo.ts";
import { settingsOf, type StoreOptions, type StoreSettings } from "./options.ts";
import { PageCache } from "./page_cache.ts";
import { statsOf, type StoreStats } from "./stats.ts";
import { StoreReader } from "./store_reader.ts";

/** How often appended samples are handed to the operating system: what a crash of this process can lose. */
const FLUSH_PERIOD_MS = 100;

/** How often they are forced onto the disk, and work that is due is looked for: what a loss of power can lose. */
const SYNC_PERIOD_MS = 1_000;

/** Index pages of blocks in memory, all blocks together. */
const PAGE_CACHE_BYTES = 1024 * 1024;

/**
 * The time-series store: what probes append and queries read. With a directory it is a Prometheus TSDB; without one, or
 * when the directory can't be used, everything is the same but for what a restart forgets.
 */
export class Store implements Appendable, Queryable {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #settings: StoreSettings;
  readonly #head: Head;
  readonly #headReader: HeadReader;
  readonly #blocks = new BlockSet();
  readonly #means: BlockMeans;
  readonly #reader: StoreReader;
  readonly #watch: ClockWatch;
  readonly #counts = noDiskCounts();
  readonly #stopping = new AbortController();
  #disk: Disk | undefined;
  /** Why there is a directory but no disk. */
  #memoryOnlyReason: string | undefined;
  #loop: Promise<void> = Promise.resolve();
  #running: Promise<void> = Promise.resolve();
  /** Maintenance runs under way or to come. */
  #waiting = 0;
  /** Monotonic time up to which nothing expires by age, for the clock may have been set forward by mistake. */
  #holdUntil = -Infinity;

  private constructor(options: StoreOptions) {
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#settings = settingsOf(options);
    const decoded = new DecodedCache(this.#settings.decodedCacheBytes);
    const decoder = new ChunkDecoder();
    let nextKey = 0;
    this.#means = {
      pages: new PageCache(PAGE_CACHE_BYTES),
      buffer: new ChunkBuffer(),
      decoder,
      decoded,
      memo: new MatcherMemo(),
      newChunkKeys: (count) => (nextKey += count) - count,
    };
    this.#head = new Head({
      chunkRangeMs: this.#settings.minBlockMs,
      memo: this.#means.memo,
      onFree: (id) => decoded.drop(-1 - id),
    });
    this.#headReader = new HeadReader(this.#head.chunks, decoder, decoded);
    this.#reader = new StoreReader(
      this.#head,
      this.#headReader,
      this.#blocks,
      this.#means.memo,
      options.logger,
    );
    this.#watch = new ClockWatch(options.clock);
  }

  /** Opens the store. Rejects only for options that can't work: trouble with the directory leads to memory only. */
  static async open(options: StoreOptions): Promise<Store> {
    const store = new Store(options);
    await store.#openDisk();
    store.#loop = store.#workUntilClosed();
    return store;
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

  preparing(selection: Selection): Steps<void> {
    return this.#reader.preparing(selection);
  }

  select(selection: Selection): Series[] {
    return this.#reader.select(selection);
  }

  labelNames(selection: Selection): string[] {
    return this.#reader.labelNames(selection);
  }

  labelValues(name: string, selection: Selection): string[] {
    return this.#reader.labelValues(name, selection);
  }

  /** Hands what was appended to the operating system, so that it survives this process; the timer does it too. */
  flush(): void {
    this.#disk?.flush();
  }

  /** Forces what was appended onto the disk, so that it survives a loss of power; the timer does it too. */
  async sync(): Promise<void> {
    this.#disk?.flush();
    await this.#disk?.sync();
  }

  /** Does all work that is due now: blocks, log, retention. Never rejects; the timer calls it too. */
  maintain(): Promise<void> {
    this.#waiting++;
    this.#running = this.#running.then(() => this.#maintain()).catch((error) => {
      this.#logger.error("store maintenance failed", { error: messageOf(error) });
    }).finally(() => this.#waiting--);
    return this.#running;
  }

  stats(): StoreStats {
    return statsOf({
      head: this.#head,
      blocks: this.#blocks,
      reader: this.#reader,
      disk: this.#disk,
      clock: this.#clock,
      watch: this.#watch,
      decoded: this.#means.decoded,
      counts: this.#counts,
      memoryOnlyReason: this.#memoryOnlyReason,
    });
  }

  /** Ends the timer, writes out what is in the log's buffer, and gives the directory free. */
  async close(): Promise<void> {
    this.#stopping.abort();
    try {
      await this.#loop;
      await this.#running;
    } finally {
      await this.#disk?.close();
      this.#head.log = undefined;
      this.#disk = undefined;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #openDisk(): Promise<void> {
    const { dir } = this.#settings;
    if (dir === undefined) return;
    const result = await Disk.open({
      dir,
      settings: this.#settings,
      clock: this.#clock,
      logger: this.#logger,
      head: this.#head,
      headReader: this.#headReader,
      blocks: this.#blocks,
      means: this.#means,
      counts: this.#counts,
    });
    if (result.kind === "ok") {
      this.#disk = result.disk;
      return;
    }
    this.#memoryOnlyReason = result.reason;
    this.#logger.error("store directory can't be used: samples are kept in memory only", {
      dir,
      reason: result.reason,
    });
  }

  async #maintain(): Promise<void> {
    await this.#followClock();
    const mayExpireByAge = this.#clock.now() >= this.#holdUntil;
    await this.#disk?.maintain(mayExpireByAge);
    if (this.#disk && !this.#disk.isStuck) return; // it keeps the head small
    if (mayExpireByAge) this.#expireByAge();
    this.#expireBySize();
  }

  async #followClock(): Promise<void> {
    const step = this.#watch.check();
    if (step.kind === "steady") return;
    const nowMs = this.#clock.wallNow();
    if (step.kind === "ahead") {
      this.#holdUntil = this.#clock.now() + this.#settings.retentionMs;
      this.#logger.warn("clock jumped ahead: nothing expires by age for one retention", { byMs: step.byMs });
      return;
    }
    this.#holdUntil = -Infinity;
    const newestMs = Math.max(this.#head.maxTimeMs, this.#blocks.maxTimeMs);
    this.#logger.warn("clock jumped back", { byMs: step.byMs });
    if (!isFromTheFuture(newestMs, nowMs)) return;
    this.#logger.warn("samples from what is now the future are set aside", { newestMs, nowMs });
    if (this.#disk) await this.#disk.setAsideFuture(nowMs);
    else dropAfter(this.#head, this.#headReader, nowMs);
  }

  #expireByAge(): void {
    const removed = this.#head.counts.chunksRemoved;
    this.#head.truncate(this.#clock.wallNow() - this.#settings.retentionMs);
    if (this.#head.counts.chunksRemoved > removed) this.#counts.timeRetentions++;
  }

  #expireBySize(): void {
    const head = this.#head;
    const { retentionSizeBytes } = this.#settings;
    if (memoryBytes(head) <= retentionSizeBytes) return;
    this.#counts.sizeRetentions++;
    dropOldest(head, () => memoryBytes(head) <= retentionSizeBytes);
  }

  async #workUntilClosed(): Promise<void> {
    let syncAt = this.#clock.now() + SYNC_PERIOD_MS;
    const periodMs = this.#disk ? FLUSH_PERIOD_MS : SYNC_PERIOD_MS;
    while (await this.#clock.sleepUntil(this.#clock.now() + periodMs, this.#stopping.signal)) {
      try {
        this.#disk?.flush();
        if (this.#disk?.isCrowded && this.#waiting === 0) void this.maintain();
        if (this.#clock.now() < syncAt) continue;
        syncAt = this.#clock.now() + SYNC_PERIOD_MS;
        await this.#disk?.sync();
        if (this.#waiting === 0) void this.maintain(); // the log goes on being flushed meanwhile
      } catch (error) { // no one round may end them all
        this.#logger.error("store's timer failed", { error: messageOf(error) });
      }
    }
  }
}
