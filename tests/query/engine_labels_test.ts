import assert from "node:assert/strict";
import { Labels } from "../../src/model/labels.ts";
import { MemoryStore } from "../support/promql_script/mod.ts";
import { describe, engineWith, valueOf } from "./engine_support.ts";

// Texts that hold what keys put between their parts.
const store = new MemoryStore();
const sets: Record<string, string>[] = [{ a: "x", b: "y" }, { a: "xÿbÿy" }];
for (const labels of sets) {
  for (const __name__ of ["left", "right"]) {
    store.append(0, [store.acquire(Labels.from({ __name__, ...labels }))], [1]);
  }
}

const PLAIN = '{a="x", b="y"}';
const ODD = '{a="xÿbÿy"}';

const cases: { query: string; want: string[] }[] = [
  { query: "sum by (a, b) (left)", want: [`${PLAIN} 1`, `${ODD} 1`] },
  { query: "sum without (c) (left)", want: [`${PLAIN} 1`, `${ODD} 1`] },
  { query: "left + right", want: [`${PLAIN} 2`, `${ODD} 2`] },
  { query: "left + on (a, b) right", want: [`${PLAIN} 2`, `${ODD} 2`] },
  { query: 'left{b=""} and on (a, b) right{b!=""}', want: [] },
];
for (const { query, want } of cases) {
  Deno.test(`${query} tells label sets apart, whatever is in their values`, async () => {
    const value = valueOf(await engineWith().instant(store, query, 0));
    assert.deepEqual(describe(value).sort(), want.toSorted());
  });
}
