import { uncompress } from "snappyjs";
import { messageOf } from "../base/errors.ts";
import { FRAGMENT_MASK, SNAPPY_FLAG, ZSTD_FLAG } from "./wal_format.ts";

export type DecompressResult = { kind: "ok"; bytes: Uint8Array } | { kind: "error"; message: string };

/** Undoes zstd. @throws when the data is broken, or longer than `maxBytes` */
export type Unzstd = (data: Uint8Array, maxBytes: number) => Uint8Array;

/**
 * Undoes the compression that the flags of a log record's header tell of. Bunny writes without; Prometheus compresses
 * with snappy by default, with zstd when told to.
 */
export function decompress(
  header: number,
  data: Uint8Array,
  maxBytes: number,
  unzstd: Unzstd | undefined,
): DecompressResult {
  try {
    if ((header & ~(FRAGMENT_MASK | SNAPPY_FLAG | ZSTD_FLAG)) !== 0) {
      return { kind: "error", message: `record with flags that are not known: ${header}` };
    }
    if ((header & SNAPPY_FLAG) !== 0) return { kind: "ok", bytes: uncompress(data, maxBytes) };
    if ((header & ZSTD_FLAG) === 0) return { kind: "ok", bytes: data };
    if (!unzstd) {
      return { kind: "error", message: "record compressed with zstd, which this runtime can't read" };
    }
    return { kind: "ok", bytes: unzstd(data, maxBytes) };
  } catch (error) {
    return { kind: "error", message: `compressed record: ${messageOf(error)}` };
  }
}

/**
 * The runtime's zstd, loaded only when it's needed: node:zlib would cost every start some 20 ms. Undefined where there
 * is none (before Deno 2.9).
 */
export async function loadUnzstd(): Promise<Unzstd | undefined> {
  const { zstdDecompressSync } = await import("node:zlib");
  if (typeof zstdDecompressSync !== "function") return undefined;
  return (data, maxBytes) => {
    const { buffer, byteOffset, byteLength } = zstdDecompressSync(data, { maxOutputLength: maxBytes });
    return new Uint8Array(buffer, byteOffset, byteLength);
  };
}
