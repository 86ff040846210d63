import type { StoreStats } from "../store/mod.ts";
import type { ReadingRow } from "./reading.ts";

/** The store's numbers under Prometheus' names, where they mean the same. */
export const STORE_ROWS: readonly ReadingRow<StoreStats>[] = [
  {
    name: "prometheus_tsdb_head_series",
    kind: "gauge",
    help: "Series in the head.",
    read: (stats) => stats.headSeries,
  },
  {
    name: "prometheus_tsdb_head_series_created_total",
    kind: "counter",
    help: "Series created in the head.",
    read: (stats) => stats.headSeriesCreated,
  },
  {
    name: "prometheus_tsdb_head_series_removed_total",
    kind: "counter",
    help: "Series removed from the head.",
    read: (stats) => stats.headSeriesRemoved,
  },
  {
    name: "prometheus_tsdb_head_chunks",
    kind: "gauge",
    help: "Chunks in the head.",
    read: (stats) => stats.headChunks,
  },
  {
    name: "prometheus_tsdb_head_chunks_created_total",
    kind: "counter",
    help: "Chunks created in the head.",
    read: (stats) => stats.headChunksCreated,
  },
  {
    name: "prometheus_tsdb_head_chunks_removed_total",
    kind: "counter",
    help: "Chunks removed from the head.",
    read: (stats) => stats.headChunksRemoved,
  },
  {
    name: "bunny_store_head_chunks_bytes",
    kind: "gauge",
    help: "Encoded size of the head's chunks.",
    read: (stats) => stats.headChunkBytes,
  },
  {
    name: "prometheus_tsdb_head_min_time",
    kind: "gauge",
    help: "Time of the head's oldest sample, milliseconds since the epoch.",
    read: (stats) => stats.headMinTimeMs,
  },
  {
    name: "prometheus_tsdb_head_max_time",
    kind: "gauge",
    help: "Time of the head's newest sample, milliseconds since the epoch.",
    read: (stats) => stats.headMaxTimeMs,
  },
  {
    name: "prometheus_tsdb_head_min_time_seconds",
    kind: "gauge",
    help: "Unix time of the head's oldest sample.",
    read: ({ headMinTimeMs }) => headMinTimeMs === undefined ? undefined : headMinTimeMs / 1_000,
  },
  {
    name: "prometheus_tsdb_head_max_time_seconds",
    kind: "gauge",
    help: "Unix time of the head's newest sample.",
    read: ({ headMaxTimeMs }) => headMaxTimeMs === undefined ? undefined : headMaxTimeMs / 1_000,
  },
  {
    name: "prometheus_tsdb_head_samples_appended_total",
    kind: "counter",
    help: "Samples appended, by type.",
    labels: { type: "float" },
    read: (stats) => stats.samplesAppended,
  },
  {
    name: "prometheus_tsdb_head_samples_appended_total",
    kind: "counter",
    help: "Samples appended, by type.",
    labels: { type: "histogram" },
    read: (stats) => stats.histogramsAppended,
  },
  {
    name: "prometheus_tsdb_out_of_order_samples_total",
    kind: "counter",
    help: "Samples left out for being older than their series' newest.",
    read: (stats) => stats.outOfOrderSamples,
  },
  {
    name: "prometheus_tsdb_out_of_bound_samples_total",
    kind: "counter",
    help: "Samples left out for being older than what the store keeps.",
    read: (stats) => stats.outOfBoundSamples,
  },
  {
    name: "prometheus_tsdb_head_truncations_total",
    kind: "counter",
    help: "Times that the head dropped its oldest part.",
    read: (stats) => stats.headTruncations,
  },
  {
    name: "prometheus_tsdb_time_retentions_total",
    kind: "counter",
    help: "Times that something expired by age.",
    read: (stats) => stats.timeRetentions,
  },
  {
    name: "prometheus_tsdb_size_retentions_total",
    kind: "counter",
    help: "Times that something had to make room.",
    read: (stats) => stats.sizeRetentions,
  },
];
