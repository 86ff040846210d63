import assert from "node:assert/strict";
import { formatProblem, readConfig, readConfigFile } from "../../src/config/mod.ts";

const LARGEST = 262_144;

/** What a file may not do to us, and the first thing that is said about it. Each must be refused in bounded time. */
const cases: readonly { name: string; text: () => string; want: RegExp }[] = [
  { name: "larger than allowed", text: () => `# ${"x".repeat(LARGEST)}`, want: /larger than 262144 bytes/ },
  {
    name: "brackets without end",
    text: () => "[]".repeat(LARGEST / 2),
    want: /more than 50000 words and marks/,
  },
  { name: "deep brackets", text: () => "[".repeat(50_000), want: /1:65: more than 32 levels/ },
  { name: "deep indentation", text: () => nested(500), want: /more than 32 levels/ },
  {
    name: "keys without end",
    text: () => lines(20_000, (i) => `k${i}:`),
    want: /bunny.yaml:1001:6: more than 1000 entries in one list or mapping/,
  },
  { name: "unknown keys without end", text: () => lines(900, (i) => `k${i}:`), want: /k0: unknown key/ },
  { name: "a billion laughs", text: laughs, want: /unknown key/ },
  {
    name: "too many aliases",
    text: () => `x: &p 1\n${lines(3, (i) => `k${i}: [${"*p,".repeat(400)}]`)}`,
    want: /more than 1000 aliases/,
  },
  {
    name: "aliases that make a file large",
    text: () => manyAliases(490, 60),
    want: /once every alias is followed/,
  },
  {
    name: "too many probes",
    text: () => manyProbes(501),
    want: /501 are too many; at most 500 are allowed/,
  },
  {
    name: "a query without end",
    text: () => query("1+".repeat(3_000) + "1"),
    want: /a health query has at most 4096 characters, this one 6001/,
  },
  { name: "a deep query", text: () => query("(".repeat(4_000)), want: /nests deeper/ },
  {
    name: "a long pattern",
    text: () => `signals: {watchedProcessCommandLineRegEx: ${"a".repeat(5_000)}}`,
    want: /the pattern would take more than 1000 states/,
  },
];

function lines(count: number, line: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => line(i)).join("\n");
}

function nested(depth: number): string {
  return lines(depth, (i) => `${" ".repeat(i)}a:`);
}

function laughs(): string {
  const nine = (item: string) => `[${Array(9).fill(item).join(", ")}]`;
  return lines(40, (i) => i === 0 ? `a0: &a0 ${nine("ha")}` : `a${i}: &a${i} ${nine(`*a${i - 1}`)}`);
}

function manyAliases(count: number, items: number): string {
  const first = `    - &p {name: x, exec: {command: [/x], env: [${"{name: a, value: b},".repeat(items)}]}}`;
  return `egress:\n  probes:\n${first}\n${"    - *p\n".repeat(count)}`;
}

function manyProbes(count: number): string {
  return `egress:\n  probes:\n${lines(count, (i) => `    - {name: p${i}, grpc: {port: 1}}`)}`;
}

function query(text: string): string {
  return `ingress: {httpServer: {health: [{path: a, instantQuery: {query: '${text}'}}]}}`;
}

for (const { name, text, want } of cases) {
  Deno.test(`config bounds: ${name}`, () => {
    const started = performance.now();
    const reading = readConfig(text(), "bunny.yaml");
    assert.equal(reading.kind, "problems");
    assert.ok(
      reading.problems.some((problem) => want.test(formatProblem(problem))),
      formatProblem(reading.problems[0]),
    );
    assert.ok(reading.problems.length <= 101);
    assert.ok(performance.now() - started < 20_000);
  });
}

Deno.test("config bounds: five hundred probes are read", () => {
  assert.equal(readConfig(manyProbes(500), "bunny.yaml").kind, "ok");
});

