import { Record } from "./record.ts";

const HEADER_BYTES = 17;
/** Most that one sample takes: two varints and a double. */
const MAX_SAMPLE_BYTES = 28;

/**
 * A record of float samples at one time, built where it is appended: the same bytes as `startSamples` and
 * `writeSample`, without a call for every field.
 */
export class SampleRecord {
  bytes = new Uint8Array(4_096);
  length = 0;
  #view = new DataView(this.bytes.buffer);
  #timestampMs = 0;
  #firstRef = 0;

  begin(timestampMs: number): void {
    this.#timestampMs = timestampMs;
    this.length = 0;
  }

  add(ref: number, value: number): void {
    if (this.length === 0) this.#header(ref);
    else if (this.length + MAX_SAMPLE_BYTES > this.bytes.length) this.#grow();
    const { bytes } = this;
    const delta = ref - this.#firstRef;
    let zigzag = delta < 0 ? -2 * delta - 1 : 2 * delta;
    let at = this.length;
    for (; zigzag >= 128; zigzag = Math.floor(zigzag / 128)) bytes[at++] = zigzag % 128 | 128;
    bytes[at] = zigzag;
    bytes[at + 1] = 0; // the same time as the first
    this.#view.setFloat64(at + 2, value);
    this.length = at + 10;
  }

  #header(ref: number): void {
    const high = Math.floor(this.#timestampMs / 0x1_0000_0000);
    this.#firstRef = ref;
    this.bytes[0] = Record.SAMPLES;
    this.#view.setUint32(1, Math.floor(ref / 0x1_0000_0000));
    this.#view.setUint32(5, ref >>> 0);
    this.#view.setInt32(9, high);
    this.#view.setUint32(13, this.#timestampMs - high * 0x1_0000_0000);
    this.length = HEADER_BYTES;
  }

  #grow(): void {
    const larger = new Uint8Array(this.bytes.length * 2);
    larger.set(this.bytes);
    this.bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}
