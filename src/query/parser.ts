import { atOnce, type Steps } from "../base/steps.ts";
import type { Expr } from "./ast.ts";
import type { Matcher } from "../model/matcher.ts";
import { type ParseError, type Problem, toParseErrors } from "./parse_error.ts";
import { ExpressionParser } from "./parse_expression.ts";
import { parseVectorSelector } from "./parse_selector.ts";
import { isSelectorStart } from "./token.ts";
import { TokenStream } from "./token_stream.ts";
import { checkTypes } from "./type_check.ts";

/** Longest query, in UTF-16 units. */
const MAX_QUERY_LENGTH = 100_000;

export type ParseResult =
  | { readonly kind: "ok"; readonly expr: Expr }
  | { readonly kind: "error"; readonly errors: readonly ParseError[] };

export type SelectorResult =
  | { readonly kind: "ok"; readonly matchers: readonly Matcher[] }
  | { readonly kind: "error"; readonly errors: readonly ParseError[] };

/**
 * Reads and type-checks a query in the language of Prometheus 3.14, all experimental parts included. Takes time linear
 * in the query's length and never throws. There is at least one error where there is no expression; the first is the
 * one that Prometheus would show.
 */
export function parseExpr(query: string): ParseResult {
  return atOnce(parseExprInSteps(query));
}

/** The same, for those who have others to think of: a step takes a fraction of a millisecond. */
export function* parseExprInSteps(query: string): Steps<ParseResult> {
  if (query.length > MAX_QUERY_LENGTH) return tooLong(query);
  const tokens = new TokenStream(query);
  if (tokens.is("eof")) {
    if (!tokens.failed) tokens.fail({ start: 0, end: 0 }, "no expression found in input");
    return failure(query, tokens.problems);
  }
  const parser = new ExpressionParser(tokens);
  const expr = yield* parser.parse();
  expectEnd(tokens);
  const problems = tokens.problems.length > 0
    ? tokens.problems
    : yield* checkTypes(query, expr, parser.misplaced);
  return problems.length > 0 ? failure(query, problems) : { kind: "ok", expr };
}

/** Reads a series selector, `name{label="value"}`, as in the API's `match[]`. It may match everything. */
export function parseSelector(text: string): SelectorResult {
  return atOnce(parseSelectorInSteps(text));
}

/** The same in steps. */
export function* parseSelectorInSteps(text: string): Steps<SelectorResult> {
  if (text.length > MAX_QUERY_LENGTH) return tooLong(text);
  const tokens = new TokenStream(text);
  const { kind } = tokens;
  if (!isSelectorStart(kind)) {
    tokens.unexpected();
    return failure(text, tokens.problems);
  }
  let name;
  if (kind !== "{") {
    name = { text: tokens.text, position: tokens.position };
    tokens.advance();
  }
  const { matchers } = yield* parseVectorSelector(tokens, name);
  expectEnd(tokens);
  return tokens.problems.length > 0 ? failure(text, tokens.problems) : { kind: "ok", matchers };
}

function expectEnd(tokens: TokenStream): void {
  if (!tokens.is("eof")) tokens.unexpected();
}

function failure(query: string, problems: readonly Problem[]) {
  return { kind: "error" as const, errors: toParseErrors(query, problems) };
}

function tooLong(query: string) {
  const reason = `query is longer than ${MAX_QUERY_LENGTH} characters`;
  return failure(query, [{ position: { start: 0, end: query.length }, reason }]);
}
