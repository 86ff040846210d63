import { messageOf } from "../base/errors.ts";

/** What a block's meta.json says of it (Prometheus, tsdb/docs/format). */
export interface BlockMeta {
  readonly ulid: string;
  /** The first millisecond that the block covers. */
  readonly minTimeMs: number;
  /** The first millisecond that it doesn't cover any more. */
  readonly maxTimeMs: number;
  readonly samples: number;
  readonly series: number;
  readonly chunks: number;
  readonly tombstones: number;
  /** 1: cut from the head; one more than the highest of the blocks that it was made of. */
  readonly level: number;
  /** ULIDs of the blocks cut from the head that it goes back to. */
  readonly sources: readonly string[];
  /** The blocks that it was made of, which it stands for. */
  readonly parents: readonly BlockParent[];
  /** What else is known of how it came about; see `isPartial`. */
  readonly hints: readonly string[];
}

/** The hint of blocks made of samples that came late, which may lie in time that the log still holds. */
export const FROM_OUT_OF_ORDER = "from-out-of-order";

/** Prometheus' hints of blocks that have only some of their time's samples: all others are still in the log. */
const PARTIAL_HINTS = [FROM_OUT_OF_ORDER, "from-stale-series", "from-selected-series"];

/** Whether the log may have samples of the block's time. */
export function isPartial({ hints }: BlockMeta): boolean {
  return hints.some((hint) => PARTIAL_HINTS.includes(hint));
}

export interface BlockParent {
  readonly ulid: string;
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
}

export type BlockMetaResult = { kind: "ok"; meta: BlockMeta } | { kind: "error"; message: string };

export function formatMeta(meta: BlockMeta): string {
  const numTombstones = meta.tombstones > 0 ? { numTombstones: meta.tombstones } : {};
  const parents = meta.parents.length > 0 ? { parents: meta.parents.map(rangeOf) } : {};
  const hints = meta.hints.length > 0 ? { hints: meta.hints } : {};
  const json = {
    ...rangeOf(meta),
    stats: { numSamples: meta.samples, numSeries: meta.series, numChunks: meta.chunks, ...numTombstones },
    compaction: { level: meta.level, sources: meta.sources, ...parents, ...hints },
    version: 1,
  };
  return `${JSON.stringify(json, undefined, "\t")}\n`;
}

export function parseMeta(text: string): BlockMetaResult {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return { kind: "error", message: `meta.json: ${messageOf(error)}` };
  }
  const { ulid, minTime, maxTime, stats, compaction, version } = record(json);
  if (version !== 1) return { kind: "error", message: `meta.json: unknown version ${version}` };
  if (typeof ulid !== "string" || typeof minTime !== "number" || typeof maxTime !== "number") {
    return { kind: "error", message: "meta.json: ulid, minTime or maxTime is missing" };
  }
  const { numSamples, numSeries, numChunks, numTombstones } = record(stats);
  const { level, sources, parents, hints } = record(compaction);
  return {
    kind: "ok",
    meta: {
      ulid,
      minTimeMs: minTime,
      maxTimeMs: maxTime,
      samples: count(numSamples),
      series: count(numSeries),
      chunks: count(numChunks),
      tombstones: count(numTombstones),
      level: count(level) || 1,
      sources: list(sources).filter((source) => typeof source === "string"),
      hints: list(hints).filter((hint) => typeof hint === "string"),
      parents: list(parents).map(record).flatMap((parent) =>
        typeof parent.ulid === "string"
          ? [{ ulid: parent.ulid, minTimeMs: count(parent.minTime), maxTimeMs: count(parent.maxTime) }]
          : []
      ),
    },
  };
}

function rangeOf({ ulid, minTimeMs, maxTimeMs }: BlockParent) {
  return { ulid, minTime: minTimeMs, maxTime: maxTimeMs };
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function count(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}

const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** A block's name: 48 bits of time and 80 random ones, in 26 letters that sort by time (ulid/spec). */
export function newUlid(timeMs: number): string {
  let time = "";
  for (let rest = Math.max(0, timeMs), i = 0; i < 10; i++, rest = Math.floor(rest / 32)) {
    time = CROCKFORD[rest % 32] + time;
  }
  const random = crypto.getRandomValues(new Uint8Array(16));
  return time + Array.from(random, (byte) => CROCKFORD[byte % 32]).join("");
}

/** Whether a directory's name is a block's. */
export function isUlid(name: string): boolean {
  return /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(name);
}
