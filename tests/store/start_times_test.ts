import assert from "node:assert/strict";
import { isStaleNaN, SampleColumns } from "../../src/model/sample.ts";
import { BitWriter } from "../../src/store/bits.ts";
import { ChunkDecoder } from "../../src/store/chunk_decoder.ts";
import { Encoding } from "../../src/store/chunk_slab.ts";

/** A chunk from bits, as the format's description has them, with room behind it for the decoder to look ahead. */
function chunk(...bits: string[]): DataView {
  const text = bits.join("");
  const bytes = new Uint8Array(Math.ceil(text.length / 8) + 8);
  for (let i = 0; i < text.length; i++) if (text[i] === "1") bytes[i >> 3] |= 0x80 >> (i & 7);
  return new DataView(bytes.buffer);
}

const binary = (value: number, width: number) => {
  return (BigInt(value) & ((1n << BigInt(width)) - 1n)).toString(2).padStart(width, "0");
};
const double = (value: number) => {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0).toString(2).padStart(64, "0");
};
/** Bits that BitWriter writes; tested by itself through histograms that real Prometheus reads. */
const written = (write: (to: BitWriter) => void) => {
  const to = new BitWriter();
  to.start(64);
  write(to);
  to.put(1, 1); // marks where the bits end
  const length = to.finish();
  const text = [...to.bytes.subarray(0, length)].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return text.slice(0, text.lastIndexOf("1"));
};
const varint = (value: number) => written((to) => to.varint(value));
const uvarint = (value: number) => written((to) => to.uvarint(value));
const varbit = (value: number) => written((to) => to.varbit(value));

function read(view: DataView, encoding: Encoding) {
  const columns = new SampleColumns(2);
  new ChunkDecoder().decode(view, 0, encoding, columns);
  const { length, timestamps, values, startTimestamps, histograms } = columns;
  return {
    times: [...timestamps.subarray(0, length)],
    values: [...values.subarray(0, length)],
    starts: startTimestamps && [...startTimestamps.subarray(0, length)],
    counts: histograms?.map((histogram) => histogram!.count),
    isStale: Array.from({ length }, (_, row) => isStaleNaN(values[row])),
  };
}

Deno.test("XOR2 chunk: every control, stale markers that don't change the baseline, no start times", () => {
  const view = chunk(
    binary(8, 16) + binary(0, 8),
    varint(1_000) + double(1.5), // 1.5 at 1,000
    uvarint(100) + "110" + binary(1, 5) + binary(13, 6) + "1".repeat(13), // 2.5 at 1,100: 0x3ff8 ^ 0x4004
    "0", // the same at 1,200
    "10" + "0" + "1".repeat(13), // the same step, the last window: 1.5 at 1,300
    "11111", // stale at 1,400
    "110" + binary(-5, 13) + "0", // the step shrinks to 95: 1.5 at 1,495
    "1110" + binary(100_000, 20) + "111", // the step grows to 100,095: stale at 101,590
    "11110" + binary(-95, 64) + "10" + "1".repeat(13), // to 100,000: 2.5 at 201,590
  );
  const { times, values, starts, isStale } = read(view, Encoding.XOR2);
  assert.deepEqual(times, [1_000, 1_100, 1_200, 1_300, 1_400, 1_495, 101_590, 201_590]);
  assert.deepEqual(isStale, [false, false, false, false, true, false, true, false]);
  assert.deepEqual(values.filter((_, row) => !isStale[row]), [1.5, 2.5, 2.5, 1.5, 1.5, 2.5]);
  assert.equal(starts, undefined);
});

Deno.test("XOR2 chunk: start times from the first sample, changing from the third on", () => {
  const view = chunk(
    binary(5, 16) + "1" + binary(2, 7),
    varint(1_000) + double(1) + varint(400), // started at 600
    uvarint(100) + "0",
    "0" + varbit(200), // 1,100 - 200
    "0" + varbit(50), // 1,200 - 250
    "0" + varbit(0), // 1,300 - 250
  );
  assert.deepEqual(read(view, Encoding.XOR2).starts, [600, 600, 900, 950, 1_050]);
});

Deno.test("float histogram chunk with start times: flags in the count, a start time behind each sample", () => {
  const view = chunk(
    "10" + binary(3, 14), // a counter reset before, three samples
    "0" + binary(1, 7), // start times from the second sample on
    binary(0, 8) + varbit(0) + varbit(0) + varbit(0), // zero threshold, schema, no spans
    varbit(5_000) + double(3) + double(3) + double(1.5),
    varbit(100) + "0" + "0" + "0" + varbit(70), // the same counts; started at 5,000 - 70
    varbit(0) + "0" + "0" + "0" + varbit(100), // started at 5,100 - 170
  );
  const { times, starts, counts } = read(view, Encoding.FLOAT_HISTOGRAM_ST);
  assert.deepEqual(times, [5_000, 5_100, 5_200]);
  assert.deepEqual(starts, [0, 4_930, 4_930]);
  assert.deepEqual(counts, [3, 3, 3]);
});
