import {
  type Aggregate,
  type AggregateOp,
  type Binary,
  type BinaryOp,
  type Expr,
  type Matching,
  valueTypeOf,
} from "./ast.ts";
import { readString } from "./literal.ts";
import { parseBinaryModifiers, parseLabelList } from "./parse_matching.ts";
import { broken, parseNumber, withSign } from "./parse_number.ts";
import { parsePostfix } from "./parse_postfix.ts";
import { parseVectorSelector } from "./parse_selector.ts";
import type { PositionRange } from "./position.ts";
import { quote } from "./go_text.ts";
import { isFunctionName } from "./signatures.ts";
import { isAggregate, isSelectorStart, startsExpression, type TokenKind } from "./token.ts";
import type { TokenStream } from "./token_stream.ts";

/** How tightly each operator binds; the larger, the tighter. */
const PRECEDENCE: ReadonlyMap<TokenKind, number> = new Map<TokenKind, number>([
  ["or", 1],
  ["and", 2],
  ["unless", 2],
  ["==", 3],
  ["!=", 3],
  ["<", 3],
  ["<=", 3],
  [">", 3],
  [">=", 3],
  ["</", 3],
  [">/", 3],
  ["+", 4],
  ["-", 4],
  ["*", 5],
  ["/", 5],
  ["%", 5],
  ["atan2", 5],
  ["^", 6],
]);
const LOOSEST = 1;
const POWER = 6;

const IN_AGGREGATION = { where: "aggregation", expected: "" };

/** Matching labels or fill values that were written between operands that are not both vectors, by their binary. */
export type Misplaced = Map<Binary, Matching>;

/** Reads expressions by precedence climbing, after the grammar of Prometheus (promql/parser/generated_parser.y). */
export class ExpressionParser {
  readonly misplaced: Misplaced = new Map();
  readonly #tokens: TokenStream;

  constructor(tokens: TokenStream) {
    this.#tokens = tokens;
  }

  /** An expression whose operators bind at least so tightly. */
  parse(minPrecedence = LOOSEST): Expr {
    const tokens = this.#tokens;
    if (!tokens.enter()) return broken(tokens.position);
    let left = this.#operand();
    for (;;) {
      const op = tokens.kind;
      const precedence = PRECEDENCE.get(op) ?? 0;
      if (precedence < minPrecedence) break;
      tokens.advance();
      left = this.#binary(left, op as BinaryOp, precedence);
    }
    tokens.leave();
    return left;
  }

  #binary(left: Expr, op: BinaryOp, precedence: number): Binary {
    const { returnBool, matching } = parseBinaryModifiers(this.#tokens, op);
    const right = this.parse(precedence === POWER ? POWER : precedence + 1); // only ^ groups to the right
    const leftType = valueTypeOf(left);
    const rightType = valueTypeOf(right);
    const bothVectors = leftType === "vector" && rightType === "vector";
    const binary: Binary = {
      kind: "binary",
      position: { start: left.position.start, end: right.position.end },
      op,
      left,
      right,
      returnBool,
      returns: leftType === "scalar" && rightType === "scalar" ? "scalar" : "vector",
      matching: bothVectors ? matching : undefined,
    };
    if (!bothVectors) this.misplaced.set(binary, matching);
    return binary;
  }

  /** What stands between operators: something with a sign before or modifiers behind it. */
  #operand(): Expr {
    const { kind } = this.#tokens;
    if (kind === "+" || kind === "-") return this.#signed(kind);
    return parsePostfix(this.#tokens, this.#primary());
  }

