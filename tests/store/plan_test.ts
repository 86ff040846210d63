import assert from "node:assert/strict";
import type { BlockMeta } from "../../src/store/block_meta.ts";
import {
  expiredByAge,
  expiredBySize,
  planCompaction,
  planCut,
  planEarlyCut,
  planLastCut,
  type Span,
} from "../../src/store/plan.ts";

const none = {
  samples: 1,
  series: 1,
  chunks: 1,
  tombstones: 0,
  level: 1,
  sources: [],
  parents: [],
  hints: [],
};

/** A block from one minute to another. */
function block(from: number, to: number, sizeBytes = 1): Span {
  const meta: BlockMeta = {
    ...none,
    ulid: `${from}-${to}`,
    minTimeMs: from * 60_000,
    maxTimeMs: to * 60_000,
  };
  return { meta, sizeBytes };
}

const names = (blocks: readonly Span[] | undefined) => blocks?.map(({ meta }) => meta.ulid);

const cuts: { name: string; head: [number, number]; after: number; want: [number, number] | undefined }[] = [
  { name: "an empty head", head: [Infinity, -Infinity], after: -Infinity, want: undefined },
  { name: "less than one and a half ranges", head: [10, 24], after: -Infinity, want: undefined },
  { name: "more than that", head: [10, 25.1], after: -Infinity, want: [10, 20] },
  { name: "a head that starts inside a range", head: [13, 25.1], after: -Infinity, want: [10, 20] },
  { name: "a block that ends inside the range", head: [13, 25.1], after: 12, want: [12, 20] },
  { name: "times before 1970", head: [-13, 0], after: -Infinity, want: [-20, -10] },
];

for (const { name, head: [min, max], after, want } of cuts) {
  Deno.test(`planCut: ${name}`, () => {
    const cut = planCut(min, max, after, 10);
    assert.deepEqual(cut && [cut.minTimeMs, cut.maxTimeMs], want);
  });
}

Deno.test("planEarlyCut takes the older half, but not across a range's end", () => {
  assert.deepEqual(planEarlyCut(1_000, 1_400, 10_000), { minTimeMs: 1_000, maxTimeMs: 1_201 });
  assert.deepEqual(planEarlyCut(9_900, 10_900, 10_000), { minTimeMs: 9_900, maxTimeMs: 10_000 });
  assert.equal(planEarlyCut(5, 6, 10_000), undefined);
});

Deno.test("planLastCut goes range by range up to the newest sample", () => {
  assert.deepEqual(planLastCut(13, 27, 12, 10), { minTimeMs: 12, maxTimeMs: 20 });
  assert.deepEqual(planLastCut(20, 27, 20, 10), { minTimeMs: 20, maxTimeMs: 28 });
  assert.equal(planLastCut(Infinity, 27, 28, 10), undefined);
});

Deno.test("planCut waits a minute for late samples, not half of a long range", () => {
  const hour = 3_600_000;
  assert.equal(planCut(0, hour + 60_000, -Infinity, hour), undefined);
  assert.deepEqual(planCut(0, hour + 60_001, -Infinity, hour), { minTimeMs: 0, maxTimeMs: hour });
});

const compactions: {
  name: string;
  blocks: Span[];
  headMin: number;
  maxBytes?: number;
  /** Names of blocks that can't be read. */
  unreadable?: string[];
  want: string[] | undefined;
}[] = [
  { name: "one block is left alone", blocks: [block(0, 5)], headMin: 99, want: undefined },
  {
    name: "three of a range over",
    blocks: [block(0, 5), block(5, 10), block(10, 15)],
    headMin: 15,
    want: ["0-5", "5-10", "10-15"],
  },
  { name: "a range that isn't over", blocks: [block(0, 5), block(5, 10)], headMin: 10, want: undefined },
  {
    name: "a range over with a gap in it",
    blocks: [block(0, 5), block(10, 15)],
    headMin: 20,
    want: ["0-5", "10-15"],
  },
  {
    name: "parts of the smallest range first",
    blocks: [block(0, 2), block(2, 5), block(5, 10), block(10, 15)],
    headMin: 99,
    want: ["0-2", "2-5"],
  },
  {
    name: "blocks of the longest range stay",
    blocks: [block(0, 15), block(15, 30)],
    headMin: 99,
    want: undefined,
  },
  {
    name: "a block across ranges stays",
    blocks: [block(10, 20), block(20, 25)],
    headMin: 99,
    want: undefined,
  },
  {
    name: "blocks around a part of another one stay",
    blocks: [block(0, 5), block(4, 16), block(10, 15)],
    headMin: 99,
    want: undefined,
  },
  { name: "overlapping blocks stay", blocks: [block(0, 10), block(5, 15)], headMin: 99, want: undefined },
  {
    name: "a group that is too large doesn't hide a later one",
    blocks: [block(0, 5, 40), block(5, 10, 61), block(15, 20, 40), block(20, 25, 60)],
    headMin: 99,
    maxBytes: 100,
    want: ["15-20", "20-25"],
  },
  {
    name: "a block that can't be read doesn't hide a later group",
    blocks: [block(0, 5), block(5, 10), block(15, 20), block(20, 25)],
    headMin: 99,
    unreadable: ["5-10"],
    want: ["15-20", "20-25"],
  },
  {
    name: "those beside a block that can't be read",
    blocks: [block(0, 5), block(5, 10), block(10, 15)],
    headMin: 99,
    unreadable: ["0-5"],
    want: ["5-10", "10-15"],
  },
  {
    name: "blocks around one that can't be read stay",
    blocks: [block(0, 5), block(5, 10), block(10, 15)],
    headMin: 99,
    unreadable: ["5-10"],
    want: undefined,
  },
];

for (const { name, blocks, headMin, maxBytes, unreadable = [], want } of compactions) {
  Deno.test(`planCompaction: ${name}`, () => {
    const minute = 60_000;
    const limits = {
      maxBytes,
      unreadable: new Set(blocks.filter(({ meta }) => unreadable.includes(meta.ulid))),
    };
    assert.deepEqual(names(planCompaction(blocks, 5 * minute, 15 * minute, headMin * minute, limits)), want);
  });
}

Deno.test("expiredByAge names blocks that ended a retention ago", () => {
  const blocks = [block(0, 5), block(5, 10), block(10, 15)];
  assert.deepEqual(names(expiredByAge(blocks, 20 * 60_000, 10 * 60_000)), ["0-5", "5-10"]);
});

Deno.test("expiredBySize names the oldest, no more than must go", () => {
  const blocks = [block(5, 10, 40), block(0, 5, 50), block(10, 15, 30)];
  assert.deepEqual(names(expiredBySize(blocks, 120)), []);
  assert.deepEqual(names(expiredBySize(blocks, 119)), ["0-5"]);
  assert.deepEqual(names(expiredBySize(blocks, 69)), ["0-5", "5-10"]);
  assert.deepEqual(names(expiredBySize(blocks, 0)), ["0-5", "5-10", "10-15"]);
});
