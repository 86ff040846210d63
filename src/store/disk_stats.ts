/** What the disk side of a store counts; see StoreStats for the meanings. */
export interface DiskCounts {
  compactions: number;
  compactionFailures: number;
  blocksLoadFailures: number;
  walCorruptions: number;
  walTruncations: number;
  checkpoints: number;
  checkpointFailures: number;
  headTruncations: number;
  timeRetentions: number;
  sizeRetentions: number;
  blocksSetAside: number;
  replayMs: number;
  replayedSamples: number;
  replayedOrphans: number;
}

export function noDiskCounts(): DiskCounts {
  return {
    compactions: 0,
    compactionFailures: 0,
    blocksLoadFailures: 0,
    walCorruptions: 0,
    walTruncations: 0,
    checkpoints: 0,
    checkpointFailures: 0,
    headTruncations: 0,
    timeRetentions: 0,
    sizeRetentions: 0,
    blocksSetAside: 0,
    replayMs: 0,
    replayedSamples: 0,
    replayedOrphans: 0,
  };
}
