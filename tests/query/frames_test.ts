import assert from "node:assert/strict";
import { Labels } from "../../src/model/labels.ts";
import { Frame } from "../../src/query/eval/frame.ts";
import { Frames } from "../../src/query/eval/frames.ts";
import { release } from "../../src/query/mod.ts";
import { engineWith, loaded, valueOf } from "./engine_support.ts";

/** Steps that make a row's memory worth giving back. */
const MANY = 4_096;

const cells = (frame: Frame) => [frame.kinds.length, frame.values.length];

Deno.test("Frames give back what an expression was made from, but for its result", () => {
  const frames = new Frames();
  const [other, operand, result] = Array.from({ length: 3 }, () => frames.add(new Frame(4 * MANY, 1)));
  frames.releaseSince(1, result);
  assert.deepEqual([other, operand, result].map((frame) => frame.values.length), [4 * MANY, 0, 4 * MANY]);
  assert.equal(frames.count, 2);
});

Deno.test("Frames give all back at a query's end but what it hands out", () => {
  for (const isHandedOut of [true, false]) {
    const frames = new Frames();
    const frame = frames.add(new Frame(4 * MANY, 1));
    const timestamps = new Float64Array(1);
    const series = {
      labels: Labels.EMPTY,
      timestamps,
      values: frame.values.subarray(0, 1),
      histograms: undefined,
    };
    frames.end({ kind: "matrix", series: isHandedOut ? [series] : [] });
    assert.equal(frame.values.length, isHandedOut ? 4 * MANY : 0);
    assert.equal(frames.count, 0);
  }
});

Deno.test("A frame that grows gives its old memory back, and keeps what was in it", () => {
  const frame = new Frame(4 * MANY, 1);
  frame.setFloat(frame.addRow(Labels.EMPTY, false), 7);
  const { kinds, values } = frame;
  frame.addRow(Labels.EMPTY, false);
  assert.deepEqual([kinds.length, values.length], [0, 0]);
  assert.equal(frame.values[0], 7);
  frame.release();
  assert.deepEqual(cells(frame), [0, 0]);
});

const STORE = loaded(`
load 1s
  a{n="1"} 0+1x${MANY}
  a{n="2"} 3+2x${MANY}
  b{n="1"} 1 2 _ stale 5x${MANY}
`);

const QUERIES = [
  "a",
  "-a",
  "a + b",
  "a + on (n) group_left a",
  "a * 2 > 7",
  "1 - a",
  "a and b",
  "a or b",
  'b unless on (n) a{n="2"}',
  "sum(a)",
  "sum by (n) (a) / on () group_left count(a)",
  "topk(1, a)",
  "quantile(0.5, a)",
  `count_values("v", a % 7)`,
  "rate(a[5s]) + 1",
  "max_over_time((a - b)[5s:1s])",
  "scalar(sum(a)) + a",
  "vector(scalar(b))",
  `label_replace(a, "m", "$1", "n", "(.)") + on (n) b`,
  "a @ 100 + a",
  "sort(a) + on () group_left sum(a @ 5)",
  "absent(b)",
  "clamp(abs(a), 1, 5)",
];

/** The same rows of numbers for the whole range and for its parts, whose frames are too small to be given back. */
for (const query of QUERIES) {
  Deno.test(`The memory of large frames goes when nobody reads them any more: ${query}`, async () => {
    const engine = engineWith();
    const range = async (fromStep: number, untilStep: number) => {
      const result = await engine.range(STORE, query, fromStep * 1_000, (untilStep - 1) * 1_000, 1_000);
      const value = valueOf(result);
      assert.ok(value.kind === "matrix");
      return value.series.flatMap(({ labels, timestamps, values }) =>
        Array.from(timestamps, (timestampMs, row) => `${timestampMs} ${labels.key} ${values[row]}`)
      );
    };
    const inParts: string[] = [];
    for (let step = 0; step < MANY; step += 64) inParts.push(...await range(step, step + 64));
    assert.ok(inParts.length > 0);
    assert.deepEqual((await range(0, MANY)).sort(), inParts.sort());
  });
}

Deno.test("release gives the memory of a large result back", async () => {
  const value = valueOf(await engineWith().range(STORE, "a", 0, (MANY - 1) * 1_000, 1_000));
  assert.ok(value.kind === "matrix");
  assert.deepEqual(value.series.map(({ values }) => values.length), [MANY, MANY]);
  release(value);
  assert.deepEqual(value.series.map(({ timestamps, values }) => timestamps.length + values.length), [0, 0]);
});
