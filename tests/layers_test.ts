import assert from "node:assert/strict";
import { importsOf } from "./support/imports.ts";
import { checkLayers, LEVELS, type Rule } from "./support/layers.ts";

const ROOT = new URL("../", import.meta.url);

function readTree(folder: string, files = new Map<string, string>()): Map<string, string> {
  for (const entry of Deno.readDirSync(new URL(folder, ROOT))) {
    const path = `${folder}${entry.name}`;
    if (entry.isDirectory) readTree(`${path}/`, files);
    else if (/\.tsx?$/.test(entry.name)) files.set(path, Deno.readTextFileSync(new URL(path, ROOT)));
  }
  return files;
}

const SIBLINGS = [
  ["ingress", "probes"],
  ["probes", "telemetry"],
  ["telemetry", "ingress"],
  ["query", "store"],
  ["store", "query"],
];

Deno.test("src/ keeps its layers", () => {
  const files = readTree("src/");
  assert.ok(files.size > 10, `only ${files.size} files found`);
  const messages = checkLayers(files).map(({ rule, message }) => `${rule}: ${message}`);
  assert.deepEqual(messages, []);
});

Deno.test("every folder of src/ has a level", () => {
  const folders = [...Deno.readDirSync(new URL("src/", ROOT))].filter((entry) => entry.isDirectory);
  assert.deepEqual(folders.map(({ name }) => name).filter((name) => !LEVELS.flat().includes(name)), []);
});

for (
  const { name, files, want } of [
    {
      name: "downward imports, through the door, are fine",
      files: {
        "src/main.ts": `import { main } from "./cli/mod.ts";`,
        "src/cli/mod.ts":
          `export * from "./run.ts"; import { x } from "../query/mod.ts"; import "npm:anything";`,
        "src/cli/run.ts":
          `import { y } from "../base/clock.ts"; import type { L } from "../model/labels.ts";`,
        "src/base/clock.ts":
          `import { x } from "node:util"; import deno from "../../deno.json" with { type: "json" };`,
      },
      want: [],
    },
    {
      name: "an import from a folder above",
      files: { "src/base/a.ts": `import { Matcher } from "../model/matcher.ts";` },
      want: [["upward", "src/base/a.ts:1: base must not import model, which is above it"]],
    },
    {
      name: "main is above all",
      files: { "src/cli/a.ts": `\nimport "../main.ts";` },
      want: [["upward", "src/cli/a.ts:2: cli must not import main, which is above it"]],
    },
    {
      name: "a type from above is from above too",
      files: { "src/query/a.ts": `import type { Config } from "../config/mod.ts";` },
      want: [["upward", "src/query/a.ts:1: query must not import config, which is above it"]],
    },
    {
      name: "a dynamic import from above",
      files: { "src/config/a.ts": `const probes = await import("../probes/mod.ts");` },
      want: [["upward", "src/config/a.ts:1: config must not import probes, which is above it"]],
    },
    ...SIBLINGS.map(([from, to]) => ({
      name: `${from} and ${to} are siblings`,
      files: { [`src/${from}/mod.ts`]: `export { x } from "../${to}/mod.ts";` },
      want: [["sibling", `src/${from}/mod.ts:1: ${from} must not import its sibling ${to}`]],
    })),
    {
      name: "a side door",
      files: { "src/supervisor/a.ts": `import { Head } from "../store/head/head.ts";` },
      want: [[
        "side_door",
        "src/supervisor/a.ts:1: import src/store/mod.ts instead of src/store/head/head.ts",
      ]],
    },
    {
      name: "a side door for a type",
      files: { "src/config/a.ts": `export type { Expr } from "../query/ast.ts";` },
      want: [["side_door", "src/config/a.ts:1: import src/query/mod.ts instead of src/query/ast.ts"]],
    },
    {
      name: "a folder's own files need no door",
      files: { "src/store/head/a.ts": `import { b } from "../wal/b.ts";` },
      want: [],
    },
    {
      name: "an import of a test's file",
      files: { "src/store/a.ts": `import { FakeClock } from "../../tests/support/fake_clock.ts";` },
      want: [["outside", "src/store/a.ts:1: tests/support/fake_clock.ts is not part of the program"]],
    },
    {
      name: "a folder without a level",
      files: { "src/util/a.ts": `import { b } from "../base/b.ts";` },
      want: [["unknown", "src/util/a.ts:1: util has no level"]],
    },
    {
      name: "a dynamic import of something computed",
      files: { "src/cli/a.ts": "const name = `./x.ts`;\nawait import(name);" },
      want: [["unknown", "src/cli/a.ts:2: imports what only run time knows"]],
    },
    {
      name: "a cycle of two, and a file on the way to it",
      files: {
        "src/query/start.ts": `import "./a.ts";`,
        "src/query/a.ts": `import { b } from "./b.ts";`,
        "src/query/b.ts": `export { a } from "./a.ts";`,
      },
      want: [["cycle", "src/query/a.ts → src/query/b.ts → src/query/a.ts"]],
    },
    {
      name: "a file that imports itself",
      files: { "src/query/a.ts": `import { a } from "./a.ts";` },
      want: [["cycle", "src/query/a.ts → src/query/a.ts"]],
    },
    {
      name: "two cycles",
      files: {
        "src/base/a.ts": `import "./b.ts"; import "./c.ts";`,
        "src/base/b.ts": `import "./a.ts";`,
        "src/base/c.ts": `await import("./a.ts");`,
      },
      want: [
        ["cycle", "src/base/a.ts → src/base/b.ts → src/base/a.ts"],
        ["cycle", "src/base/a.ts → src/base/c.ts → src/base/a.ts"],
      ],
    },
    {
      name: "types go in circles as they like",
      files: {
        "src/query/a.ts": `import type { B } from "./b.ts";`,
        "src/query/b.ts": `import { type A, type C } from "./a.ts";`,
      },
      want: [],
    },
    {
      name: "a diamond is no cycle",
      files: {
        "src/query/a.ts": `import "./b.ts"; import "./c.ts";`,
        "src/query/b.ts": `import "./d.ts";`,
        "src/query/c.ts": `import "./d.ts";`,
        "src/query/d.ts": ``,
      },
      want: [],
    },
  ] as Array<{ name: string; files: Record<string, string>; want: Array<[Rule, string]> }>
) {
  Deno.test(`layers: ${name}`, () => {
    const found = checkLayers(new Map(Object.entries(files))).map(({ rule, message }) => [rule, message]);
    assert.deepEqual(found, want);
  });
}

