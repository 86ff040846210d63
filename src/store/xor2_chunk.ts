import { type SampleColumns, STALE_NAN } from "../model/sample.ts";
import { BitReader, XorField } from "./bits.ts";
import { StartTimes } from "./start_times.ts";

/**
 * Float chunks in Prometheus' newer XOR2 encoding (tsdb/docs/format/chunks.md). We read them, so that directories of
 * a Prometheus set to write them open; we write XOR, which every version reads.
 *
 *     │ count <2b> │ start times <1b> │ t0 <varint> │ v0 <8b> │ t1 - t0 <uvarint> │ v1 <value> │ { control │ value } … │
 *
 * Control: 0 (same step, same value) │ 10 (same step, changed value) │ 110, 1110, 11110 + change of step in 13, 20,
 * 64 bits, then <value> │ 11111 (same step, stale marker). A start time follows each sample that has one.
 */
const STEP_WIDTHS = [0, 0, 13, 20, 64];
const STALE_CONTROL = 5;

/** Adds the chunk's samples to the columns' end. @returns the byte offset behind the last bit. Throws RangeError when broken. */
export function decodeXor2(view: DataView, start: number, into: SampleColumns): number {
  const count = view.getUint16(start);
  const starts = new StartTimes(view.getUint8(start + 2));
  const from = new BitReader(view, start + 3);
  const baseline = new XorField(); // the last value that was no stale marker
  let time = 0;
  let step = 0;
  for (let row = 0; row < count; row++) {
    const before = time;
    let isStale = false;
    if (row === 0) {
      time = from.varint();
      const high = from.take(32);
      const low = from.take(32);
      isStale = high === 0x7ff0_0000 && low === 2;
      if (!isStale) baseline.set(high, low);
    } else if (row === 1) {
      time += step = from.uvarint();
      isStale = readValue(from, baseline);
    } else {
      const control = from.ones(STALE_CONTROL);
      if (control >= 2 && control < STALE_CONTROL) {
        step += signed(from, STEP_WIDTHS[control]);
        isStale = readValue(from, baseline);
      } else if (control === 1) {
        baseline.readWindow(from, from.take(1) === 1);
      } else {
        isStale = control === STALE_CONTROL;
      }
      time += step;
    }
    const startMs = starts.read(from, row, time, before);
    into.push(time, isStale ? STALE_NAN : baseline.value, startMs);
  }
  return from.endByte;
}

/** 0: as before │ 10: bits in the last window │ 110: bits in a new window │ 111: stale. @returns whether it's stale */
function readValue(from: BitReader, baseline: XorField): boolean {
  const ones = from.ones(3);
  if (ones === 1 || ones === 2) baseline.readWindow(from, ones === 2);
  return ones === 3;
}

/** Two's complement of so many bits. */
function signed(from: BitReader, width: number): number {
  if (width === 64) return from.take64();
  const field = from.take(width);
  return field >= 2 ** (width - 1) ? field - 2 ** width : field;
}
