import type { Steps } from "../base/steps.ts";
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
import { isMatchingWord, parseLabelList, parseMatching, plainMatching } from "./parse_matching.ts";
import { broken, parseNumber, withSign } from "./parse_number.ts";
import { parsePostfix } from "./parse_postfix.ts";
import { parseVectorSelector, selectorOf } from "./parse_selector.ts";
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
  *parse(minPrecedence = LOOSEST): Steps<Expr> {
    const tokens = this.#tokens;
    if (tokens.isDue) yield tokens.rest();
    if (!tokens.enter()) return broken(tokens.position);
    let left = yield* this.#operand();
    for (let operators = 0;; operators++) {
      if (tokens.isDue) yield tokens.rest();
      const op = tokens.kind;
      const precedence = PRECEDENCE.get(op) ?? 0;
      if (precedence < minPrecedence || !tokens.allowsChain(operators + 1, left.position)) break;
      tokens.advance();
      const returnBool = tokens.accept("bool");
      const matching = isMatchingWord(tokens.kind)
        ? yield* parseMatching(tokens, op as BinaryOp)
        : plainMatching(op as BinaryOp);
      // Only ^ groups to the right.
      const right = yield* this.parse(precedence === POWER ? POWER : precedence + 1);
      left = this.#binary(left, op as BinaryOp, right, returnBool, matching);
    }
    tokens.leave();
    return left;
  }

  #binary(left: Expr, op: BinaryOp, right: Expr, returnBool: boolean, matching: Matching): Binary {
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
  *#operand(): Steps<Expr> {
    const tokens = this.#tokens;
    const { kind } = tokens;
    switch (kind) {
      case "+":
      case "-":
        return yield* this.#signed(kind);
      case "number":
      case "duration":
        return parsePostfix(tokens, parseNumber(tokens));
      case "string":
        return parsePostfix(tokens, this.#string());
      case "(":
        return parsePostfix(tokens, yield* this.#paren());
      default:
        return parsePostfix(tokens, isSelectorStart(kind) ? yield* this.#named(kind) : this.#nothing());
    }
  }

  /** A sign binds like a product: tighter than `+`, looser than `^`. On a number it becomes part of the number. */
  *#signed(op: "+" | "-"): Steps<Expr> {
    const { start } = this.#tokens;
    this.#tokens.advance();
    const expr = yield* this.parse(POWER);
    if (expr.kind === "number") return withSign(expr, op, start);
    return { kind: "unary", position: { start, end: expr.position.end }, op, expr };
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

  *#paren(): Steps<Expr> {
    const tokens = this.#tokens;
    const { start } = tokens;
    tokens.advance();
    const expr = yield* this.parse();
    tokens.expect(")");
    return { kind: "paren", position: tokens.since(start), expr };
  }

  /** Something that starts with a name or a brace; which of the three it is, the token after the name tells. */
  *#named(kind: TokenKind): Steps<Expr> {
    const tokens = this.#tokens;
    if (kind === "{") return yield* parseVectorSelector(tokens);
    const name = { text: tokens.text, position: tokens.position };
    tokens.advance();
    const next = tokens.kind;
    if (isAggregate(kind) && (next === "(" || next === "by" || next === "without")) {
      const outer = tokens.enterContext(IN_AGGREGATION);
      const aggregate = yield* this.#aggregate(kind, name.position.start);
      tokens.enterContext(outer);
      return aggregate;
    }
    if (next === "(" && isCallable(kind)) return yield* this.#call(name.text, name.position);
    return next === "{" ? yield* parseVectorSelector(tokens, name) : selectorOf(tokens, name);
  }

  *#call(name: string, namePosition: PositionRange): Steps<Expr> {
    const args = yield* this.#arguments();
    const position = this.#tokens.since(namePosition.start);
    if (isFunctionName(name)) return { kind: "call", position, name, args };
    this.#tokens.report(namePosition, `unknown function with name ${quote(name)}`);
    return broken(position);
  }

  *#arguments(): Steps<Expr[]> {
    const tokens = this.#tokens;
    const args: Expr[] = [];
    tokens.expect("(");
    if (tokens.accept(")")) return args;
    args.push(yield* this.parse());
    while (tokens.kind === ",") {
      const { position } = tokens;
      tokens.advance();
      if (startsExpression(tokens.kind)) args.push(yield* this.parse());
      else tokens.report(position, "trailing commas not allowed in function call args");
    }
    tokens.expect(")");
    return args;
  }

  *#aggregate(op: AggregateOp, start: number): Steps<Expr> {
    const tokens = this.#tokens;
    let modifier = yield* this.#grouping();
    const args = yield* this.#arguments();
    modifier ??= yield* this.#grouping();
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

  *#grouping(): Steps<{ labels: string[]; without: boolean } | undefined> {
    const { kind } = this.#tokens;
    if (kind !== "by" && kind !== "without") return undefined;
    this.#tokens.advance();
    return { labels: yield* parseLabelList(this.#tokens), without: kind === "without" };
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
