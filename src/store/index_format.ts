/**
 * A block's index (Prometheus, tsdb/docs/format/index.md), version 2, every section but the header with its checksum:
 *
 *     │ header │ symbols │ series │ postings │ postings offset table │ table of contents │
 *
 * A series is known by its offset divided by 16. Prometheus may put label indices in between; nobody reads them.
 */
export const INDEX_MAGIC = 0xbaaa_d700;
export const INDEX_VERSION = 2;
/** Prometheus reads version 3 as version 2. */
export const INDEX_VERSIONS_READ: readonly number[] = [INDEX_VERSION, 3];
export const INDEX_HEADER_BYTES = 5;

/** Series start at multiples of this. */
export const SERIES_ALIGNMENT = 16;

/**
 *     │ symbols <8b> │ series <8b> │ label indices <8b> │ label offset table <8b> │ postings <8b> │
 *     │ postings offset table <8b> │ crc32c <4b> │
 */
export const TOC_BYTES = 6 * 8 + 4;

/** How many bytes a checksum takes. */
export const CHECKSUM_BYTES = 4;

/**
 * A file of chunks (Prometheus, tsdb/docs/format/chunks.md): magic <4b>, version <1b>, three zero bytes, then chunks:
 *
 *     │ length of the data <uvarint> │ encoding <1b> │ data │ crc32c over encoding and data <4b> │
 *
 * A chunk's reference is the file's number (from 0; the names count from 1) in the upper 4 bytes, its offset below.
 */
export const CHUNKS_MAGIC = 0x85bd_40dd;
export const CHUNKS_VERSION = 1;
export const CHUNKS_HEADER_BYTES = 8;
export const MAX_CHUNKS_FILE_BYTES = 512 * 1024 * 1024;

/** 2^32: what a chunk file's number is multiplied by. */
export const FILE_STRIDE = 0x1_0000_0000;

export function chunksFileName(number: number): string {
  return String(number + 1).padStart(6, "0");
}
