import assert from "node:assert/strict";
import { configKeys } from "./config_keys.ts";
import { SCHEMA_FILE, schemaText } from "./json_schema.ts";

Deno.test("JSON Schema: the file is current (else: deno task schema)", async () => {
  assert.equal(await Deno.readTextFile(SCHEMA_FILE), schemaText());
});

const KEYS = configKeys();

Deno.test("JSON Schema: every key has a description, and no mapping takes unknown ones", () => {
  assert.ok(KEYS.length > 150);
  for (const { path, node } of KEYS) {
    assert.ok(node.description, path);
    if (node.type === "object") assert.notEqual(node.additionalProperties ?? true, true, path);
  }
});

Deno.test("JSON Schema: the fixture of all keys has all keys", async () => {
  const text = await Deno.readTextFile(new URL("../fixtures/config/good/every_key.yaml", import.meta.url));
  const old = ["egress.probes[].tcpSocket.service"];
  for (const { path } of KEYS.filter(({ path }) => !old.includes(path))) {
    const key = path.split(".").at(-1)?.replace("[]", "");
    assert.match(text, new RegExp(`\\b${key}:`), path);
  }
});

Deno.test("JSON Schema: the README tells of every key", async () => {
  const readme = await Deno.readTextFile(new URL("../../README.md", import.meta.url));
  const chapter = readme.slice(readme.indexOf("\n## Configuration\n"));
  for (const { path } of KEYS) {
    const key = path.split(".").at(-1)?.replace("[]", "");
    assert.ok(chapter.includes(`\`${key}\``), path);
  }
});
