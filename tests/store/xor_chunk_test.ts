import assert from "node:assert/strict";
import { STALE_NAN } from "../../src/model/sample.ts";
import { decodeXor, XorEncoder } from "../../src/store/xor_chunk.ts";
import { anyBits, seeded } from "./support/random.ts";
import type { Random } from "../support/random.ts";

const START_MS = 1_700_000_000_000;

const shapes: { name: string; value: (random: Random, row: number, before: number) => number }[] = [
  { name: "one constant", value: () => 1 },
  { name: "0 and 1", value: (random) => random.below(20) === 0 ? 0 : 1 },
  {
    name: "a counter",
    value: (random, _row, before) => (Number.isFinite(before) ? before : 0) + random.below(3),
  },
  { name: "durations", value: (random) => random.next() / 10 },
  { name: "any bits", value: (random) => anyBits(random) },
  { name: "stale markers", value: (random) => random.below(2) === 0 ? STALE_NAN : random.next() },
  {
    name: "tiny and huge",
    value: (random) => random.pick([0, -0, 5e-324, Number.MAX_VALUE, -Infinity, NaN]),
  },
];

const paces: { name: string; step: (random: Random) => number }[] = [
  { name: "a steady pace", step: () => 100 },
  { name: "a jittery pace", step: (random) => 99 + random.below(3) },
  { name: "steps of every width", step: (random) => 1 + random.below(2 ** (1 + random.below(40))) },
];

for (const { name: shape, value } of shapes) {
  for (const { name: pace, step } of paces) {
    Deno.test(`XOR chunk of ${shape} at ${pace} comes back bit by bit`, () => {
      const random = seeded();
      const encoder = new XorEncoder();
      for (const count of [1, 2, 3, 17, 120, 256, 1_000]) {
        const times = new Float64Array(count);
        const values = new Float64Array(count);
        let time = random.pick([START_MS, 0, -START_MS, 5]);
        for (let row = 0; row < count; row++) {
          times[row] = time;
          values[row] = value(random, row, row > 0 ? values[row - 1] : 0);
          time += step(random);
        }
        const lanes = new Uint32Array(values.buffer);
        const length = encoder.encode(times, lanes, 0, count);
        // Somewhere inside other memory, with other chunks around it.
        const memory = new Uint8Array(length + 24).fill(0xff);
        memory.set(encoder.bytes.subarray(0, length), 7);
        const decodedTimes = new Float64Array(count + 2).fill(-1);
        const decodedLanes = new Uint32Array(2 * count + 4).fill(7);
        const end = decodeXor(new DataView(memory.buffer), 7, decodedTimes, decodedLanes, 1);
        assert.equal(end, 7 + length);
        assert.deepEqual(decodedTimes.subarray(1, count + 1), times);
        assert.deepEqual(decodedLanes.subarray(2, 2 * count + 2), lanes);
        assert.deepEqual([decodedTimes[0], decodedTimes[count + 1]], [-1, -1]);
      }
    });
  }
}

/** Bits of the values behind the first as Prometheus writes them: the last window for as long as it fits, else the narrowest. */
function prometheusBits(values: Float64Array): number {
  const bits = new BigUint64Array(values.buffer);
  let [all, leading, trailing] = [0, 64, 64];
  for (let row = 1; row < bits.length; row++) {
    const changed = (bits[row] ^ bits[row - 1]).toString(2).padStart(64, "0");
    if (!changed.includes("1")) {
      all += 1;
      continue;
    }
    const leads = Math.min(31, changed.indexOf("1"));
    const trails = 63 - changed.lastIndexOf("1");
    if (leads < leading || trails < trailing) {
      [leading, trailing] = [leads, trails];
      all += 11;
    }
    all += 2 + 64 - leading - trailing;
  }
  return all;
}

