import assert from "node:assert/strict";
import { lazy } from "../../src/base/lazy.ts";

Deno.test("A lazy value is made when first asked for, and once", () => {
  let made = 0;
  const value = lazy(() => [++made]);
  assert.equal(made, 0);
  assert.deepEqual(value(), [1]);
  assert.equal(value(), value());
  assert.equal(made, 1);
});

Deno.test("A lazy value that can't be made is tried again", () => {
  let tries = 0;
  const value = lazy(() => {
    if (++tries === 1) throw new Error("not yet");
    return [tries];
  });
  assert.throws(value, /not yet/);
  assert.deepEqual(value(), [2]);
});
