import assert from "node:assert/strict";
import { Labels } from "../../src/model/labels.ts";
import { SampleColumns } from "../../src/model/sample.ts";
import { ABSENT, Frame } from "../../src/query/eval/frame.ts";
import { Notes } from "../../src/query/eval/notes.ts";
import type { RangeCall } from "../../src/query/eval/range/range_function.ts";
import { rangeFunction } from "../../src/query/eval/range/table.ts";
import { Row } from "../../src/query/eval/row.ts";
import { Windows } from "../../src/query/eval/windows.ts";
import type { FunctionName } from "../../src/query/signatures.ts";
import { Random } from "../support/random.ts";

/** What is carried from window to window must come to what a fresh look at each window comes to. */

const SEED = 7;
const SAMPLES = 1_500;
const START_MS = 1_700_000_000_000;

/** A value from the one before it and from how many there were. */
type Source = (random: Random, previous: number, index: number) => number;

const SOURCES: Record<string, Source> = {
  "0 and 1": (random) => random.chance(0.95) ? 1 : 0,
  "nearly always 0": (random) => random.chance(0.001) ? 1 : 0,
  "always the same": () => 0.1,
  "durations": (random) => 0.01 + random.next() * 0.2,
  "a counter": (random, previous) => random.chance(0.005) ? 0 : previous + random.below(3),
  "a walk": (random, previous) => previous + random.next() - 0.5,
  "levels": (_, __, index) => Math.floor(index / 200) * 0.1,
  "first large, then small": (random, _, index) => index < 700 ? 1e12 * random.next() : 1e-3 * random.next(),
  "sums that cancel": (_, __, index) => [1e16, 1, -1e16][index % 3],
  "near the largest number": (random) => (random.next() - 0.5) * 1e308,
  "near the smallest number": (random) => random.next() * 1e-300,
  "NaN and infinities": (random) =>
    random.chance(0.03) ? random.pick([NaN, Infinity, -Infinity]) : random.next(),
};

const FUNCTIONS: FunctionName[] = [
  "avg_over_time",
  "changes",
  "count_over_time",
  "delta",
  "deriv",
  "increase",
  "irate",
  "max_over_time",
  "min_over_time",
  "predict_linear",
  "quantile_over_time",
  "rate",
  "resets",
  "stddev_over_time",
  "stdvar_over_time",
  "sum_over_time",
  "ts_of_max_over_time",
  "ts_of_min_over_time",
];

/** Lines through noise have slopes near zero, of which rounding leaves fewer digits. */
const TOLERANCE: Partial<Record<FunctionName, number>> = { deriv: 1e-7, predict_linear: 1e-7 };

const GRIDS = [
  { stepMs: 1_000, rangeMs: 10_000 },
  { stepMs: 100, rangeMs: 1_000 },
  { stepMs: 1_000, rangeMs: 60_500 },
  { stepMs: 7_000, rangeMs: 100_000 },
  { stepMs: 30_000, rangeMs: 5_000 },
];

for (const [what, source] of Object.entries(SOURCES)) {
  for (const name of FUNCTIONS) {
    Deno.test(`${name} slides over ${what} as it looks afresh`, () => {
      for (const { stepMs, rangeMs } of GRIDS) {
        const { windows, call, steps } = series(source, stepMs, rangeMs, name);
        const fresh = evaluate(name, windows, call, steps, "afresh");
        const slid = evaluate(name, windows, call, steps, "sliding");
        for (let step = 0; step < steps; step++) {
          const where = `seed ${SEED}, step ${step} of ${stepMs} ms, range ${rangeMs} ms`;
          assert.equal(slid.kinds[step], fresh.kinds[step], where);
          if (fresh.kinds[step] === ABSENT) continue;
          assertClose(slid.values[step], fresh.values[step], TOLERANCE[name] ?? 1e-12, where);
        }
      }
    });
  }
}

function assertClose(got: number, want: number, tolerance: number, where: string): void {
  if (Object.is(got, want) || got === want) return;
  const scale = Math.max(Math.abs(got), Math.abs(want), 1e-305);
  assert.ok(Math.abs(got - want) <= tolerance * scale, `${got} instead of ${want}: ${where}`);
}

function series(source: Source, stepMs: number, rangeMs: number, name: FunctionName) {
  const random = new Random(SEED);
  const columns = new SampleColumns(SAMPLES);
  let timeMs = START_MS;
  let value = 0;
  for (let i = 0; i < SAMPLES; i++) {
    timeMs += random.chance(0.01) ? 2_500 : 90 + random.below(20);
    value = source(random, Number.isFinite(value) ? value : 0, i);
    columns.push(timeMs, value);
  }
  const steps = Math.floor((timeMs - START_MS) / stepMs);
  const windows = new Windows(steps);
  windows.take(Labels.from({ __name__: "x_total" }), columns, true);
  windows.slide(0, steps, START_MS - rangeMs, START_MS, stepMs);
  const call: RangeCall = {
    scalars: [new Float64Array(steps).fill(name === "predict_linear" ? 600 : 0.9)],
    positions: [{ start: 0, end: 1 }],
    notes: new Notes(),
    rangeMs,
    extension: "none",
    startOf: (step) => START_MS - rangeMs + step * stepMs,
    endOf: (step) => START_MS + step * stepMs,
    timeOf: (step) => START_MS + step * stepMs,
  };
  return { windows, call, steps };
}

function evaluate(
  name: FunctionName,
  windows: Windows,
  call: RangeCall,
  steps: number,
  way: "afresh" | "sliding",
): Frame {
  const frame = new Frame(steps, 1);
  frame.addRow(Labels.EMPTY, false);
  const row = new Row(frame);
  row.turnToLast();
  const fn = rangeFunction(name)!;
  if (way === "afresh") {
    for (let step = 0; step < steps; step++) if (!windows.isEmpty(step)) fn.window(windows, step, row, call);
    return frame;
  }
  const sliding = fn.sliding!();
  sliding.prepare(windows, 0, steps);
  for (let step = 0; step < steps; step += 7) {
    sliding.run(windows, step, Math.min(steps, step + 7), row, call);
  }
  return frame;
}

Deno.test("counters that know when they began slide as they look afresh", () => {
  const random = new Random(SEED);
  const columns = new SampleColumns();
  let startMs = START_MS - 5_000;
  let value = 0;
  for (let i = 0, timeMs = START_MS; i < SAMPLES; i++, timeMs += 100) {
    if (random.chance(0.01)) {
      startMs = timeMs - random.below(90); // a restart between two samples
      value = random.below(3);
    }
    if (random.chance(0.005)) startMs -= random.below(2_000); // a source that contradicts itself
    columns.push(timeMs, value += random.below(3), startMs);
  }
  for (const name of ["rate", "increase", "resets"] as const) {
    const { call, steps } = series(() => 0, 1_000, 20_000, name);
    const windows = new Windows(steps);
    windows.take(Labels.from({ __name__: "x_total" }), columns, true);
    windows.slide(0, steps, START_MS - 20_000, START_MS, 1_000);
    const fresh = evaluate(name, windows, call, steps, "afresh");
    const remarks = call.notes.list();
    const again = { ...call, notes: new Notes() };
    const slid = evaluate(name, windows, again, steps, "sliding");
    for (let step = 0; step < steps; step++) {
      assert.equal(slid.kinds[step], fresh.kinds[step]);
      assertClose(slid.values[step], fresh.values[step], 1e-14, `${name}, step ${step}, seed ${SEED}`);
    }
    assert.deepEqual(again.notes.list(), remarks);
  }
});
