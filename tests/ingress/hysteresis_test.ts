import assert from "node:assert/strict";
import { damped, type Verdict } from "../../src/ingress/hysteresis.ts";

/** What the query says at each moment (ms, says), and the verdicts that follow. */
const cases: {
  name: string;
  initial: boolean;
  forMs: { healthy: number; unhealthy: number };
  says: [atMs: number, healthy: boolean][];
  want: boolean[];
}[] = [
  {
    name: "changes at once without damping",
    initial: false,
    forMs: { healthy: 0, unhealthy: 0 },
    says: [[0, true], [10, false], [20, true]],
    want: [true, false, true],
  },
  {
    name: "waits for the whole time",
    initial: true,
    forMs: { healthy: 0, unhealthy: 1_000 },
    says: [[0, false], [999, false], [1_000, false]],
    want: [true, true, false],
  },
  {
    name: "counts anew after one agreeing answer",
    initial: true,
    forMs: { healthy: 0, unhealthy: 1_000 },
    says: [[0, false], [900, true], [1_000, false], [1_900, false], [2_000, false]],
    want: [true, true, true, true, false],
  },
  {
    name: "counts each direction by its own time",
    initial: false,
    forMs: { healthy: 500, unhealthy: 0 },
    says: [[0, true], [400, true], [500, true], [600, false]],
    want: [false, false, true, false],
  },
];

for (const { name, initial, forMs, says, want } of cases) {
  Deno.test(`damped verdict ${name}`, () => {
    let verdict: Verdict = { healthy: initial, contraryMs: undefined };
    const seen = says.map(([atMs, healthy]) => {
      verdict = damped(verdict, healthy, atMs, forMs);
      return verdict.healthy;
    });
    assert.deepEqual(seen, want);
  });
}