const probed: { name: string; most: number; value: (random: Random, row: number) => number }[] = [
  { name: "0 and 1", most: 1, value: (random) => random.below(20) === 0 ? 0 : 1 },
  { name: "a counter", most: 0.8, value: (_, row) => 30_000 + row },
  { name: "random durations", most: 0.97, value: (random) => random.next() / 10 },
  { name: "durations in µs", most: 0.995, value: (random) => Math.round(random.next() * 1e5) / 1e6 },
  {
    name: "a gauge with outliers",
    most: 0.8,
    value: (random) => random.below(40) === 0 ? 1e9 : random.below(4),
  },
];

for (const { name, most, value } of probed) {
  Deno.test(`XOR chunks of ${name} take fewer bits than Prometheus', or as many`, () => {
    const random = seeded();
    const encoder = new XorEncoder();
    const times = Float64Array.from({ length: 256 }, (_, row) => START_MS + row * 100);
    let [ours, theirs] = [0, 0];
    for (let chunk = 0; chunk < 20; chunk++) {
      const values = Float64Array.from({ length: 256 }, (_, row) => value(random, chunk * 256 + row));
      // Two bytes, six of the first time, eight of the first value, one of the first step, and a bit a step.
      ours += encoder.encode(times, new Uint32Array(values.buffer), 0, 256) * 8 - 17 * 8 - 254;
      theirs += prometheusBits(values);
    }
    assert.ok(ours <= theirs * most + 20 * 7, `${ours} bits, Prometheus ${theirs}`); // a chunk ends with a whole byte
  });
}

Deno.test("XOR chunk has the bytes that Prometheus writes", () => {
  // Bits worked out by hand from the format's description: (1000, 1.5), (1100, 1.5), (1200, 2.5), (1301, 2.5).
  const encoder = new XorEncoder();
  const times = Float64Array.of(1_000, 1_100, 1_200, 1_301);
  const lanes = new Uint32Array(Float64Array.of(1.5, 1.5, 2.5, 2.5).buffer);
  const length = encoder.encode(times, lanes, 0, 4);
  const exact = [
    "0000000000000100", // four samples
    "1101000000001111", // zigzag 2000 as varint
    "0011111111111000" + "0".repeat(48), // 1.5
    "01100100", // 100 as uvarint
    "0", // 1.5 again
    "0", // the step stays
    // 0x3ff8 ^ 0x4004 is 0111 1111 1111 1100: one leading zero, 13 bits, 50 trailing zeros.
    "11" + "00001" + "001101" + "1111111111111",
    "10" + "00000000000001", // a step longer by one
    "0", // 2.5 again
  ].join("");
  const padded = exact.padEnd(Math.ceil(exact.length / 8) * 8, "0");
  const written = [...encoder.bytes.subarray(0, length)].map((byte) => byte.toString(2).padStart(8, "0"))
    .join("");
  assert.equal(written, padded);
});

const damages: { name: string; damage: (bytes: Uint8Array) => void }[] = [
  { name: "a count that is too high", damage: (bytes) => bytes.fill(0xff, 0, 2) },
  { name: "a timestamp without end", damage: (bytes) => bytes.fill(0xff, 2) },
  { name: "noise behind the header", damage: (bytes) => crypto.getRandomValues(bytes.subarray(20)) },
];

for (const { name, damage } of damages) {
  Deno.test(`XOR chunk with ${name} ends in a RangeError or too far, never in a hang`, () => {
    for (let round = 0; round < 200; round++) {
      const encoder = new XorEncoder();
      const times = Float64Array.from({ length: 120 }, (_, row) => START_MS + row * 100);
      const values = Float64Array.from({ length: 120 }, () => Math.random());
      const length = encoder.encode(times, new Uint32Array(values.buffer), 0, 120);
      const bytes = encoder.bytes.slice(0, length + 8);
      damage(bytes);
      try {
        const count = new DataView(bytes.buffer).getUint16(0);
        decodeXor(new DataView(bytes.buffer), 0, new Float64Array(count), new Uint32Array(2 * count), 0);
      } catch (error) {
        assert.ok(error instanceof RangeError);
      }
    }
  });
}
