/**
 * Runs our own PromQL scripts (tests/fixtures/promql): every function and operator family, with values worked out by
 * hand. `deno task conformance DIR` runs others, such as Prometheus' own.
 */
import assert from "node:assert/strict";
import { parseScript, runScript } from "../src/query/script/mod.ts";
import { SIGNATURES } from "../src/query/signatures.ts";
import { adapter } from "./conformance/adapter.ts";
import { openStore } from "./conformance/stores.ts";

const DIR = new URL("fixtures/promql/", import.meta.url);
const scripts = [...Deno.readDirSync(DIR)].map(({ name }) => name).filter((name) => name.endsWith(".test"))
  .sort();

for (const [name, store] of scripts.flatMap((name) => [[name, "real"], [name, "memory"]] as const)) {
  Deno.test(`PromQL script ${name} on the ${store} store`, async () => {
    const parsed = parseScript(Deno.readTextFileSync(new URL(name, DIR)));
    assert(parsed.kind === "ok", JSON.stringify(parsed));
    const { passed, failures } = await runScript(parsed.script, {
      ...adapter(),
      open: () => openStore(store),
    });
    const reasons = failures.map(({ line, query, reason }) => `${name}:${line}: ${query}\n  ${reason}`);
    assert.deepEqual(reasons, []);
    assert(passed > 0);
  });
}

Deno.test("the scripts call every function there is", () => {
  const text = scripts.map((name) => Deno.readTextFileSync(new URL(name, DIR))).join("\n");
  const uncalled = Object.keys(SIGNATURES).filter((name) =>
    !new RegExp(`^eval .*\\b${name}\\(`, "m").test(text)
  );
  assert.deepEqual(uncalled, []);
});
