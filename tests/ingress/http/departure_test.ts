import assert from "node:assert/strict";
import { Departure } from "../../../src/ingress/http/departure.ts";

Deno.test("A departure aborts the signal that was asked for before, once", () => {
  const departure = new Departure();
  let told = 0;
  departure.signal.addEventListener("abort", () => told++);
  assert.deepEqual([departure.isGone, departure.signal.aborted], [false, false]);
  departure.tell();
  departure.tell();
  assert.deepEqual([departure.isGone, departure.signal.aborted, told], [true, true, 1]);
});

Deno.test("A departure's signal is aborted already when it is asked for later", () => {
  const departure = new Departure();
  departure.tell();
  assert.equal(departure.signal.aborted, true);
});