for (
  const { name, source, want } of [
    { name: "all names", source: `import * as a from "./a.ts";`, want: ["./a.ts"] },
    {
      name: "default and names, over lines",
      source: `import a, {\n  b,\n  c as d,\n} from './a.ts';`,
      want: ["./a.ts"],
    },
    { name: "a bare import", source: `import "./a.ts"`, want: ["./a.ts"] },
    {
      name: "with attributes",
      source: `import a from "./a.json" with { type: "json" };`,
      want: ["./a.json"],
    },
    { name: "a type", source: `import type { A } from "./a.ts";`, want: ["type ./a.ts"] },
    {
      name: "nothing but types",
      source: `import { type A, type B as C } from "./a.ts";`,
      want: ["type ./a.ts"],
    },
    { name: "a type among others", source: `import { type A, b } from "./a.ts";`, want: ["./a.ts"] },
    { name: "a default beside a type", source: `import a, { type A } from "./a.ts";`, want: ["./a.ts"] },
    { name: "something called type", source: `import { type } from "./a.ts";`, want: ["./a.ts"] },
    { name: "a default called type", source: `import type from "./a.ts";`, want: ["./a.ts"] },
    { name: "something called from", source: `import { from } from "./a.ts";`, want: ["./a.ts"] },
    {
      name: "export of all",
      source: `export * from "./a.ts"; export * as b from "./b.ts";`,
      want: ["./a.ts", "./b.ts"],
    },
    { name: "export of a type", source: `export type { A } from "./a.ts";`, want: ["type ./a.ts"] },
    {
      name: "declarations",
      source: `export const from = "./a.ts"; export { from }; export default from;`,
      want: [],
    },
    {
      name: "declarations before an import",
      source: `export type A = { from: "x" };\nexport interface B {}\nimport { c } from "./c.ts";`,
      want: ["./c.ts"],
    },
    {
      name: "dynamic",
      source: `const a = await import("./a.ts"), b = import('./b.ts');`,
      want: ["./a.ts", "./b.ts"],
    },
    { name: "dynamic of an expression", source: `import("./a" + b)`, want: [""] },
    { name: "import.meta", source: `const here = import.meta.url; new URL("./a.ts", here);`, want: [] },
    { name: "a method called import", source: `x.import("./a.ts"); x.export({ a } , "from");`, want: [] },
    {
      name: "comments",
      source: `// import "./a.ts";\n/* import "./b.ts"; */ import "./c.ts";`,
      want: ["./c.ts"],
    },
    { name: "strings", source: `const a = 'import "./a.ts";'; const b = "\\"; import './b.ts'";`, want: [] },
    {
      name: "templates, and the code in them",
      source:
        "const a = `import './a.ts' ${ { b: `x${await import('./b.ts')}` } } import './c.ts'`; import './d.ts';",
      want: ["./b.ts", "./d.ts"],
    },
    {
      name: "regular expressions",
      source: `const a = /"/; import "./a.ts"; b = c / d; e = "/";`,
      want: ["./a.ts"],
    },
    { name: "a slash in a class of a regex", source: `f(/[/"]/g, 1); import "./a.ts";`, want: ["./a.ts"] },
    {
      name: "a slash that divides",
      source: `const a = (b) / 2; const c = "x" / d; import "./a.ts";`,
      want: ["./a.ts"],
    },
  ]
) {
  Deno.test(`imports are found: ${name}`, () => {
    const found = importsOf(source).map((
      { specifier, typeOnly },
    ) => (typeOnly ? `type ${specifier}` : specifier));
    assert.deepEqual(found, want);
  });
}
