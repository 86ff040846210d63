import assert from "node:assert/strict";
import { SystemClock } from "../../src/base/clock.ts";
import {
  Engine,
  type EngineOptions,
  loadScript,
  type QueryResult,
  type QueryValue,
} from "../../src/query/mod.ts";
import { MemoryStore } from "../support/promql_script/mod.ts";

/** A store filled by the `load` commands of a script; its first samples are at time 0. */
export function loaded(script: string): MemoryStore {
  const store = new MemoryStore();
  const result = loadScript(script, store);
  assert.equal(result.kind, "ok", JSON.stringify(result));
  return store;
}

export function engineWith(options: Partial<EngineOptions> = {}): Engine {
  return new Engine({ clock: new SystemClock(), noStepSubqueryIntervalMs: 60_000, ...options });
}

/** The value of a query that must succeed. */
export function valueOf(result: QueryResult): QueryValue {
  if (result.kind === "ok") return result.value;
  assert.fail(`the query failed: ${result.error.message}`);
}

/** Results as short texts: labels, then values (with times in a matrix). */
export function describe(value: QueryValue): string[] {
  switch (value.kind) {
    case "scalar":
      return [`scalar ${value.value}`];
    case "string":
      return [`string ${value.value}`];
    case "vector":
      return value.samples.map(({ labels, value, histogram }) =>
        `${labels} ${histogram ? "histogram" : value}`
      );
    case "matrix":
      return value.series.map(({ labels, timestamps, values, histograms }) => {
        const rows = Array.from(timestamps, (timestampMs, row) => {
          return `${histograms?.[row] ? "histogram" : values[row]}@${timestampMs / 1000}`;
        });
        return `${labels} ${rows.join(" ")}`;
      });
  }
}
