import assert from "node:assert/strict";
import type { Histogram } from "../../src/model/histogram.ts";
import { isStaleNaN, SampleColumns, STALE_NAN } from "../../src/model/sample.ts";

Deno.test("the stale marker survives in columns, and is no ordinary NaN", () => {
  const columns = new SampleColumns(1);
  for (const value of [STALE_NAN, NaN, 1, STALE_NAN]) columns.push(columns.length, value);
  assert.deepEqual([0, 1, 2, 3].map((row) => isStaleNaN(columns.values[row])), [true, false, false, true]);
});

Deno.test("columns keep histograms and start timestamps beside the rows that have them", () => {
  const columns = new SampleColumns(1);
  const histogram = { sum: 7 } as Histogram;
  columns.push(1, 10);
  columns.pushHistogram(2, histogram, 1);
  columns.push(3, 30);
  assert.deepEqual(columns.histograms, [undefined, histogram, undefined]);
  assert.deepEqual([...columns.startTimestamps!.subarray(0, 3)], [0, 1, 0]);
  assert.deepEqual([...columns.values.subarray(0, 3)], [10, 7, 30]);
  columns.clear();
  columns.push(4, 40);
  assert.deepEqual([columns.length, columns.histograms, columns.startTimestamps], [1, undefined, undefined]);
});
