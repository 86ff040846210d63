import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import { formatProblem, readConfig } from "../src/config/mod.ts";

/** Fenced blocks of YAML in the README; those marked `yaml bunny.yaml` are whole configurations. */
interface Snippet {
  readonly line: number;
  readonly mark: string;
  readonly text: string;
}

function snippetsOf(markdown: string): Snippet[] {
  return [...markdown.matchAll(/^```(yaml.*)\n([\s\S]*?)^```$/gm)].map(({ index, 1: mark, 2: text }) => ({
    line: markdown.slice(0, index).split("\n").length,
    mark: mark.trim(),
    text,
  }));
}

const README = await Deno.readTextFile(new URL("../README.md", import.meta.url));
const SNIPPETS = snippetsOf(README);

Deno.test("README: has configurations to try", () => {
  assert.ok(SNIPPETS.filter(({ mark }) => mark === "yaml bunny.yaml").length >= 10);
});

for (const { line, mark, text } of SNIPPETS) {
  Deno.test(`README: the ${mark} on line ${line} parses`, () => {
    if (mark !== "yaml bunny.yaml") {
      for (const document of parseAllDocuments(text)) assert.deepEqual(document.errors, []);
      return;
    }
    const reading = readConfig(text, "bunny.yaml");
    assert.equal(
      reading.kind,
      "ok",
      reading.kind === "ok" ? "" : reading.problems.map(formatProblem).join("\n"),
    );
    assert.deepEqual(reading.warnings.map(formatProblem), []);
  });
}

Deno.test("README: the messages it shows are the ones that come", async () => {
  const shown = [...README.matchAll(/^bunny\.yaml:\d+:.*$/gm)].map(([line]) => line);
  const text = await Deno.readTextFile(new URL("fixtures/config/several_at_once.yaml", import.meta.url));
  const reading = readConfig(text, "bunny.yaml");
  const real = new Set(reading.kind === "problems" ? reading.problems.map(formatProblem) : []);
  assert.ok(shown.length >= 3);
  for (const line of shown) assert.ok(real.has(line), line);
});
