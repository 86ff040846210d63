import assert from "node:assert/strict";
import { TokenBucket } from "../../src/base/token_bucket.ts";

const TAKES: { name: string; perSecond: number; at: number[]; next: number[] }[] = [
  {
    name: "a burst at once, then each its part of a second",
    perSecond: 100,
    at: [0, 0, 0, 0],
    next: [-10, 0, 10, 20],
  },
  {
    name: "no larger burst after a longer rest",
    perSecond: 100,
    at: [0, 9_000, 9_000, 9_000],
    next: [-10, 8_990, 9_000, 9_010],
  },
  { name: "what a slow one leaves", perSecond: 100, at: [0, 0, 0, 12, 25], next: [-10, 0, 10, 20, 30] },
  { name: "all of them where there is no limit", perSecond: Infinity, at: [5, 5, 5, 6], next: [5, 5, 5, 6] },
];

for (const { name, perSecond, at, next } of TAKES) {
  Deno.test(`a token bucket of two gives ${name}`, () => {
    const bucket = new TokenBucket(2);
    assert.deepEqual(at.map((nowMs) => bucket.take(nowMs, perSecond)), next);
  });
}

Deno.test("a token bucket follows a rate that changes", () => {
  const bucket = new TokenBucket(1);
  bucket.take(0, 10);
  assert.equal(bucket.take(0, 10), 100);
  assert.equal(bucket.take(0, Infinity), 100);
  assert.equal(bucket.take(100, 1_000), 101);
});
