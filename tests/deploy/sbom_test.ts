import assert from "node:assert/strict";
import {
  billOfMaterials,
  type Lock,
  type ModuleGraph,
  readLock,
  readModuleGraph,
} from "../../deploy/sbom.ts";

const ROOT = new URL("../../", import.meta.url);

Deno.test("SBOM: names what the program is made of, and nothing that only tests use", async () => {
  const [graph, lock] = await Promise.all([readModuleGraph(ROOT), readLock(ROOT)]);
  const { components, dependencies } = billOfMaterials(graph, lock, "2.9.6");
  const names = components.map(({ name }) => name);
  for (const name of ["deno", "re2js", "valibot", "yaml", "@opentelemetry/api"]) {
    assert.ok(names.includes(name), name);
  }
  for (const name of ["kubernetes-models", "prometheus-query", "axios"]) {
    assert.ok(!names.includes(name), name);
  }
  const refs = components.map((component) => component["bom-ref"]);
  assert.equal(new Set(refs).size, refs.length);
  for (const { hashes, type, name } of components) {
    if (type === "library") assert.match(hashes![0].content, /^[0-9a-f]{128}$/, name);
  }
  assert.ok(dependencies.length > 10);
  for (const { dependsOn } of dependencies) for (const ref of dependsOn) assert.ok(refs.includes(ref), ref);
});

const HASH = `sha512-${new Uint8Array(64).fill(0xab).toBase64()}`;

const GRAPH: ModuleGraph = {
  modules: [{}, { npmPackage: "@a/b@1.0.0_c@2.0.0" }, { npmPackage: "@a/b@1.0.0_c@2.0.0" }],
  npmPackages: {
    "@a/b@1.0.0_c@2.0.0": { name: "@a/b", version: "1.0.0", dependencies: ["c@2.0.0"] },
    "c@2.0.0": { name: "c", version: "2.0.0", dependencies: ["@a/b@1.0.0_c@2.0.0"] }, // round in a circle
    "d@3.0.0": { name: "d", version: "3.0.0", dependencies: [] },
  },
};

const LOCK: Lock = {
  npm: {
    "@a/b@1.0.0_c@2.0.0": { integrity: HASH },
    "c@2.0.0": { integrity: HASH },
  },
};

Deno.test("SBOM: a package comes once, under its own name, with what it depends on", () => {
  const { components, dependencies } = billOfMaterials(GRAPH, LOCK, "9.9.9");
  assert.deepEqual(
    components.slice(1),
    [
      { name: "@a/b", version: "1.0.0", purl: "pkg:npm/%40a/b@1.0.0" },
      { name: "c", version: "2.0.0", purl: "pkg:npm/c@2.0.0" },
    ].map((component) => ({
      ...component,
      type: "library",
      "bom-ref": component.purl,
      hashes: [{ alg: "SHA-512", content: "ab".repeat(64) }],
    })),
  );
  assert.deepEqual(dependencies.map(({ dependsOn }) => dependsOn), [
    ["pkg:generic/deno@9.9.9", "pkg:npm/%40a/b@1.0.0"],
    ["pkg:npm/c@2.0.0"],
    ["pkg:npm/%40a/b@1.0.0"],
  ]);
});

Deno.test("SBOM: a package without a checksum is an error", () => {
  const { "c@2.0.0": _, ...npm } = LOCK.npm;
  assert.throws(() => billOfMaterials(GRAPH, { npm }, "9.9.9"), /deno\.lock has no SHA-512 of c@2\.0\.0/);
});
