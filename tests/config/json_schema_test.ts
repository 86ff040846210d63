import assert from "node:assert/strict";
import { parse } from "yaml";
import { configKeys } from "./config_keys.ts";
import { SCHEMA_FILE, schemaText } from "./json_schema.ts";
import { schemaComplaintsAbout } from "./schema_complaints.ts";

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

const ROOT = new URL("../../", import.meta.url);
const read = (path: string) => Deno.readTextFileSync(new URL(path, ROOT));
const complaints = (text: string) => [
  ...schemaComplaintsAbout(
    parse(text, { merge: true, logLevel: "error" }),
    JSON.parse(read("bunny.schema.json")),
  ),
];

Deno.test("JSON Schema: editors have nothing against good configurations", () => {
  const good = ["every_key", "every_original_key"].map((name) => `tests/fixtures/config/good/${name}.yaml`);
  for (const path of ["bunny.example.yaml", "deploy/kubernetes/example/bunny.yaml", ...good]) {
    assert.deepEqual(complaints(read(path)), [], path);
  }
  const shown = [...read("README.md").matchAll(/^```yaml bunny\.yaml\n([\s\S]*?)^```$/gm)];
  assert.ok(shown.length >= 10);
  for (const [, text] of shown) assert.deepEqual(complaints(text), [], text);
});

Deno.test("JSON Schema: editors mark wrong keys and wrong types", () => {
  const folder = new URL("tests/fixtures/config/", ROOT);
  const wrong = [...Deno.readDirSync(folder)].filter(({ name }) =>
    /^(unknown_key|type|key_missing)/.test(name)
  );
  assert.ok(wrong.length > 20);
  for (const { name } of wrong) {
    assert.notDeepEqual(complaints(read(`tests/fixtures/config/${name}`)), [], name);
  }
});
