import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import { atOnce } from "../../src/base/steps.ts";
import { readConfig, readingConfig } from "../../src/config/read.ts";
import { readTree } from "../../src/config/yaml_tree.ts";
import { difference, flawsOf } from "../hardening/config_oracle.ts";
import { mutatedConfig } from "../hardening/config_mutations.ts";
import { HOSTILE_CONFIGS } from "../hardening/hostile_configs.ts";
import { Random } from "../support/random.ts";

const FIXTURES = new URL("../fixtures/config/good/", import.meta.url);
const EVERY_KEY = Deno.readTextFileSync(new URL("every_key.yaml", FIXTURES));

/** Long files, so that they are composed piece by piece, in every form that a collection has. */
const long: readonly { name: string; text: string }[] = [
  { name: "a block list", text: many((i) => `- a${i}\n`) },
  { name: "a block list of block mappings", text: many((i) => `- a: ${i}\n  b:\n    c: [x, y]\n`) },
  { name: "a block mapping", text: many((i) => `k${i}: v${i} # c\n\n`) },
  {
    name: "a block mapping of long ones",
    text: many((i) => `k${i}:\n${many((j) => `  l${j}: ${i}\n`, 200)}`, 4),
  },
  { name: "explicit keys", text: many((i) => `? k${i}\n: - ${i}\n`) },
  { name: "a flow list", text: `[${many((i) => `a${i}, `)}]` },
  { name: "a flow list without a last comma", text: `[${many((i) => `a${i}, `)}z]` },
  { name: "a flow list over lines", text: `a: [\n${many((i) => `  "a${i}"\n  , # c\n`)}]` },
  { name: "a flow list of pairs", text: `[${many((i) => `a${i}: ${i}, `)}]` },
  {
    name: "a flow list of long maps",
    text: `[${many((i) => `{${many((j) => `k${j}: ${i}, `, 200)}}, `, 3)}]`,
  },
  { name: "a flow mapping", text: `{${many((i) => `k${i}: v, `)}}` },
  { name: "a flow mapping without values", text: `{${many((i) => `k${i}, `)}}` },
  {
    name: "JSON",
    text: JSON.stringify(Array.from({ length: 300 }, (_, i) => ({ a: i, b: [i, null, "x"] }))),
  },
  { name: "anchors and aliases far apart", text: `a: &x {b: 1}\n${many((i) => `k${i}: *x\n`)}` },
  { name: "an anchor on a long list", text: `a: &x\n${many((i) => `  - ${i}\n`)}b: *x\n` },
  { name: "an anchor on a long mapping in brackets", text: `{a: &x {${many((i) => `k${i}: 1, `)}}, b: *x}` },
  {
    name: "comments in long stretches",
    text: `a:\n${"  # c\n\n".repeat(400)}  - b\n${"# d\n".repeat(400)}  - e\n`,
  },
  { name: "blocks of text", text: many((i) => `k${i}: |\n  x\n\n  y\nl${i}: >-\n  z\n  z\n`) },
  { name: "a tag on a long list", text: `a: !!seq\n${many((i) => `- ${i}\n`)}` },
  { name: "old YAML", text: `%YAML 1.1\n---\n${many((i) => `k${i}: yes\n`)}` },
];

function many(piece: (i: number) => string, count = 400): string {
  return Array.from({ length: count }, (_, i) => piece(i)).join("");
}

for (const { name, text } of long) {
  Deno.test(`YAML in pieces means the same: ${name}`, () => {
    assert.equal(parseAllDocuments(text)[0].errors.length, 0);
    const tree = atOnce(readTree(text, "a.yaml"));
    assert.equal(tree.kind, "ok", JSON.stringify(tree));
    assert.equal(difference(text), undefined);
  });
}

/** Mistakes far down a long file, and where they are found. */
const mistakes: readonly { name: string; text: string; want: string }[] = [
  {
    name: "a missing comma",
    text: `[\n${many((i) => `a${i},\n`)}{b: 1}\n{c: 1}]`,
    want: "403:1: a comma is missing between two items of [ ] or { }",
  },
  {
    name: "a second colon",
    text: `${many((i) => `k${i}: 1\n`)}a: b: c\n`,
    want: '401:4: a second key on this line; text that holds ": " must be quoted',
  },
  {
    name: "a bad escape",
    text: `${many((i) => `- "a${i}"\n`)}- "\\q"\n`,
    want: "401:4: bad escape sequence in double quotes; write \\\\ for a backslash, or use single quotes",
  },
  {
    name: "an open bracket",
    text: `a:\n${many((i) => `  k${i}: 1\n`)}  b: [1\nc: 2\n`,
    want: "403:1: a [ or { above is not closed, or its end is not indented far enough",
  },
  {
    name: "a tab",
    text: `a:\n${many((i) => `  k${i}: 1\n`)}  b:\n\t- 1\n`,
    want: "403:1: a tab can't indent; use spaces",
  },
];
for (const { name, text, want } of mistakes) {
  Deno.test(`YAML in pieces: ${name} is found far down a file`, () => {
    const tree = atOnce(readTree(text, "a.yaml"));
    assert.equal(tree.kind, "problems");
    const [{ line, column, message }] = tree.problems;
    assert.equal(`${line}:${column}: ${message}`, want);
  });
}

Deno.test("YAML in pieces: what is done to a long file is found just as in one go", () => {
  const probes = many((i) => `  - {name: p${i}, httpGet: {port: 80}}\n`, 60);
  const text = EVERY_KEY.replace(
    /^egress:\n {2}probes:\n/m,
    (head) => `${head}${probes.replaceAll(/^/gm, "  ")}`,
  );
  const seed = Math.floor(Math.random() * 2 ** 32);
  for (let i = 0; i < 150; i++) {
    const mutated = mutatedConfig(text, new Random(seed + i));
    assert.equal(difference(mutated), undefined, `seed ${seed + i}`);
  }
});

for (const { name, make } of HOSTILE_CONFIGS) {
  Deno.test(`config of ${name}: problems are few and stand inside the file, whatever it is`, () => {
    for (const bytes of [300_000, 20_000]) {
      const text = make(bytes);
      assert.deepEqual(flawsOf(readConfig(text, "bunny.yaml"), text), []);
    }
  });
}

Deno.test("config in steps: a good file of some size has a pause for each probe, endpoint and pattern", () => {
  const steps = readingConfig(
    `egress:\n  probes:\n${
      many((i) =>
        `    - {name: p${i}, tcpSocket: {port: 1, expect: [{receive: {regex: a${i}, delimiter: b}}]}}\n`, 50)
    }`,
    "bunny.yaml",
  );
  let count = 0;
  for (let next = steps.next(); !next.done; next = steps.next()) count++;
  assert.ok(count > 4 * 50, String(count)); // checked, compiled, compared, built
});

Deno.test("a long query is read in many steps, both for what is wrong with it and for what it can't find", () => {
  const yields = (query: string) => {
    const endpoint = `{ path: a, instantQuery: { query: "${query}" } }`;
    const steps = readingConfig(`ingress: { httpServer: { health: [${endpoint}] } }\n`, "a.yaml");
    for (let count = 0;; count++) {
      const { done, value } = steps.next();
      if (!done) continue;
      assert.equal(value.kind, "ok", JSON.stringify(value).slice(0, 500));
      return count;
    }
  };
  const more = yields(Array(400).fill("x").join(" + ")) - yields("x");
  assert(more >= 2 * 5, `${more} more steps`);
});
