import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { cleanRanges, keepReleasing, readsCodeWithinMappings } from "../../src/supervisor/unused_pages.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { denoProcess } from "../support/process_runner.ts";

function mapping(range: string, mode: string, path: string, anonymousKib: number): string {
  return [
    `${range} ${mode} 00000000 fe:00 1234                       ${path}`,
    "Size:               1952 kB",
    "Rss:                1952 kB",
    `Anonymous:          ${anonymousKib} kB`,
    "AnonHugePages:         0 kB",
    "VmFlags: rd mr mw me ac",
  ].join("\n");
}

const cases: { name: string; smaps: string[]; want: [bigint, bigint][] }[] = [
  {
    name: "read-only data and code of the executable",
    smaps: [
      mapping("1000-3000", "r--p", "/bunny", 0),
      mapping("7f0c73d00000-7f0c73d01000", "r-xp", "/bunny", 0),
    ],
    want: [[0x1000n, 0x3000n], [0x7f0c73d00000n, 0x7f0c73d01000n]],
  },
  { name: "not what was written to before", smaps: [mapping("1000-3000", "r--p", "/bunny", 4)], want: [] },
  { name: "not what can be written to", smaps: [mapping("1000-3000", "rw-p", "/bunny", 0)], want: [] },
  { name: "not what is shared", smaps: [mapping("1000-3000", "r--s", "/bunny", 0)], want: [] },
  {
    name: "code of shared libraries",
    smaps: [
      mapping("1000-3000", "r-xp", "/lib/libc.so.6", 0),
      mapping("4000-5000", "r--p", "/lib/libm.so", 0),
      mapping("6000-7000", "r--p", "/lib/libm.so", 4),
    ],
    want: [[0x1000n, 0x3000n], [0x4000n, 0x5000n]],
  },
  {
    name: "not another file",
    smaps: [mapping("1000-3000", "r--p", "/usr/lib/locale.so.archive", 0)],
    want: [],
  },
  { name: "not memory without a file", smaps: [mapping("1000-3000", "r--p", "", 0)], want: [] },
  {
    name: "a path with spaces",
    smaps: [mapping("1000-3000", "rw-p", "/a b", 0), mapping("4000-5000", "r--p", "/a b", 0)],
    want: [],
  },
];
Deno.test("code is read within mappings by newer kernels", () => {
  const releases = [
    "5.15.0-91-generic",
    "6.1.0-18-amd64",
    "6.12.9",
    "6.17.0-5-generic",
    "6.18.44",
    "7.0.0-rc1",
  ];
  assert.deepEqual(releases.map(readsCodeWithinMappings), [false, false, false, true, true, true]);
});

Deno.test("pages that may be dropped are told apart: code and data", () => {
  const smaps = [mapping("1000-3000", "r--p", "/bunny", 0), mapping("4000-5000", "r-xp", "/bunny", 0)];
  assert.deepEqual(cleanRanges(smaps.join("\n"), "/bunny").map(({ isCode }) => isCode), [false, true]);
});

for (const { name, smaps, want } of cases) {
  Deno.test(`pages that may be dropped: ${name}`, () => {
    const file = name === "a path with spaces" ? "/a c" : "/bunny";
    assert.deepEqual(cleanRanges(smaps.join("\n"), file).map(({ start, end }) => [start, end]), want);
  });
}

const CHILD = fileURLToPath(new URL("unused_pages_child.ts", import.meta.url));

Deno.test({
  name: "unused pages leave the resident set, little is read ahead, and what was dropped still works",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    await using child = denoProcess(["run", "-A", "--no-check", CHILD]);
    const said = JSON.parse(await child.waitForLine(/^\{/));
    assert.equal((await child.status).code, 0, child.output);
    assert.ok(said.afterBytes < said.beforeBytes * 0.8, JSON.stringify(said));
    assert.equal(said.works, 500_500);
    assert.ok(said.mappings > said.mappingsBefore + 100, JSON.stringify(said));
    assert.ok(said.readAlone >= 1, JSON.stringify(said));
    assert.match(said.loading, /NotCapable/);
  },
});

for (
  const { name, isTight, atOnce } of [
    {
      name: "pages are looked up and released after the start and from then on, until the end",
      isTight: false,
      atOnce: [],
    },
    {
      name: "where memory is short nothing is read ahead from the start",
      isTight: true,
      atOnce: ["find", "sparing"],
    },
  ]
) {
  Deno.test(name, async () => {
    const clock = new FakeClock();
    const done: string[] = [];
    const note = (what: string) => () => void done.push(what);
    const pages = {
      find: () => Promise.resolve(note("find")()),
      readSparingly: note("sparing"),
      release: note("release"),
    };
    const stopping = new AbortController();
    const following = keepReleasing(pages, clock, stopping.signal, isTight);
    await clock.advance(4_999);
    assert.deepEqual(done, atOnce);
    await clock.advance(1);
    assert.deepEqual(done, [...(isTight ? ["find", "sparing"] : ["find"]), "release"]);
    await clock.advance(60_000);
    assert.equal(done.filter((what) => what === "release").length, 7);
    assert.equal(done.filter((what) => what === "find").length, 1);
    stopping.abort();
    await following;
  });
}

Deno.test("a stop before the start is over looks nothing up", async () => {
  const clock = new FakeClock();
  const stopping = new AbortController();
  const never = () => assert.fail("not any more");
  const pages = { find: never, readSparingly: never, release: never };
  const following = keepReleasing(pages, clock, stopping.signal, false);
  await clock.advance(1_000);
  stopping.abort();
  await following;
});
