import assert from "node:assert/strict";
import { INSTRUMENTS } from "../../src/model/instruments.ts";

const README = Deno.readTextFileSync(new URL("../../README.md", import.meta.url));

Deno.test("README: its table of metrics is the table of instruments", () => {
  for (const { name, kind, help, otelName } of Object.values(INSTRUMENTS)) {
    const row = README.split("\n").find((line) => line.startsWith(`| \`${name}\` `));
    assert.ok(row, name);
    const [, , rowKind, , rowHelp, rowOtel] = row.split("|").map((cell) => cell.trim());
    assert.equal(rowKind, kind, name);
    assert.equal(rowHelp, help, name);
    assert.ok(rowOtel.startsWith(`\`${otelName}\``), name);
  }
});
