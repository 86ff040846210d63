import assert from "node:assert/strict";
import { firstAfter, firstFrom } from "../../src/base/search.ts";

const ASCENDING = Float64Array.of(1, 3, 3, 3, 7, Infinity);

for (
  const { low = 0, high = 6, bound, from, after } of [
    { bound: 0, from: 0, after: 0 },
    { bound: 1, from: 0, after: 1 },
    { bound: 2, from: 1, after: 1 },
    { bound: 3, from: 1, after: 4 },
    { bound: 8, from: 5, after: 5 },
    { bound: Infinity, from: 5, after: 6 },
    { bound: 3, low: 2, high: 3, from: 2, after: 3 },
    { bound: 0, low: 3, from: 3, after: 3 },
    { bound: 9, high: 4, from: 4, after: 4 },
    { bound: 3, low: 4, high: 4, from: 4, after: 4 },
  ]
) {
  Deno.test(`search for ${bound} in [${low}, ${high})`, () => {
    assert.equal(firstFrom(ASCENDING, low, high, bound), from);
    assert.equal(firstAfter(ASCENDING, low, high, bound), after);
  });
}
