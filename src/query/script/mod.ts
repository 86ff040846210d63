/** PromQL test scripts: reading, loading, running (see script.ts for what they are). */
export { load, type LoadResult } from "./load.ts";
export { loadScript, type LoadScriptResult } from "./load_script.ts";
export { MemoryStore } from "./memory_store.ts";
export { parseScript } from "./parse_script.ts";
export {
  type EvalFailure,
  type OpenStore,
  runScript,
  type ScriptEngine,
  type ScriptLanguage,
  type ScriptReport,
  type ScriptSetup,
} from "./runner.ts";
export type { Command, EvalCommand, LoadCommand, Script, ScriptProblem, ScriptResult } from "./script.ts";
