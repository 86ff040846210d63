import { SystemClock } from "../../src/base/clock.ts";
import { Engine } from "../../src/query/engine.ts";
import { parseExpr } from "../../src/query/parser.ts";
import { print } from "../../src/query/printer.ts";
import type { ScriptEngine, ScriptLanguage } from "../support/promql_script/mod.ts";

/** The engine and language under test, with the limits and times that Prometheus' own runner uses. */
export function adapter(): { engine: ScriptEngine; language: ScriptLanguage } {
  const engine = new Engine({
    clock: new SystemClock(),
    maxSamples: 10_000,
    timeoutMs: 100_000,
    lookbackMs: 5 * 60_000,
    noStepSubqueryIntervalMs: 60_000,
  });
  return { engine, language: { parse, print } };
}

const parse: ScriptLanguage["parse"] = (query) => {
  const result = parseExpr(query);
  return result.kind === "ok" ? result : { kind: "error", message: result.errors[0].message };
};
