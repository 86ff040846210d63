/** PromQL: parsing, printing, checking what an expression comes to, and evaluating it over anything Queryable. */
export { type Expr, selectorsOf } from "./ast.ts";
export { toJson } from "./ast_json.ts";
export { formatApiFloat } from "./go_number.ts";
export { leavesOne } from "./leaves_one.ts";
export { formatPromDuration, readDuration } from "./literal.ts";
export type { ParseError } from "./parse_error.ts";
export {
  parseExpr,
  parseExprInSteps,
  type ParseResult,
  parseSelector,
  parseSelectorInSteps,
  type SelectorResult,
} from "./parser.ts";
export { describePosition, type PositionRange } from "./position.ts";
export { prettyPrint, prettyPrintInSteps } from "./pretty_printer.ts";
export { print } from "./printer.ts";
export { release } from "./release.ts";
export { functionNames } from "./signatures.ts";
export { type VerdictType, verdictTypeOf } from "./verdict_type.ts";
export type * from "./value.ts";
export { renderAnnotation } from "./annotation_text.ts";
export { type ApiBucket, type ApiHistogram, histogramToApi } from "./histogram/api_json.ts";
export { formatHistogram } from "./histogram/format.ts";
export { loadScript, type LoadScriptResult } from "./script/load_script.ts";
export type { ScriptProblem } from "./script/script.ts";
export { Engine, type EngineOptions, type QueryReport } from "./engine.ts";
export { Turns } from "./eval/turns.ts";
