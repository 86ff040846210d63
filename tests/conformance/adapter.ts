import { SystemClock } from "../../src/base/clock.ts";
import { Engine, parseExpr, print } from "../../src/query/mod.ts";
import type { ScriptEngine, ScriptLanguage } from "../../src/query/script/mod.ts";

/** The engine and language under test, with the options that Prometheus' own runner uses. */
export function adapter(): { engine: ScriptEngine; language: ScriptLanguage } {
  const engine = new Engine({
    clock: new SystemClock(),
    maxSamples: 10_000,
    timeoutMs: 100_000,
    noStepSubqueryIntervalMs: 60_000,
  });
  return {
    engine,
    language: {
      parse: (query) => {
        const parsed = parseExpr(query);
        return parsed.kind === "ok" ? parsed : { kind: "error", message: parsed.errors[0].message };
      },
      print,
    },
  };
}
