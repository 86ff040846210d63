import { ByteReader, ByteWriter } from "../base/bytes.ts";
import { crc32c } from "../base/crc32c.ts";

/** A stretch of deleted time, ends inclusive. */
export interface Interval {
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
}

export type Tombstones = ReadonlyMap<number, readonly Interval[]>;

const MAGIC = 0x0130_ba30;
const FORMAT = 1;

/**
 * A block's deletions (Prometheus, tsdb/docs/format/tombstones.md), checksum over what is in braces:
 *
 *     │ magic <4b> │ format <1b> │ { series <uvarint> │ min time <varint> │ max time <varint> } … │ crc32c <4b> │
 */
export function encodeTombstones(tombstones: Tombstones): Uint8Array<ArrayBuffer> {
  const to = new ByteWriter(64);
  to.be32(MAGIC);
  to.u8(FORMAT);
  for (const [series, intervals] of tombstones) {
    for (const { minTimeMs, maxTimeMs } of intervals) {
      to.uvarint(series);
      to.varint(minTimeMs);
      to.varint(maxTimeMs);
    }
  }
  to.be32(crc32c(to.bytes, 5, to.length));
  return to.written();
}

/** @returns undefined when the file is none, or broken */
export function decodeTombstones(bytes: Uint8Array): Tombstones | undefined {
  if (bytes.length < 9) return undefined;
  const end = bytes.length - 4;
  const from = new ByteReader(bytes, 0, end);
  if (from.be32() !== MAGIC || from.u8() !== FORMAT) return undefined;
  if (crc32c(bytes, 5, end) !== new ByteReader(bytes, end).be32()) return undefined;
  const tombstones = new Map<number, Interval[]>();
  while (from.remaining > 0) {
    const series = from.uvarint();
    const interval = { minTimeMs: from.varint(), maxTimeMs: from.varint() };
    const known = tombstones.get(series);
    if (known) known.push(interval);
    else tombstones.set(series, [interval]);
  }
  return from.failed ? undefined : tombstones;
}
