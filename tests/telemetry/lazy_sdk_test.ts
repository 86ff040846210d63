import assert from "node:assert/strict";
import { importsOf } from "../support/imports.ts";

/** Packages that a module and all it imports need at once, `import()` apart. */
function packagesAtOnce(entry: URL, seen = new Set<string>(), packages = new Set<string>()): Set<string> {
  if (seen.has(entry.href)) return packages;
  seen.add(entry.href);
  const source = Deno.readTextFileSync(entry);
  const lines = source.split("\n");
  for (const { specifier, typeOnly, line } of importsOf(source)) {
    if (typeOnly || /\bimport\(/.test(lines[line - 1])) continue;
    if (specifier.startsWith(".")) packagesAtOnce(new URL(specifier, entry), seen, packages);
    else packages.add(specifier);
  }
  return packages;
}

Deno.test("a Bunny that exports nothing does not load the OpenTelemetry SDK", () => {
  const packages = [...packagesAtOnce(new URL("../../src/telemetry/mod.ts", import.meta.url))];
  assert.deepEqual(packages.filter((name) => name.startsWith("@opentelemetry/")), []);
  assert.ok(packages.length > 0);
  const pipeline = packagesAtOnce(new URL("../../src/telemetry/export/pipeline.ts", import.meta.url));
  assert.ok(pipeline.has("@opentelemetry/sdk-trace"));
});
