import assert from "node:assert/strict";
import { beatAfter, firstBeat, following, leewayMs, phaseOf } from "../../src/probes/schedule/beats.ts";

Deno.test("phases of any number of probes fill the period evenly", () => {
  for (const count of [2, 3, 10, 50, 100, 1_000]) {
    const phases = Array.from({ length: count }, (_, i) => phaseOf(i)).sort((a, b) => a - b);
    const gaps = phases.map((phase, i) => (phases[i + 1] ?? phases[0] + 1) - phase);
    assert(Math.max(...gaps) < 2.7 / count, `${count} probes leave a gap of ${Math.max(...gaps)}`);
    assert(Math.min(...gaps) > 0.3 / count, `${count} probes come as close as ${Math.min(...gaps)}`);
  }
});

Deno.test("beats stand on their grid for ever, without drift or doubles", () => {
  for (const periodMs of [1, 7, 33.333, 100, 250, 1_000, 60_000]) {
    const grid = { originMs: 1_234.567, phase: phaseOf(17), periodMs };
    let at = firstBeat({ ...grid, periodMs }, grid.originMs);
    for (let i = 0; i < 10_000; i++) {
      const next = beatAfter(grid, at);
      if (i > 0 || periodMs <= 1_000) {
        assert(Math.abs(next - at - periodMs) < 1e-3, `${periodMs}: ${at} → ${next}`);
      }
      at = next;
    }
  }
});

Deno.test("the first beat comes within the period and within a second, not before the start", () => {
  for (const periodMs of [10, 100, 1_000, 5_000, 3_600_000]) {
    for (let i = 0; i < 100; i++) {
      for (const startMs of [500, 100_000.25]) {
        const first = firstBeat({ originMs: 500, phase: phaseOf(i), periodMs }, startMs);
        assert(first > startMs - 1e-6 * periodMs * 3 && first - startMs < Math.min(periodMs, 1_000) + 1e-3);
      }
    }
  }
});

Deno.test("a long period's second beat is on the grid", () => {
  const grid = { originMs: 0, phase: 0.5, periodMs: 10_000 };
  const first = firstBeat(grid, 2_000);
  assert.equal(first, 2_500);
  assert.equal(beatAfter(grid, first), 5_000);
});

for (
  const { name, done, woke = 1_000, want } of [
    { name: "ends at once", done: 1_001, want: [1_100, 0, 0] },
    { name: "ends just before the next beat", done: 1_099.9, want: [1_100, 0, 0] },
    { name: "ends within the leeway", done: 1_119, want: [1_100, 0, 0] },
    { name: "ends after the leeway", done: 1_121, want: [1_200, 0, 1] },
    { name: "takes three periods", done: 1_350, want: [1_400, 0, 3] },
    { name: "starts two beats late", woke: 1_250, done: 1_251, want: [1_300, 2, 0] },
    { name: "starts late and takes long", woke: 1_150, done: 1_450, want: [1_500, 1, 3] },
    { name: "sleeps through a day", woke: 86_401_000, done: 86_401_001, want: [86_401_000, 863_999, 0] },
  ]
) {
  Deno.test(`a run that ${name} skips beats and never stacks them`, () => {
    const next = following(1_100, 100, woke, done);
    assert.deepEqual([next.nextDueAtMs, next.skippedLate, next.skippedRunning], want);
  });
}

Deno.test("the leeway is a part of the period, and short", () => {
  assert.equal(leewayMs(20), 5);
  assert.equal(leewayMs(60_000), 20);
});
