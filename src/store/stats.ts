import type { Clock } from "../base/clock.ts";
import type { BlockSet } from "./block_set.ts";
import type { ClockWatch } from "./clock_watch.ts";
import type { DecodedCache } from "./decoded_cache.ts";
import type { Disk } from "./disk.ts";
import type { DiskCounts } from "./disk_stats.ts";
import type { Head } from "./head.ts";
import { memoryBytes, openChunks } from "./head_totals.ts";
import type { StoreReader } from "./store_reader.ts";

/** What a store holds and has done since it was opened. The metric after a field has the same meaning in Prometheus. */
export interface StoreStats {
  /** "disk": samples reach the directory. "suspended": there is one, but nothing is written now. "memory": there is none. */
  readonly mode: "disk" | "suspended" | "memory";
  /** Why nothing is written, where a directory was asked for. */
  readonly modeReason: string | undefined;

  /** prometheus_tsdb_head_series */
  readonly headSeries: number;
  /** prometheus_tsdb_head_series_created_total */
  readonly headSeriesCreated: number;
  /** prometheus_tsdb_head_series_removed_total */
  readonly headSeriesRemoved: number;
  /** prometheus_tsdb_head_chunks, open ones included. */
  readonly headChunks: number;
  /** prometheus_tsdb_head_chunks_created_total */
  readonly headChunksCreated: number;
  /** prometheus_tsdb_head_chunks_removed_total */
  readonly headChunksRemoved: number;
  /** prometheus_tsdb_head_min_time, ms since the epoch; undefined while the head is empty. */
  readonly headMinTimeMs: number | undefined;
  /** prometheus_tsdb_head_max_time, ms since the epoch; undefined while the head is empty. */
  readonly headMaxTimeMs: number | undefined;
  /** Encoded bytes of the closed chunks. */
  readonly headChunkBytes: number;
  /** Memory of closed and open chunks. */
  readonly headMemoryBytes: number;
  /** prometheus_tsdb_head_samples_appended_total{type="float"} */
  readonly samplesAppended: number;
  /** prometheus_tsdb_head_samples_appended_total{type="histogram"} */
  readonly histogramsAppended: number;
  /** prometheus_tsdb_out_of_order_samples_total */
  readonly outOfOrderSamples: number;
  /** prometheus_tsdb_out_of_bound_samples_total */
  readonly outOfBoundSamples: number;
  /** prometheus_tsdb_head_truncations_total */
  readonly headTruncations: number;

  /** prometheus_tsdb_blocks_loaded */
  readonly blocks: number;
  /** prometheus_tsdb_storage_blocks_bytes */
  readonly blockBytes: number;
  /** prometheus_tsdb_reloads_failures_total: blocks that couldn't be opened. */
  readonly blockLoadFailures: number;
  /** Reads that met a broken block, and left out what they couldn't read. */
  readonly blockCorruptions: number;
  /** prometheus_tsdb_compactions_total: blocks cut from the head, and merged. */
  readonly compactions: number;
  /** prometheus_tsdb_compactions_failed_total */
  readonly compactionFailures: number;
  /** Blocks put aside because their time lay ahead of the clock. */
  readonly blocksSetAside: number;

  /** prometheus_tsdb_wal_storage_size_bytes, checkpoint included. */
  readonly walBytes: number;
  /** prometheus_tsdb_wal_writes_failed_total, failed syncs included. */
  readonly walFailures: number;
  /** prometheus_tsdb_wal_corruptions_total: segments with damage, repaired when the store was opened. */
  readonly walCorruptions: number;
  /** prometheus_tsdb_wal_truncations_total */
  readonly walTruncations: number;
  /** prometheus_tsdb_checkpoint_creations_total */
  readonly checkpoints: number;
  /** prometheus_tsdb_checkpoint_creations_failed_total */
  readonly checkpointFailures: number;
  /** prometheus_tsdb_data_replay_duration_seconds, in ms. */
  readonly replayMs: number;
  /** Samples that the log had when the store was opened. */
  readonly replayedSamples: number;
  /** Those of them whose series no intact record introduced: they are lost. */
  readonly replayedOrphans: number;

