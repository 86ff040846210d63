import type { SampleColumns } from "../model/sample.ts";
import { Encoding } from "./chunk_slab.ts";
import { decodeHistograms } from "./histogram_chunk.ts";
import { decodeXor } from "./xor_chunk.ts";
import { decodeXor2 } from "./xor2_chunk.ts";

/** Decodes chunks of every encoding into columns. */
export class ChunkDecoder {
  readonly #lanes = new WeakMap<Float64Array, Uint32Array>();

  /**
   * Adds the samples of the chunk at `start` to the columns' end. The view must go on for LOOKAHEAD_BYTES behind the chunk.
   * @returns the byte offset behind the chunk's last bit; more than the chunk's end tells a broken chunk
   * @throws RangeError when a broken chunk leads out of the view
   */
  decode(view: DataView, start: number, encoding: Encoding, into: SampleColumns): number {
    if (encoding === Encoding.XOR) {
      const count = view.getUint16(start);
      const row = into.length;
      into.reserve(count);
      const end = decodeXor(view, start, into.timestamps, this.lanesOf(into.values), row);
      into.length = row + count;
      if (into.histograms) into.histograms.length = into.length;
      into.startTimestamps?.fill(0, row, into.length);
      return end;
    }
    if (encoding === Encoding.XOR2) return decodeXor2(view, start, into);
    return decodeHistograms(view, start, encoding, into);
  }

  /** The values' bits, two little-endian words a row. Making a view allocates, so each column keeps its own. */
  lanesOf(values: Float64Array): Uint32Array {
    let lanes = this.#lanes.get(values);
    if (!lanes) {
      lanes = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
      this.#lanes.set(values, lanes);
    }
    return lanes;
  }
}
