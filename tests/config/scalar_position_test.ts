import assert from "node:assert/strict";
import { atOnce } from "../../src/base/steps.ts";
import { offsetInFile } from "../../src/config/scalar_position.ts";
import { readTree } from "../../src/config/yaml_tree.ts";

/** `needle` is in the value and, as `written` (default: the same), once in the file. */
const cases: readonly { name: string; yaml: string; needle: string; written?: string }[] = [
  { name: "plain", yaml: "q: one two", needle: "two" },
  { name: "plain over lines", yaml: "q: one\n   two\n\n   three", needle: "three" },
  { name: "single quotes", yaml: "q: 'it''s one ''two'' three'", needle: "three" },
  { name: "single quotes over lines", yaml: "q: 'one\n\n    two ''x''\n  three'", needle: "three" },
  { name: "double quotes", yaml: 'q: "one \\"two\\" three"', needle: "three" },
  {
    name: "double quotes with every escape",
    yaml: 'q: "a\\n\\t\\ \\x41\\u0042\\U00000043 three"',
    needle: "three",
  },
  {
    name: "double quotes, an escaped character",
    yaml: 'q: "one \\u0074wo"',
    needle: "two",
    written: "\\u0074wo",
  },
  { name: "double quotes, an escaped line break", yaml: 'q: "one \\\n   two \\n\n  three"', needle: "three" },
  { name: "literal block", yaml: "q: |\n  one\n    two\n\n  three\n", needle: "three" },
  { name: "literal block, first word", yaml: "q: |-\n\n  one\n", needle: "one" },
  {
    name: "literal block with an indicator and a comment",
    yaml: "q: |2- # three\n    one\n  three!\n",
    needle: "three!",
  },
  { name: "folded block", yaml: "q: >-\n  one\n  two\n\n   kept\n  three\n", needle: "three" },
  { name: "beyond the basic plane", yaml: "q: 😀 one", needle: "one" },
];

for (const { name, yaml, needle, written = needle } of cases) {
  Deno.test(`scalar position: ${name}`, () => {
    const tree = atOnce(readTree(yaml, "q.yaml"));
    assert.ok(tree.kind === "ok" && tree.root.kind === "map");
    const node = tree.root.entries.get("q")?.node;
    assert.ok(node?.kind === "scalar");
    const index = String(node.value).indexOf(needle);
    assert.ok(index >= 0, JSON.stringify(node.value));
    assert.equal(offsetInFile(yaml, node, index), yaml.lastIndexOf(written));
  });
}

Deno.test("scalar position: an index behind the end is the end", () => {
  const tree = atOnce(readTree("q: one # two", "q.yaml"));
  assert.ok(tree.kind === "ok" && tree.root.kind === "map");
  const node = tree.root.entries.get("q")?.node;
  assert.ok(node?.kind === "scalar");
  assert.equal(offsetInFile("q: one # two", node, 99), "q: one".length);
});
