import type { Steps } from "../base/steps.ts";
import type { VectorSelector } from "./ast.ts";
import { readString } from "./literal.ts";
import { equalTo, literalsOf, type Matcher, matcher, type MatchKind } from "../model/matcher.ts";
import { METRIC_NAME } from "../model/labels.ts";
import type { PositionRange } from "./position.ts";
import type { TokenKind } from "./token.ts";
import type { TokenStream } from "./token_stream.ts";

const NAME_OR_END = { where: "label matching", expected: `identifier or "}"` };
const OPERATOR = { where: "label matching", expected: "label matching operator" };
const STRING = { where: "label matching", expected: "string" };
const COMMA_OR_END = { where: "label matching", expected: `"," or "}"` };

/** Matchers that a selector may have: every one of them is asked about each series, in one go. */
const MAX_MATCHERS = 200;

/** A name and where it stands. */
export interface Name {
  readonly text: string;
  readonly position: PositionRange;
}

/** A metric's name, read already, and matchers in braces; one of both may be missing. */
export function* parseVectorSelector(tokens: TokenStream, name?: Name): Steps<VectorSelector> {
  const start = name?.position.start ?? tokens.start;
  return selectorOf(tokens, name, tokens.kind === "{" ? yield* parseMatchers(tokens) : [], start);
}

/** The selector that ends with the last token read. */
export function selectorOf(
  tokens: TokenStream,
  name: Name | undefined,
  matchers: Matcher[] = [],
  start = name?.position.start ?? tokens.start,
): VectorSelector {
  if (name) matchers.push(equalTo(METRIC_NAME, name.text));
  return {
    kind: "vector_selector",
    position: tokens.since(start),
    name: name?.text ?? "",
    matchers,
    offsetMs: 0,
    offsetExpr: undefined,
    at: undefined,
    anchored: false,
    smoothed: false,
  };
}

function* parseMatchers(tokens: TokenStream): Steps<Matcher[]> {
  const matchers: Matcher[] = [];
  tokens.expect("{");
  if (tokens.accept("}")) return matchers;
  do {
    if (tokens.isDue) yield tokens.rest();
    if (matchers.length > 0 && tokens.kind === "}") break; // one comma at the end is fine
    if (matchers.length === MAX_MATCHERS) {
      tokens.fail(tokens.position, `more than ${MAX_MATCHERS} matchers in a selector`);
      break;
    }
    const found = parseMatcher(tokens);
    if (found) matchers.push(found);
  } while (tokens.accept(","));
  tokens.expect("}", COMMA_OR_END);
  return matchers;
}

/** `name="value"`, or a quoted metric name by itself; undefined after an error. */
function parseMatcher(tokens: TokenStream): Matcher | undefined {
  const { kind, start } = tokens;
  if (kind !== "identifier" && kind !== "string") {
    tokens.unexpected(NAME_OR_END);
    return undefined;
  }
  const name = kind === "string" ? readString(tokens.text, tokens.escaped) : tokens.text;
  tokens.advance();
  const operator = matchOperator(tokens.kind);
  if (operator === undefined) {
    if (kind === "string") return equalTo(METRIC_NAME, name);
    tokens.unexpected(OPERATOR);
    return undefined;
  }
  tokens.advance();
  if (tokens.kind !== "string") {
    tokens.unexpected(STRING);
    return undefined;
  }
  const value = readString(tokens.text, tokens.escaped);
  tokens.advance();
  if ((operator === "=~" || operator === "!~") && literalsOf(value) === undefined && !tokens.affords(value)) {
    return undefined;
  }
  const made = matcher(operator, name, value);
  if (made.kind === "ok") return made.matcher;
  tokens.report(tokens.since(start), made.message);
  return undefined;
}

function matchOperator(kind: TokenKind): MatchKind | undefined {
  switch (kind) {
    case "=":
    case "!=":
    case "=~":
    case "!~":
      return kind;
    default:
      return undefined;
  }
}
