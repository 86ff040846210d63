import assert from "node:assert/strict";
import { takeOldest } from "../../src/base/oldest.ts";

Deno.test("takeOldest takes what was put in first, until there is nothing left", () => {
  const map = new Map([["a", 1], ["b", 2]]);
  map.set("a", 3); // keeps its place
  assert.deepEqual([takeOldest(map), [...map.keys()], takeOldest(map), takeOldest(map)], [
    3,
    ["b"],
    2,
    undefined,
  ]);
});
