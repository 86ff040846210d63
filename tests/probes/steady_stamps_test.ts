import assert from "node:assert/strict";
import { SteadyStamps } from "../../src/probes/steady_stamps.ts";

const START_MS = 1_700_000_000_123;
const PERIOD_MS = 100;

/** Stamps, as offsets from START_MS, of results that came so long after each beat. */
function stampsOf(lateMs: readonly number[], periodMs = PERIOD_MS): number[] {
  const stamps = new SteadyStamps();
  return lateMs.map((late, beat) =>
    stamps.stamp(START_MS + beat * periodMs + late, periodMs) - START_MS - beat * periodMs
  );
}

const cases: { name: string; late: number[]; want: number[]; periodMs?: number }[] = [
  { name: "regular results keep their times", late: [0, 0, 0], want: [0, 0, 0] },
  { name: "a little late goes back onto the beat", late: [0, 1, 25, 3], want: [0, 0, 0, 0] },
  {
    name: "a little early moves the beat, which is never ahead",
    late: [3, 1, 2, 0, 4],
    want: [3, 1, 1, 0, 0],
  },
  { name: "too late is told as it was", late: [0, 26, 50, 0], want: [0, 26, 50, 0] },
  {
    name: "a new rhythm is taken up after eight",
    late: [0, ...Array(8).fill(40), 41, 65],
    want: [0, ...Array(8).fill(40), 40, 40],
  },
  { name: "a quarter of a short period", late: [0, 5, 6], want: [0, 0, 6], periodMs: 20 },
  { name: "fifty milliseconds of a long one", late: [0, 50, 51], want: [0, 0, 51], periodMs: 60_000 },
  {
    name: "periods that are no whole milliseconds stay alone",
    late: [0, 1, 1],
    want: [0, 1, 1],
    periodMs: 62.5,
  },
];

for (const { name, late, want, periodMs } of cases) {
  Deno.test(`stamps: ${name}`, () => assert.deepEqual(stampsOf(late, periodMs), want));
}

Deno.test("stamps: never after the result, never more than a quarter of the period before it, whatever the clock does", () => {
  const stamps = new SteadyStamps();
  let wallMs = START_MS;
  let seed = 7;
  for (let i = 0; i < 20_000; i++) {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    wallMs += seed % 997 === 0 ? (seed % 7_200_000) - 3_600_000 : 80 + seed % 41;
    const stamp = stamps.stamp(wallMs, PERIOD_MS);
    assert.ok(stamp <= wallMs && stamp >= wallMs - PERIOD_MS / 4, `${stamp} for ${wallMs}`);
  }
});
