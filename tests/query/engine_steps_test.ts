import assert from "node:assert/strict";
import type { Histogram } from "../../src/model/histogram.ts";
import { Labels } from "../../src/model/labels.ts";
import { STALE_NAN } from "../../src/model/sample.ts";
import { formatHistogram } from "../../src/query/mod.ts";
import { MemoryStore } from "../support/promql_script/mod.ts";
import { describe, engineWith, valueOf } from "./engine_support.ts";
import { Random } from "../support/random.ts";

/**
 * A range query must say at each step what an instant query says at that time: the former works on columns of all
 * steps, with what it carries on from step to step, the latter looks at one time afresh.
 */

const SEED = 20_250_131;
const END_MS = 400_000;

function randomStore(random: Random): MemoryStore {
  const store = new MemoryStore();
  for (const name of ["gauge", "requests_total"]) {
    for (let i = 0; i < 6; i++) {
      const ref = store.acquire(
        Labels.from({ __name__: name, job: `job-${i % 2}`, instance: `i-${i % 3}`, n: `${i}` }),
      );
      let value = 0;
      for (let timeMs = random.below(3_000); timeMs < END_MS; timeMs += 700 + random.below(600)) {
        if (random.chance(0.02)) timeMs += random.below(60_000); // an outage
        const isStale = random.chance(0.01);
        value = name === "gauge"
          ? random.below(1_000) / 8 - 60
          : random.chance(0.02)
          ? 0
          : value + random.below(5);
        store.append(
          timeMs,
          [ref],
          [isStale ? STALE_NAN : random.chance(0.005) ? NaN : value],
          random.chance(0.2) ? 1 : 0,
        );
      }
    }
  }
  for (const le of ["0.1", "1", "+Inf"]) {
    const ref = store.acquire(Labels.from({ __name__: "latency_bucket", le }));
    let count = 0;
    for (let timeMs = 0; timeMs < END_MS; timeMs += 1_000) {
      store.append(timeMs, [ref], [count += random.below(3)]);
    }
  }
  for (const n of ["0", "1"]) {
    const ref = store.acquire(Labels.from({ __name__: "native", n }));
    const counts = Float64Array.of(0, 0, 0);
    for (let timeMs = random.below(3_000); timeMs < END_MS; timeMs += 900 + random.below(300)) {
      if (random.chance(0.02)) counts.fill(0); // a restart
      for (let i = 0; i < counts.length; i++) counts[i] += random.below(4);
      const count = counts[0] + counts[1] + counts[2];
      store.appendHistogram(timeMs, ref, {
        schema: n === "0" || random.chance(0.5) ? 0 : 1,
        counterResetHint: "unknown",
        zeroThreshold: 0.001,
        zeroCount: counts[0],
        count,
        sum: count * 3,
        positiveSpans: [{ offset: 1, length: 2 }],
        negativeSpans: [],
        positiveBuckets: counts.slice(1),
        negativeBuckets: new Float64Array(0),
        customValues: undefined,
      });
    }
  }
  return store;
}

const RANGE_FUNCTIONS = [
  // Windows that overlap enough for sums to be carried on.
  "avg_over_time(gauge[5m])",
  "deriv(gauge[5m])",
  "increase(requests_total[5m])",
  "max_over_time(gauge[5m])",
  "predict_linear(gauge[5m], 30)",
  "stddev_over_time(gauge[5m])",
  "sum_over_time((gauge > 0)[5m:1s])",
  // Windows that hardly do.
  "absent_over_time(gauge{n='3'}[3s])",
  "avg_over_time(gauge[20s])",
  "changes(gauge[20s])",
  "count_over_time(gauge[20s])",
  "delta(gauge[20s])",
  "deriv(gauge[20s])",
  "double_exponential_smoothing(gauge[20s], 0.4, 0.7)",
  "first_over_time(gauge[20s])",
  "idelta(gauge[20s])",
  "increase(requests_total[20s])",
  "increase(requests_total[20s] anchored)",
  "increase(requests_total[20s] smoothed)",
  "irate(requests_total[20s])",
  "last_over_time(gauge[20s])",
  "mad_over_time(gauge[20s])",
  "max_over_time(gauge[20s])",
  "min_over_time(gauge[20s])",
  "predict_linear(gauge[20s], 30)",
  "present_over_time(gauge[2s])",
  "quantile_over_time(0.7, gauge[20s])",
  "quantile_over_time(0.7, gauge[5m])",
  "quantile_over_time(scalar(gauge{n='2'}), gauge[20s])",
  "rate(requests_total[20s])",
  "rate(requests_total[20s] offset 10s)",
  "rate(requests_total[20s] @ 60)",
  "resets(requests_total[20s])",
  "stddev_over_time(gauge[20s])",
  "stdvar_over_time(gauge[20s])",
  "sum_over_time(gauge[20s])",
  "ts_of_first_over_time(gauge[20s])",
  "ts_of_last_over_time(gauge[20s])",
  "ts_of_max_over_time(gauge[20s])",
  "ts_of_min_over_time(gauge[20s])",
];

