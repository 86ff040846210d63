import assert from "node:assert/strict";
import { Labels } from "../../src/model/labels.ts";
import { matcher } from "../../src/model/matcher.ts";
import { isStaleNaN, SampleColumns } from "../../src/model/sample.ts";
import { formatHistogram } from "../../src/query/histogram/format.ts";
import { loadScript } from "../../src/query/mod.ts";
import { MemoryStore } from "../support/promql_script/memory_store.ts";
import { h } from "./histogram_notation.ts";

const EVER = { matchers: [], minTimeMs: -Infinity, maxTimeMs: Infinity };

/** All samples of all series, as `time value (start)`. */
function contents(store: MemoryStore): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const series of store.select(EVER)) {
    const columns = new SampleColumns();
    series.read(-Infinity, Infinity, columns);
    found[String(series.labels)] = Array.from({ length: columns.length }, (_, row) => {
      const histogram = columns.histograms?.[row];
      const value = isStaleNaN(columns.values[row]) ? "stale" : columns.values[row];
      const start = columns.startTimestamps?.[row] ?? 0;
      return `${columns.timestamps[row]} ${histogram ? formatHistogram(histogram) : value}${
        start ? ` from ${start}` : ""
      }`;
    });
  }
  return found;
}

function loaded(text: string, baseMs = 0): Record<string, string[]> {
  const store = new MemoryStore();
  const result = loadScript(text, store, baseMs);
  assert(result.kind === "ok", JSON.stringify(result));
  return contents(store);
}

Deno.test("a script's samples lie from the base time on, evals are skipped", () => {
  const store = new MemoryStore();
  const text = 'load 10s\n  a 1 _ stale 4\n  b{c="d"} 0+1x1\n\neval instant at 5m a\n  a 1';
  assert.deepEqual(loadScript(text, store, 1_000), { kind: "ok", samples: 5, endMs: 31_000 });
  assert.deepEqual(contents(store), {
    '{__name__="a"}': ["1000 1", "21000 stale", "31000 4"],
    '{__name__="b", c="d"}': ["1000 0", "11000 1"],
  });
});

Deno.test("start timestamps are relative to their samples", () => {
  assert.deepEqual(loaded("load 1m\n  a@st _ -30s -90s\n  a 1 2 3", 60_000), {
    '{__name__="a"}': ["60000 1", "120000 2 from 90000", "180000 3 from 90000"],
  });
});

Deno.test("classic histograms are loaded as native ones too", () => {
  const found = loaded(`load_with_nhcb 1m
  a_bucket{le="1"} 1 2
  a_bucket{le="+Inf"} 3 6
  a_sum 4 8
  a_count 3 6
  b 1`);
  assert.deepEqual(found['{__name__="a"}'], [
    "0 {{schema:-53 count:3 sum:4 custom_values:[1] buckets:[1 2]}}",
    "60000 {{schema:-53 count:6 sum:8 custom_values:[1] counter_reset_hint:not_reset buckets:[2 4]}}",
  ]);
  assert.equal(Object.keys(found).length, 6);
});

const PROBLEMS: { text: string; at: string; message: RegExp }[] = [
  { text: "load 1m\n  a 1 oops", at: "2:7", message: /unexpected "oops"/ },
  { text: "load 1m\n  a 1\n\nclear", at: "4:1", message: /cleared/ },
  { text: "load 1m\n  a 1 2\n\nload 1m\n  a 3", at: "5:1", message: /refused the sample/ },
  {
    text: `load 1m\n  a 0x400000\n  b 0x400000\n  c 0x400000`,
    at: "4:3",
    message: /more than 1000000 values/,
  },
  { text: "load 1m\n  a {{count:-1}}", at: "2:1", message: /invalid histogram .* must not be negative/ },
  {
    text: 'load_with_nhcb 1m\n  a_bucket{le="1"} 2\n  a_bucket{le="2"} 1',
    at: "1:1",
    message: /not cumulative/,
  },
];

for (const { text, at, message } of PROBLEMS) {
  Deno.test(`loading names what is wrong and where: ${JSON.stringify(text)}`, () => {
    const result = loadScript(text, new MemoryStore());
    assert(result.kind === "error");
    assert.match(result.problem.message, message);
    assert.equal(`${result.problem.line}:${result.problem.column}`, at);
  });
}

Deno.test("a script that can't be read leaves the store empty", () => {
  const store = new MemoryStore();
  assert.equal(loadScript("load 1m\n  a 1\n\nload 1m\n  b ?", store).kind, "error");
  assert.deepEqual(contents(store), {});
});

Deno.test("counter reset hints come back as from a TSDB: unknown first, then not_reset, gauges as they are", () => {
  const found = loaded(`load 1m
  a {{count:1 counter_reset_hint:not_reset}} {{count:2}} {{count:1}} {{count:3}} 7 {{count:4}} stale {{count:5}}
  g {{count:5 counter_reset_hint:gauge}} {{count:3 counter_reset_hint:gauge}} {{count:4}}`);
  assert.deepEqual(found['{__name__="a"}'].map((text) => text.replace(/^\d+ /, "")), [
    "{{count:1}}",
    "{{count:2 counter_reset_hint:not_reset}}",
    "{{count:1}}",
    "{{count:3 counter_reset_hint:not_reset}}",
    "7",
    "{{count:4}}",
    "stale",
    "{{count:5}}",
  ]);
  assert.deepEqual(found['{__name__="g"}'].map((text) => text.replace(/^\d+ /, "")), [
    "{{count:5 counter_reset_hint:gauge}}",
    "{{count:3 counter_reset_hint:gauge}}",
    "{{count:4}}",
  ]);
});

Deno.test("the memory store finds series and reads any stretch of them", () => {
  const store = new MemoryStore();
  const ref = store.acquire(Labels.from({ __name__: "a", job: "x" }));
  assert.equal(store.acquire(Labels.from({ job: "x", __name__: "a" })), ref);
  for (const time of [10, 20, 30]) assert.equal(store.append(time, [ref], [time]), 0);
  assert.equal(store.append(20, [ref], [1]), 1, "out of order");
  assert.equal(store.append(30, [ref], [30]), 0, "the same again");
  assert.equal(store.append(30, [ref], [31]), 1, "another value at the same time");
  assert.equal(store.appendHistogram(30, ref, h("{{}}")), false);
  const job = matcher("=", "job", "x");
  assert(job.kind === "ok");
  const [series] = store.select({ matchers: [job.matcher], minTimeMs: 30, maxTimeMs: 40 });
  const columns = new SampleColumns(1);
  series.read(11, 30, columns);
  assert.deepEqual([...columns.timestamps.subarray(0, columns.length)], [20, 30]);
  columns.clear();
  assert.equal(series.readLast(0, 25, columns), true);
  assert.equal(series.readLast(21, 25, columns), false);
  assert.deepEqual([columns.length, columns.timestamps[0]], [1, 20]);
  assert.deepEqual(store.select({ matchers: [], minTimeMs: 31, maxTimeMs: 40 }), []);
  assert.deepEqual(store.labelNames(EVER), ["__name__", "job"]);
  assert.deepEqual(store.labelValues("job", EVER), ["x"]);
});
