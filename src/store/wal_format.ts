import { listDir } from "./files.ts";

/**
 * The write-ahead log's outer format (Prometheus, tsdb/docs/format/wal.md): numbered segment files of 32 KiB pages.
 * A record is cut into fragments that don't cross pages; what is left of a page is zeros.
 *
 *     │ flags and type <1b> │ length <2b, BE> │ crc32c of the data <4b, BE> │ data <length bytes> │
 */
export const PAGE_BYTES = 32 * 1024;
export const FRAGMENT_HEADER_BYTES = 7;

/** Segments are closed before they would grow past this, unless a single record does. */
export const MAX_SEGMENT_BYTES = 128 * 1024 * 1024;

/** What a fragment is of its record: the lowest three bits of its first byte. */
export const Fragment = { PAGE_END: 0, FULL: 1, FIRST: 2, MIDDLE: 3, LAST: 4 } as const;
export const FRAGMENT_MASK = 0b111;
export const SNAPPY_FLAG = 0b1000;
export const ZSTD_FLAG = 0b1_0000;

/** A numbered file or directory of the log. */
export interface Numbered {
  readonly number: number;
  readonly path: string;
}

export function segmentName(number: number): string {
  return String(number).padStart(8, "0");
}

export function checkpointName(number: number): string {
  return `checkpoint.${segmentName(number)}`;
}

/** The segments in a directory, in order. */
export function segmentsIn(dir: string): Numbered[] {
  return numbered(dir, /^(\d+)$/, false);
}

/** The finished checkpoints in a directory, in order; the last one counts. Its number: the last segment it stands for. */
export function checkpointsIn(dir: string): Numbered[] {
  return numbered(dir, /^checkpoint\.(\d+)$/, true);
}

function numbered(dir: string, pattern: RegExp, isDirectory: boolean): Numbered[] {
  return listDir(dir)
    .filter((entry) => entry.isDirectory === isDirectory)
    .map((entry) => ({ number: Number(pattern.exec(entry.name)?.[1]), path: `${dir}/${entry.name}` }))
    .filter((found) => Number.isSafeInteger(found.number))
    .sort((a, b) => a.number - b.number);
}
