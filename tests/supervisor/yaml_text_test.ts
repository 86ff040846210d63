import assert from "node:assert/strict";
import { parse } from "yaml";
import { yamlText } from "../../src/supervisor/yaml_text.ts";

const CASES: readonly { readonly name: string; readonly value: unknown; readonly want: string }[] = [
  { name: "nothing in it", value: {}, want: "{}\n" },
  {
    name: "amounts, addresses and numbers in text",
    value: ["500ms", "0.0.0.0", "200-399", "0x10", "1e5", "12"],
    want: '- 500ms\n- 0.0.0.0\n- 200-399\n- "0x10"\n- "1e5"\n- "12"\n',
  },
  {
    name: "lists of mappings",
    value: { probes: [{ name: "a", labels: { x: "b" } }, { name: "b", labels: {} }], none: [] },
    want: "probes:\n  - name: a\n    labels:\n      x: b\n  - name: b\n    labels: {}\nnone: []\n",
  },
  { name: "a list in a list", value: [[1, 2], []], want: "- - 1\n  - 2\n- []\n" },
  {
    name: "text that looks like something else",
    value: ["yes", "1", "", "- a", "null"],
    want: '- "yes"\n- "1"\n- ""\n- "- a"\n- "null"\n',
  },
  { name: "PromQL", value: { query: 'up{job="a"}[5s:]' }, want: 'query: up{job="a"}[5s:]\n' },
  {
    name: "text that ends a key or begins a comment",
    value: ["a: b", "a #b", "a:"],
    want: '- "a: b"\n- "a #b"\n- "a:"\n',
  },
  {
    name: "several lines",
    value: { q: "a\n\n  b\n", r: "a\nb" },
    want: "q: |\n  a\n\n    b\nr: |-\n  a\n  b\n",
  },
  {
    name: "lines that a block can't keep",
    value: ["\n", " a\nb", "a\n\n"],
    want: '- "\\n"\n- " a\\nb"\n- "a\\n\\n"\n',
  },
];

for (const { name, value, want } of CASES) {
  Deno.test(`YAML of ${name}`, () => {
    const text = yamlText(value);
    assert.equal(text, want);
    assert.deepEqual(parse(text), value);
  });
}

Deno.test("YAML of text made of anything reads as that text, as value, item and key", () => {
  const pieces = [
    "a",
    "Z",
    "0",
    "-",
    " ",
    "\n",
    "\t",
    ":",
    "#",
    "'",
    '"',
    "{",
    "]",
    "&",
    "*",
    "!",
    "|",
    ">",
    "%",
    "@",
    "`",
    "\\",
    "\r",
    "é",
    "😀",
    "\u2028",
    "\x00",
    "~",
    "<<",
    "=",
  ];
  let seed = 7;
  const next = () => seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
  for (let i = 0; i < 3_000; i++) {
    const text = Array.from({ length: 1 + next() % 6 }, () => pieces[(next() >> 8) % pieces.length]).join("");
    const value = { deep: [{ text }, text], [`k${text}`]: 1 };
    assert.deepEqual(parse(yamlText(value)), value, JSON.stringify(text));
  }
});