  /** Everything in the directory. */
  readonly diskBytes: number;
  /** prometheus_tsdb_time_retentions_total: times that something expired by age. */
  readonly timeRetentions: number;
  /** prometheus_tsdb_size_retentions_total: times that something had to make room. */
  readonly sizeRetentions: number;

  /** Times that the wall clock was found set forward, or the machine had slept; and set back. */
  readonly clockJumpsAhead: number;
  readonly clockJumpsBack: number;
  /** How far the store's time runs ahead of a machine's clock that was set back. */
  readonly clockAheadMs: number;

  /** Reads of closed chunks that found them decoded, and that didn't. */
  readonly decodedCacheHits: number;
  readonly decodedCacheMisses: number;
}

export interface StatsParts {
  readonly head: Head;
  readonly blocks: BlockSet;
  readonly reader: StoreReader;
  readonly disk: Disk | undefined;
  readonly clock: Clock;
  readonly watch: ClockWatch;
  readonly decoded: DecodedCache;
  readonly counts: DiskCounts;
  readonly memoryOnlyReason: string | undefined;
}

export function statsOf(parts: StatsParts): StoreStats {
  const { head, blocks, reader, disk, clock, watch, decoded, counts, memoryOnlyReason } = parts;
  const open = openChunks(head);
  const isEmpty = head.minTimeMs === Infinity;
  const state = disk?.wal.state;
  return {
    mode: state === undefined ? "memory" : state.kind === "writing" ? "disk" : "suspended",
    modeReason: state?.kind === "suspended" ? state.reason : memoryOnlyReason,
    headSeries: head.seriesCount,
    headSeriesCreated: head.counts.seriesCreated,
    headSeriesRemoved: head.counts.seriesRemoved,
    headChunks: head.chunks.size + open,
    headChunksCreated: head.counts.chunksCreated + open,
    headChunksRemoved: head.counts.chunksRemoved,
    headMinTimeMs: isEmpty ? undefined : head.minTimeMs,
    headMaxTimeMs: isEmpty ? undefined : head.maxTimeMs,
    headChunkBytes: head.chunks.dataBytes,
    headMemoryBytes: memoryBytes(head),
    samplesAppended: head.counts.samplesAppended,
    histogramsAppended: head.counts.histogramsAppended,
    outOfOrderSamples: head.counts.outOfOrder,
    outOfBoundSamples: head.counts.outOfBounds,
    headTruncations: counts.headTruncations,
    blocks: blocks.list().length,
    blockBytes: blocks.sizeBytes,
    blockLoadFailures: counts.blocksLoadFailures,
    blockCorruptions: reader.corruptions,
    compactions: counts.compactions,
    compactionFailures: counts.compactionFailures,
    blocksSetAside: counts.blocksSetAside,
    walBytes: disk?.walBytes ?? 0,
    walFailures: disk?.wal.failures ?? 0,
    walCorruptions: counts.walCorruptions,
    walTruncations: counts.walTruncations,
    checkpoints: counts.checkpoints,
    checkpointFailures: counts.checkpointFailures,
    replayMs: counts.replayMs,
    replayedSamples: counts.replayedSamples,
    replayedOrphans: counts.replayedOrphans,
    diskBytes: disk?.usedBytes ?? 0,
    timeRetentions: counts.timeRetentions,
    sizeRetentions: counts.sizeRetentions,
    clockJumpsAhead: watch.jumpsAhead,
    clockJumpsBack: watch.jumpsBack,
    clockAheadMs: clock.aheadMs ?? 0,
    decodedCacheHits: decoded.hits,
    decodedCacheMisses: decoded.misses,
  };
}
