/**
 * Runs our own PromQL scripts (tests/fixtures/promql): every function and operator family, with values worked out by
 * hand. `deno task conformance DIR` runs others, such as Prometheus' own.
 */
import assert from "node:assert/strict";
import { walk } from "../src/query/ast.ts";
import { parseExpr } from "../src/query/parser.ts";
import { parseScript, runScript } from "./support/promql_script/mod.ts";
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

const AGGREGATIONS =
  "avg bottomk count count_values group limit_ratio limitk max min quantile stddev stdvar sum topk";
const OPERATORS = "+ - * / % ^ atan2 == != > < >= <= and or unless </ >/";

Deno.test("the scripts use every function, aggregation and operator there is", () => {
  const unused = new Set([...Object.keys(SIGNATURES), ...AGGREGATIONS.split(" "), ...OPERATORS.split(" ")]);
  for (const name of scripts) {
    const parsed = parseScript(Deno.readTextFileSync(new URL(name, DIR)));
    assert(parsed.kind === "ok");
    for (const command of parsed.script.commands) if (command.kind === "eval") useUp(command.query, unused);
  }
  assert.deepEqual([...unused], []);
});

/** Takes what a query uses out of a set. */
function useUp(query: string, unused: Set<string>): void {
  const parsed = parseExpr(query);
  assert(parsed.kind === "ok", query);
  walk(parsed.expr, (node) => {
    if (node.kind === "call") unused.delete(node.name);
    if (node.kind === "aggregate" || node.kind === "binary") unused.delete(node.op);
  });
}