const OTHERS = [
  "gauge",
  "gauge offset 7s",
  "gauge smoothed",
  "timestamp(gauge)",
  "start_timestamp(requests_total)",
  "absent(gauge{n='4'})",
  "scalar(gauge{n='1'})",
  "-gauge",
  "gauge > 0",
  "0 < bool gauge",
  "gauge % 7",
  "gauge + on(n) requests_total",
  "gauge * ignoring(n) group_left() (gauge{n=~'[012]'})",
  "gauge / on(n) fill(1) (requests_total > 20)",
  "gauge and on(n) (requests_total > 20)",
  "gauge unless on(n) (requests_total > 20)",
  "(gauge > 10) or gauge{job='job-1'}",
  "sum by (job) (gauge)",
  "avg without (n) (gauge)",
  "min(gauge)",
  "max by (instance) (gauge)",
  "count(gauge > 0)",
  "group by (job) (gauge)",
  "stddev(gauge)",
  "stdvar by (job) (gauge)",
  "quantile(0.3, gauge)",
  "topk(2, gauge)",
  "bottomk by (job) (1, gauge)",
  "limitk(2, gauge)",
  "limit_ratio(0.5, gauge)",
  "count_values('v', round(gauge, 40))",
  "clamp(gauge, -10, 10)",
  "round(gauge, 5)",
  "hour(gauge * 1000)",
  "label_replace(gauge, 'm', 'x$1', 'n', '(.)')",
  "histogram_quantile(0.5, rate(latency_bucket[30s]))",
  "max_over_time(avg_over_time(gauge[10s])[1m:5s])",
  "sum_over_time((gauge > 0)[30s:2s])",
  "rate(sum(requests_total)[40s:3s])",
  "time() - gauge",
];

const HISTOGRAMS = [
  "native",
  "native smoothed",
  "native * 2",
  "native{n='0'} + on() native{n='1'}",
  "native == native",
  "native and on(n) (histogram_count(native) > 50)",
  "rate(native[20s])",
  "increase(native[20s] anchored)",
  "delta(native[20s])",
  "irate(native[20s])",
  "sum_over_time(native[20s])",
  "avg_over_time(native[20s])",
  "last_over_time(native[20s])",
  "resets(native[1m])",
  "changes(native[1m])",
  "count_over_time(native[1m])",
  "sum(native)",
  "avg(rate(native[20s]))",
  "histogram_quantile(0.9, rate(native[20s]))",
  "histogram_fraction(0, 2, native)",
  "histogram_stddev(native)",
  "histogram_avg(rate(native[20s]))",
  "rate(native[1m:7s])",
  "sum by (__name__) ({__name__=~'native|gauge'})",
  "topk(1, {__name__=~'native|gauge'})",
  "limitk(3, {__name__=~'native|gauge'})",
];

for (const query of [...RANGE_FUNCTIONS, ...OTHERS, ...HISTOGRAMS]) {
  Deno.test(`over a range as at each of its steps: ${query}`, async () => {
    const store = randomStore(new Random(SEED));
    const engine = engineWith();
    for (const stepMs of [1_000, 13_000]) {
      const [startMs, endMs] = [30_000, 30_000 + 25 * stepMs];
      const ranged = new Map<number, string[]>();
      const matrix = valueOf(await engine.range(store, query, startMs, endMs, stepMs));
      assert.equal(matrix.kind, "matrix");
      if (matrix.kind !== "matrix") return;
      for (const { labels, timestamps, values, histograms } of matrix.series) {
        timestamps.forEach((timestampMs, row) => {
          const line = `${labels} ${shown(values[row], histograms?.[row])}`;
          ranged.set(timestampMs, [...ranged.get(timestampMs) ?? [], line]);
        });
      }
      for (let timeMs = startMs; timeMs <= endMs; timeMs += stepMs) {
        const value = valueOf(await engine.instant(store, query, timeMs));
        const lines = value.kind === "scalar"
          ? [`{} ${rounded(value.value)}`]
          : value.kind === "vector"
          ? value.samples.map(({ labels, value, histogram }) => `${labels} ${shown(value, histogram)}`)
          : describe(value);
        assert.deepEqual(
          ranged.get(timeMs)?.sort() ?? [],
          lines.sort(),
          `seed ${SEED}, ${query} at ${timeMs}`,
        );
      }
    }
  });
}

function shown(value: number, histogram: Histogram | undefined): string {
  return histogram ? formatHistogram(histogram) : rounded(value);
}

/** Carried sums and fresh ones differ in the last digits. */
function rounded(value: number): string {
  return Math.abs(value) < 1e-9 ? "0" : value.toPrecision(9);
}
