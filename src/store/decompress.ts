import * as zlib from "node:zlib";
import { uncompress } from "snappyjs";
import { messageOf } from "../base/errors.ts";
import { SNAPPY_FLAG, ZSTD_FLAG } from "./wal_format.ts";

export type DecompressResult = { kind: "ok"; bytes: Uint8Array } | { kind: "error"; message: string };

/**
 * Undoes the compression that the flags of a log record's header tell of. Bunny writes without; Prometheus compresses
 * with snappy by default, with zstd when told to. Runtimes older than Deno 2.9 may lack zstd: then it's an error.
 */
export function decompress(flags: number, data: Uint8Array, maxBytes: number): DecompressResult {
  try {
    if ((flags & SNAPPY_FLAG) !== 0) return { kind: "ok", bytes: uncompress(data, maxBytes) };
    if ((flags & ZSTD_FLAG) === 0) return { kind: "ok", bytes: data };
    if (typeof zlib.zstdDecompressSync !== "function") {
      return { kind: "error", message: "record compressed with zstd, which this runtime can't read" };
    }
    const { buffer, byteOffset, byteLength } = zlib.zstdDecompressSync(data, { maxOutputLength: maxBytes });
    return { kind: "ok", bytes: new Uint8Array(buffer, byteOffset, byteLength) };
  } catch (error) {
    return { kind: "error", message: `compressed record: ${messageOf(error)}` };
  }
}
