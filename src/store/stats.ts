/** What a store holds and has done since it was opened. The metric after each field has the same meaning in Prometheus. */
export interface StoreStats {
  /** prometheus_tsdb_head_series */
  readonly headSeries: number;
  /** prometheus_tsdb_head_series_created_total */
  readonly headSeriesCreated: number;
  /** prometheus_tsdb_head_series_removed_total */
  readonly headSeriesRemoved: number;
  /** prometheus_tsdb_head_chunks: closed ones. */
  readonly headChunks: number;
  /** prometheus_tsdb_head_chunks_created_total */
  readonly headChunksCreated: number;
  /** prometheus_tsdb_head_chunks_removed_total */
  readonly headChunksRemoved: number;
  /** prometheus_tsdb_head_min_time, ms since the epoch; undefined while the head is empty. */
  readonly headMinTimeMs: number | undefined;
  /** prometheus_tsdb_head_max_time, ms since the epoch; undefined while the head is empty. */
  readonly headMaxTimeMs: number | undefined;
  /** Encoded bytes of the head's closed chunks. */
  readonly headChunkBytes: number;
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
  /** prometheus_tsdb_time_retentions_total: times that something expired by age. */
  readonly timeRetentions: number;
  /** prometheus_tsdb_size_retentions_total: times that something had to make room. */
  readonly sizeRetentions: number;
}
