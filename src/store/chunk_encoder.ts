import type { Histogram } from "../model/histogram.ts";
import { BitWriter } from "./bits.ts";
import { Encoding } from "./chunk_slab.ts";
import { encodeHistograms } from "./histogram_chunk.ts";
import { XorEncoder } from "./xor_chunk.ts";

/** Samples as columns: rows of one series, all floats or all histograms. */
export interface Rows {
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly histograms: readonly (Histogram | undefined)[] | undefined;
}

/** Encodes rows as the two encodings that every Prometheus since 2.40 reads. Its buffers are used again and again. */
export class ChunkEncoder {
  /** The last chunk is in the first `length` bytes; valid until the next call. */
  bytes = new Uint8Array(0);
  length = 0;
  encoding: Encoding = Encoding.XOR;

  readonly #xor = new XorEncoder();
  readonly #bits = new BitWriter();
  #values = new Float64Array(256);
  #lanes = new Uint32Array(this.#values.buffer);

  /** Encodes rows [from, to). */
  encode({ times, values, histograms }: Rows, from: number, to: number): void {
    const count = to - from;
    if (histograms?.[from]) {
      const rows = histograms.slice(from, to) as Histogram[];
      this.length = encodeHistograms(this.#bits, times.subarray(from, to), rows, count);
      this.bytes = this.#bits.bytes;
      this.encoding = Encoding.FLOAT_HISTOGRAM;
      return;
    }
    if (count > this.#values.length) {
      this.#values = new Float64Array(count);
      this.#lanes = new Uint32Array(this.#values.buffer);
    }
    this.#values.set(values.subarray(from, to));
    this.length = this.#xor.encode(from === 0 ? times : times.subarray(from, to), this.#lanes, 0, count);
    this.bytes = this.#xor.bytes;
    this.encoding = Encoding.XOR;
  }
}
