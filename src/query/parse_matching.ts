import type { Steps } from "../base/steps.ts";
import { isLabelName } from "../model/labels.ts";
import { type BinaryOp, type Cardinality, isSetOp, type Matching } from "./ast.ts";
import { readString } from "./literal.ts";
import { parseNumber } from "./parse_number.ts";
import { quote } from "./go_text.ts";
import { isLabelToken, startsExpression, type TokenKind } from "./token.ts";
import type { TokenStream } from "./token_stream.ts";

const OPEN = { where: "grouping opts", expected: `"("` };
const LABEL = { where: "grouping opts", expected: "label" };
const COMMA_OR_END = { where: "grouping opts", expected: `"," or ")"` };

const ONE_TO_ONE: Matching = {
  cardinality: "one-to-one",
  on: false,
  labels: [],
  include: [],
  fillLeft: undefined,
  fillRight: undefined,
};
const MANY_TO_MANY: Matching = { ...ONE_TO_ONE, cardinality: "many-to-many" };

/** Labels that a list may have: what is done with them for each series is done in one go. */
const MAX_LABELS = 500;

/** How the operands of an operator find each other where nothing is written about it. */
export function plainMatching(op: BinaryOp): Matching {
  return isSetOp(op) ? MANY_TO_MANY : ONE_TO_ONE;
}

/** Whether something is written about it. */
export function isMatchingWord(kind: TokenKind): boolean {
  return kind === "on" || kind === "ignoring" || isFill(kind);
}

function isFill(kind: TokenKind): kind is "fill" | "fill_left" | "fill_right" {
  return kind === "fill" || kind === "fill_left" || kind === "fill_right";
}

/** `on (a) group_left (b) fill (0)`, each part optional, in this order. */
export function* parseMatching(tokens: TokenStream, op: BinaryOp): Steps<Matching> {
  const plain = plainMatching(op);
  let { cardinality, on } = plain;
  let labels: readonly string[] = plain.labels;
  let include: readonly string[] = plain.include;
  if (tokens.kind === "on" || tokens.kind === "ignoring") {
    on = tokens.kind === "on";
    tokens.advance();
    labels = yield* parseLabelList(tokens);
    const grouping = groupingOf(tokens.kind);
    if (grouping) {
      tokens.advance();
      cardinality = grouping;
      include = yield* parseIncludedLabels(tokens);
    }
  }
  return { cardinality, on, labels, include, ...parseFill(tokens) };
}

/** The labels behind group_left or group_right; a parenthesis there always opens them, never an operand. */
function* parseIncludedLabels(tokens: TokenStream): Steps<string[]> {
  const hasNone = !tokens.is("(") && (isFill(tokens.kind) || startsExpression(tokens.kind));
  return hasNone ? [] : yield* parseLabelList(tokens);
}

function groupingOf(kind: TokenKind): Cardinality | undefined {
  if (kind === "group_left") return "many-to-one";
  return kind === "group_right" ? "one-to-many" : undefined;
}

/** `fill (0)` for both sides, or `fill_left (0)` and `fill_right (0)` in either order. */
function parseFill(tokens: TokenStream): Pick<Matching, "fillLeft" | "fillRight"> {
  const { kind } = tokens;
  if (!isFill(kind)) return { fillLeft: undefined, fillRight: undefined };
  tokens.advance();
  const first = parseFillValue(tokens);
  if (kind === "fill") return { fillLeft: first, fillRight: first };
  const other = kind === "fill_left" ? "fill_right" : "fill_left";
  const second = tokens.accept(other) ? parseFillValue(tokens) : undefined;
  return kind === "fill_left"
    ? { fillLeft: first, fillRight: second }
    : { fillLeft: second, fillRight: first };
}

function parseFillValue(tokens: TokenStream): number {
  tokens.expect("(");
  const negative = tokens.kind === "-";
  if (negative || tokens.kind === "+") tokens.advance();
  if (tokens.kind !== "number" && tokens.kind !== "duration") {
    tokens.unexpected();
    return NaN;
  }
  const { value } = parseNumber(tokens);
  tokens.expect(")");
  return negative ? -value : value;
}

/** Labels in parentheses, as behind `by` and `on`; a comma may follow the last. */
export function* parseLabelList(tokens: TokenStream): Steps<string[]> {
  const labels: string[] = [];
  if (!tokens.expect("(", OPEN)) return labels;
  if (tokens.accept(")")) return labels;
  do {
    if (tokens.isDue) yield tokens.rest();
    if (labels.length > 0 && tokens.kind === ")") break;
    if (labels.length === MAX_LABELS) {
      tokens.fail(tokens.position, `more than ${MAX_LABELS} labels in a list`);
      break;
    }
    labels.push(parseLabel(tokens));
  } while (tokens.accept(","));
  tokens.expect(")", COMMA_OR_END);
  return labels;
}

function parseLabel(tokens: TokenStream): string {
  const { kind, position, text } = tokens;
  if (kind === "string") {
    const label = readString(text, tokens.escaped);
    tokens.advance();
    if (!isLabelName(label)) {
      tokens.report(position, `invalid label name for grouping: ${quote(label)}`);
    }
    return label;
  }
  if (isLabelToken(kind)) tokens.advance();
  else tokens.unexpected(LABEL);
  return text;
}
