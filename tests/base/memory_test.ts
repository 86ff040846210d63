import assert from "node:assert/strict";
import { free } from "../../src/base/memory.ts";

Deno.test("free empties a large array, and whatever else lies in its memory", () => {
  const values = new Float64Array(4_096);
  const part = values.subarray(10, 20);
  free(part);
  assert.deepEqual([values.length, part.length], [0, 0]);
  free(values); // again
});

Deno.test("free leaves small arrays, and shared ones, to garbage collection", () => {
  const small = new Uint8Array(1_000);
  const shared = new Uint8Array(new SharedArrayBuffer(1 << 20));
  free(small);
  free(shared);
  assert.deepEqual([small.length, shared.length], [1_000, 1 << 20]);
});