  /** A sign binds like a product: tighter than `+`, looser than `^`. On a number it becomes part of the number. */
  #signed(op: "+" | "-"): Expr {
    const { start } = this.#tokens;
    this.#tokens.advance();
    const expr = this.parse(POWER);
    if (expr.kind === "number") return withSign(expr, op, start);
    return { kind: "unary", position: { start, end: expr.position.end }, op, expr };
  }

  #primary(): Expr {
    const tokens = this.#tokens;
    const { kind } = tokens;
    switch (kind) {
      case "number":
      case "duration":
        return parseNumber(tokens);
      case "string":
        return this.#string();
      case "(":
        return this.#paren();
      default:
        return isSelectorStart(kind) ? this.#named(kind) : this.#nothing();
    }
  }

  #nothing(): Expr {
    const { position } = this.#tokens;
    this.#tokens.unexpected();
    return broken(position);
  }

  #string(): Expr {
    const tokens = this.#tokens;
    const { position } = tokens;
    const value = readString(tokens.text, tokens.escaped);
    tokens.advance();
    return { kind: "string", position, value };
  }

  #paren(): Expr {
    const tokens = this.#tokens;
    const { start } = tokens;
    tokens.advance();
    const expr = this.parse();
    tokens.expect(")");
    return { kind: "paren", position: tokens.since(start), expr };
  }

  /** Something that starts with a name or a brace; which of the three it is, the token after the name tells. */
  #named(kind: TokenKind): Expr {
    const tokens = this.#tokens;
    if (kind === "{") return parseVectorSelector(tokens);
    const name = { text: tokens.text, position: tokens.position };
    tokens.advance();
    const next = tokens.kind;
    if (isAggregate(kind) && (next === "(" || next === "by" || next === "without")) {
      return tokens.within(IN_AGGREGATION, () => this.#aggregate(kind, name.position.start));
    }
    if (next === "(" && isCallable(kind)) return this.#call(name.text, name.position);
    return parseVectorSelector(tokens, name);
  }

  #call(name: string, namePosition: PositionRange): Expr {
    const args = this.#arguments();
    const position = this.#tokens.since(namePosition.start);
    if (isFunctionName(name)) return { kind: "call", position, name, args };
    this.#tokens.report(namePosition, `unknown function with name ${quote(name)}`);
    return broken(position);
  }

  #arguments(): Expr[] {
    const tokens = this.#tokens;
    const args: Expr[] = [];
    tokens.expect("(");
    if (tokens.accept(")")) return args;
    args.push(this.parse());
    while (tokens.kind === ",") {
      const { position } = tokens;
      tokens.advance();
      if (startsExpression(tokens.kind)) args.push(this.parse());
      else tokens.report(position, "trailing commas not allowed in function call args");
    }
    tokens.expect(")");
    return args;
  }

  #aggregate(op: AggregateOp, start: number): Expr {
    const tokens = this.#tokens;
    let modifier = this.#grouping();
    const args = this.#arguments();
    modifier ??= this.#grouping();
    const position = tokens.since(start);
    const wantedArgs = takesParameter(op) ? 2 : 1;
    if (args.length === 0) {
      tokens.report(position, "no arguments for aggregate expression provided");
    } else if (args.length !== wantedArgs) {
      tokens.report(
        position,
        `wrong number of arguments for aggregate expression provided, expected ${wantedArgs}, got ${args.length}`,
      );
    }
    const aggregate: Aggregate = {
      kind: "aggregate",
      position,
      op,
      expr: args[wantedArgs - 1] ?? broken(position),
      param: wantedArgs === 2 ? args[0] : undefined,
      grouping: modifier?.labels ?? [],
      without: modifier?.without ?? false,
    };
    return aggregate;
  }

  #grouping(): { labels: string[]; without: boolean } | undefined {
    const { kind } = this.#tokens;
    if (kind !== "by" && kind !== "without") return undefined;
    this.#tokens.advance();
    return { labels: parseLabelList(this.#tokens), without: kind === "without" };
  }
}

function takesParameter(op: AggregateOp): boolean {
  switch (op) {
    case "bottomk":
    case "count_values":
    case "limit_ratio":
    case "limitk":
    case "quantile":
    case "topk":
      return true;
    default:
      return false;
  }
}

function isCallable(kind: TokenKind): boolean {
  switch (kind) {
    case "identifier":
    case "start":
    case "end":
    case "step":
    case "range":
    case "max_of":
    case "min_of":
      return true;
    default:
      return false;
  }
}
