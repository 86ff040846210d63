/** Kinds of token. Those with one spelling are named by it; the words of the language are written in lower case. */
export type TokenKind =
  | "eof"
  | "error"
  | "identifier"
  | "metric_identifier" // an identifier with a colon in it
  | "number"
  | "duration"
  | "string"
  | Punctuation
  | Operator
  | AggregateWord
  | Keyword
  | Preprocessor;

type Punctuation = "(" | ")" | "{" | "}" | "[" | "]" | "," | "=" | ":";
type Operator =
  | "+"
  | "-"
  | "*"
  | "/"
  | "%"
  | "^"
  | "@"
  | "=="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | "</"
  | ">/"
  | "=~"
  | "!~"
  | "and"
  | "or"
  | "unless"
  | "atan2";
type AggregateWord = typeof AGGREGATES[number];
type Keyword = typeof KEYWORDS[number];
type Preprocessor = typeof PREPROCESSORS[number];

const AGGREGATES = [
  "avg",
  "bottomk",
  "count",
  "count_values",
  "group",
  "limit_ratio",
  "limitk",
  "max",
  "min",
  "quantile",
  "stddev",
  "stdvar",
  "sum",
  "topk",
] as const;

const KEYWORDS = [
  "anchored",
  "bool",
  "by",
  "fill",
  "fill_left",
  "fill_right",
  "group_left",
  "group_right",
  "ignoring",
  "offset",
  "on",
  "smoothed",
  "without",
] as const;

/** Words that are functions when a parenthesis follows, and mean something more after `@` or in durations. */
const PREPROCESSORS = ["end", "max_of", "min_of", "range", "start", "step"] as const;

const WORD_OPERATORS = ["and", "atan2", "or", "unless"] as const;

const SYMBOL_OPERATORS = [
  "+",
  "-",
  "*",
  "/",
  "%",
  "^",
  "@",
  "==",
  "!=",
  "<",
  "<=",
  ">",
  ">=",
  "</",
  ">/",
  "=~",
  "!~",
] as const;

/** Words of the language in lower case, with the kind of token each makes. */
export const WORDS: ReadonlyMap<string, TokenKind> = new Map<string, TokenKind>([
  ...[...AGGREGATES, ...KEYWORDS, ...PREPROCESSORS, ...WORD_OPERATORS].map((word) => [word, word] as const),
  ["inf", "number"],
  ["nan", "number"],
]);

/** Words that mean something inside a range's brackets. */
export const DURATION_WORDS: ReadonlyMap<string, TokenKind> = new Map<string, TokenKind>([
  ["step", "step"],
  ["range", "range"],
  ["max_of", "max_of"],
  ["min_of", "min_of"],
]);

const aggregates: ReadonlySet<string> = new Set(AGGREGATES);
const keywords: ReadonlySet<string> = new Set(KEYWORDS);
const operators: ReadonlySet<string> = new Set([...SYMBOL_OPERATORS, ...WORD_OPERATORS]);

/** Words that can also be a metric's name: all but the modifiers that only ever follow an operator. */
const metricWords: ReadonlySet<string> = new Set<TokenKind>([
  ...AGGREGATES,
  ...PREPROCESSORS,
  "and",
  "anchored",
  "by",
  "fill",
  "fill_left",
  "fill_right",
  "offset",
  "or",
  "smoothed",
  "unless",
  "without",
]);

/** Words that can also be a label's name in `by (…)`, `on (…)` and their like. */
const labelWords: ReadonlySet<string> = new Set<TokenKind>([
  ...AGGREGATES,
  ...KEYWORDS.filter((word) => word !== "without"),
  ...PREPROCESSORS,
  ...WORD_OPERATORS,
]);

/** Whether a token of this kind names an aggregation. */
export function isAggregate(kind: TokenKind): kind is AggregateWord {
  return aggregates.has(kind);
}

/** Whether a token of this kind can stand for a metric's name. */
function isMetricName(kind: TokenKind): boolean {
  return kind === "identifier" || kind === "metric_identifier" || metricWords.has(kind);
}

/** Whether a token of this kind can stand, unquoted, for a label's name in a list of labels. */
export function isLabelToken(kind: TokenKind): boolean {
  return kind === "identifier" || kind === "metric_identifier" || labelWords.has(kind);
}

/** How a word or operator is named in an error message; undefined for the kinds that are quoted instead. */
export function bracketedName(kind: TokenKind, text: string): string | undefined {
  if (keywords.has(kind)) return `<${text}>`;
  if (operators.has(kind)) return `<op:${text}>`;
  if (aggregates.has(kind)) return `<aggr:${text}>`;
  return undefined;
}

/** Whether a vector selector can begin with such a token. */
export function isSelectorStart(kind: TokenKind): boolean {
  return kind === "{" || isMetricName(kind);
}

/** Whether an expression can begin with such a token. */
export function startsExpression(kind: TokenKind): boolean {
  switch (kind) {
    case "number":
    case "duration":
    case "string":
    case "(":
    case "+":
    case "-":
      return true;
    default:
      return isSelectorStart(kind);
  }
}
