import type { Appendable } from "../../model/store.ts";
import { load } from "./load.ts";
import { parseScript } from "./parse_script.ts";
import type { LoadCommand, ScriptProblem } from "./script.ts";

export type LoadScriptResult =
  | {
    readonly kind: "ok";
    readonly samples: number;
    /** When the latest of the values that the script names lies, ms since the epoch; `baseMs` without any. */
    readonly endMs: number;
  }
  | { readonly kind: "error"; readonly problem: ScriptProblem };

/**
 * Appends all that a script's `load` commands describe, with the script's time zero at `baseMs` (ms since the epoch).
 * `eval` commands are skipped; `clear` is refused, as data of one time can't follow data of another. Nothing is appended
 * unless the whole script can be read.
 */
export function loadScript(text: string, store: Appendable, baseMs = 0): LoadScriptResult {
  const parsed = parseScript(text);
  if (parsed.kind === "error") return parsed;
  const { commands } = parsed.script;
  const clear = commands.find(({ kind }) => kind === "clear");
  if (clear) {
    return {
      kind: "error",
      problem: { line: clear.line, column: 1, message: "nothing can be cleared here" },
    };
  }
  const loads = commands.filter((command) => command.kind === "load");
  const result = load(loads, store, baseMs);
  if (result.kind === "error") return result;
  return {
    ...result,
    endMs: loads.reduce((endMs, command) => Math.max(endMs, baseMs + lengthMs(command)), baseMs),
  };
}

function lengthMs({ series, stepMs }: LoadCommand): number {
  return series.reduce((longest, { values }) => Math.max(longest, (values.length - 1) * stepMs), 0);
}