Deno.test("config bounds: whatever is done to a good file, reading it throws nothing", async () => {
  const good = await Deno.readTextFile(new URL("../fixtures/config/good/every_key.yaml", import.meta.url));
  const seed = crypto.getRandomValues(new Uint32Array(1))[0];
  const random = mulberry32(seed);
  const pick = (below: number) => Math.floor(random() * below);
  const marks = [
    "{",
    "}",
    "[",
    "]",
    ":",
    "-",
    "#",
    "&a ",
    "*a",
    "!x ",
    "|",
    ">",
    "'",
    '"',
    "\n",
    "\t",
    " ",
    "\0",
    "😀",
    "<<: ",
  ];
  for (let i = 0; i < 400; i++) {
    let text = good;
    for (let edits = 1 + pick(4); edits > 0; edits--) {
      const at = pick(text.length);
      const cut = pick(3) === 0 ? pick(40) : pick(2);
      text = text.slice(0, at) + marks[pick(marks.length)] + text.slice(at + cut);
    }
    try {
      readConfig(text, "bunny.yaml");
    } catch (error) {
      throw new Error(`seed ${seed}, round ${i}:\n${text}`, { cause: error });
    }
  }
});

/** A small seeded generator (mulberry32): numbers from 0 up to but not including 1. */
function mulberry32(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const files: readonly { name: string; make: (path: string) => void; want: string }[] = [
  { name: "none at all", make: () => {}, want: "there is no such file" },
  { name: "a directory", make: (path) => Deno.mkdirSync(path), want: "is a directory; name the file in it" },
  {
    name: "a link to nowhere",
    make: (path) => Deno.symlinkSync("nowhere", path),
    want: "there is no such file",
  },
  {
    name: "too large",
    make: (path) => Deno.writeFileSync(path, new Uint8Array(LARGEST + 1).fill(0x20)),
    want: "larger than 262144 bytes",
  },
  {
    name: "no text",
    make: (path) => Deno.writeFileSync(path, new Uint8Array([0x61, 0xff, 0xfe])),
    want: "is not text in UTF-8",
  },
  {
    name: "UTF-16, as some editors on Windows save",
    make: (path) => Deno.writeFileSync(path, utf16(0xfeff, "{}")),
    want: "is UTF-16; save it as UTF-8",
  },
  {
    name: "UTF-16 without its mark",
    make: (path) => Deno.writeFileSync(path, utf16("{}")),
    want: "is UTF-16; save it as UTF-8",
  },
  {
    name: "a pipe",
    make: (path) => assert.ok(new Deno.Command("mkfifo", { args: [path] }).outputSync().success),
    want: "is not a plain file",
  },
];

/** Little-endian. */
function utf16(...parts: readonly (number | string)[]): Uint8Array {
  const units = parts.flatMap((part) =>
    typeof part === "number" ? [part] : [...part].map((letter) => letter.charCodeAt(0))
  );
  return new Uint8Array(units.flatMap((unit) => [unit & 0xff, unit >> 8]));
}

for (const { name, make, want } of files) {
  Deno.test(`config file: ${name}`, async () => {
    const directory = Deno.makeTempDirSync();
    try {
      const path = `${directory}/bunny.yaml`;
      make(path);
      const reading = await readConfigFile(path);
      assert.equal(reading.kind, "problems");
      assert.deepEqual(reading.problems.map(formatProblem), [`${path}: ${want}`]);
    } finally {
      Deno.removeSync(directory, { recursive: true });
    }
  });
}

Deno.test("config file: its hash is that of its bytes", async () => {
  const directory = Deno.makeTempDirSync();
  try {
    const hashes = [];
    for (const text of ["{}", "{} ", "{}"]) {
      Deno.writeTextFileSync(`${directory}/bunny.yaml`, text);
      hashes.push((await readConfigFile(`${directory}/bunny.yaml`)).hash);
    }
    assert.equal(hashes[0], hashes[2]);
    assert.notEqual(hashes[0], hashes[1]);
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
});
