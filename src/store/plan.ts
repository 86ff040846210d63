import type { Block } from "./block.ts";
import type { Cut } from "./cut.ts";

/** How late a sample may come and still be taken, at least, in a store of long block ranges. */
const MAX_LATENESS_MS = 60_000;

/**
 * Which stretch of the head is due to become a block: its oldest block range, once the newest sample is half a range
 * past its end, or a minute where that is less: late samples still find the head open, and a start after a crash
 * has little more than one range of log to read. `afterMs`: where the last block ends.
 */
export function planCut(
  headMinMs: number,
  headMaxMs: number,
  afterMs: number,
  blockRangeMs: number,
): Cut | undefined {
  const startMs = Math.floor(headMinMs / blockRangeMs) * blockRangeMs;
  const latenessMs = Math.min(blockRangeMs / 2, MAX_LATENESS_MS);
  if (!(headMaxMs - startMs > blockRangeMs + latenessMs)) return undefined;
  return { minTimeMs: Math.max(startMs, afterMs), maxTimeMs: startMs + blockRangeMs };
}

/**
 * What to cut when room, not time, is short: the oldest half of the head, or a smaller `part`, but not across a multiple
 * of the block range.
 */
export function planEarlyCut(
  headMinMs: number,
  headMaxMs: number,
  blockRangeMs: number,
  part = 1 / 2,
): Cut | undefined {
  if (!(headMaxMs - headMinMs >= 2)) return undefined;
  const rangeEndMs = (Math.floor(headMinMs / blockRangeMs) + 1) * blockRangeMs;
  const middleMs = Math.floor(headMinMs + (headMaxMs - headMinMs) * part);
  return { minTimeMs: headMinMs, maxTimeMs: Math.min(rangeEndMs, middleMs + 1) };
}

/** What is left of the head's oldest block range, up to its newest sample: for a store that closes. */
export function planLastCut(
  headMinMs: number,
  headMaxMs: number,
  afterMs: number,
  blockRangeMs: number,
): Cut | undefined {
  if (!(headMaxMs >= headMinMs)) return undefined;
  const startMs = Math.floor(headMinMs / blockRangeMs) * blockRangeMs;
  return {
    minTimeMs: Math.max(startMs, afterMs),
    maxTimeMs: Math.min(startMs + blockRangeMs, headMaxMs + 1),
  };
}

/** What compaction needs to know of a block. */
export type Span = Pick<Block, "meta" | "sizeBytes">;

/** What compaction leaves alone. */
export interface CompactionLimits<B> {
  /** Groups that take up more than this together. Default: none. */
  readonly maxBytes?: number;
  /** Blocks that can't be read. Default: none. */
  readonly unreadable?: { has(block: B): boolean };
}

/**
 * Blocks to merge into one: two or more that lie in one aligned stretch of the block range, three times it, nine times …
 * up to `maxBlockMs`, when that stretch is over. Shorter stretches first, then older ones.
 */
export function planCompaction<B extends Span>(
  blocks: readonly B[],
  minBlockMs: number,
  maxBlockMs: number,
  headMinMs: number,
  { maxBytes = Infinity, unreadable }: CompactionLimits<B> = {},
): B[] | undefined {
  const mergeable = blocks.filter((block) => !unreadable?.has(block));
  for (const rangeMs of ranges(minBlockMs, maxBlockMs)) {
    const groups = new Map<number, B[]>();
    for (const block of mergeable) {
      const start = Math.floor(block.meta.minTimeMs / rangeMs) * rangeMs;
      const fits = block.meta.maxTimeMs <= start + rangeMs && start + rangeMs <= headMinMs;
      if (fits) groups.set(start, [...groups.get(start) ?? [], block]);
    }
    for (const group of groups.values()) {
      if (group.length > 1 && bytesOf(group) <= maxBytes && standsAlone(group, blocks)) return group;
    }
  }
}

function ranges(minBlockMs: number, maxBlockMs: number): number[] {
  const all: number[] = [];
  for (let range = minBlockMs; range < maxBlockMs; range *= 3) all.push(range);
  all.push(maxBlockMs);
  return all;
}

/** Whether nothing in the group overlaps, and no other block covers any of the group's time. */
function standsAlone(group: readonly Span[], all: readonly Span[]): boolean {
  const startMs = group[0].meta.minTimeMs;
  const endMs = group[group.length - 1].meta.maxTimeMs;
  const others = all.filter((block) => !group.includes(block));
  return group.every((block, i) => i === 0 || block.meta.minTimeMs >= group[i - 1].meta.maxTimeMs) &&
    others.every(({ meta }) => meta.maxTimeMs <= startMs || meta.minTimeMs >= endMs);
}

/** Blocks that are wholly older than the retention. */
export function expiredByAge<B extends Span>(blocks: readonly B[], nowMs: number, retentionMs: number): B[] {
  return blocks.filter(({ meta }) => meta.maxTimeMs <= nowMs - retentionMs);
}

/** In the order in which they have to make room. */
export function oldestFirst<B extends Span>(blocks: readonly B[]): B[] {
  return [...blocks].sort((a, b) => a.meta.maxTimeMs - b.meta.maxTimeMs);
}

/** The oldest blocks, as many as have to go for the others to take up no more than `maxBytes`. */
export function expiredBySize<B extends Span>(blocks: readonly B[], maxBytes: number): B[] {
  let bytes = bytesOf(blocks);
  const expired: B[] = [];
  for (const block of oldestFirst(blocks)) {
    if (bytes <= maxBytes) break;
    expired.push(block);
    bytes -= block.sizeBytes;
  }
  return expired;
}

/** What blocks take up together. */
export function bytesOf(blocks: readonly Span[]): number {
  return blocks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}
