/** Runs PromQL test scripts (see script.ts for what they are) over any engine and any store. */
export { parseScript } from "../../../src/query/script/parse_script.ts";
export { MemoryStore } from "./memory_store.ts";
export {
  type OpenStore,
  runScript,
  type ScriptEngine,
  type ScriptLanguage,
  type ScriptReport,
} from "./runner.ts";
