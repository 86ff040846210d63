import { patternWeight } from "../base/regex.ts";
import { bracketedName, type TokenKind } from "./token.ts";
import { quote } from "./go_text.ts";
import { Lexer } from "./lexer.ts";
import { isTooLarge, TOO_LARGE } from "./pattern_bounds.ts";
import { MAX_ERRORS, type Problem } from "./parse_error.ts";
import type { PositionRange } from "./position.ts";

/** How deep a query may nest. Everything that walks a tree does so by recursion, and a stack has an end. */
export const MAX_NESTING = 500;

/** Tokens that a query may have: to read one takes about a microsecond. */
const MAX_TOKENS = 20_000;

/** Tokens that are read in one go. */
const TOKENS_PER_STEP = 100;

/** Tokens that take as long to read as it takes to make one state of a regular expression's machine. */
const TOKENS_PER_STATE = 10;

/** What the regular expressions of one query may weigh together, beyond the first: making them is slow. */
const MAX_PATTERNS_WEIGHT = 2_000;

/** What an error message says of the part of the grammar that it stopped in. */
export interface ErrorContext {
  readonly where: string;
  readonly expected: string;
}

const NO_CONTEXT: ErrorContext = { where: "", expected: "" };

/**
 * The parser's view of the lexer: one token of lookahead, read when first asked for, and the list of problems.
 * The first syntax error is final: from then on all that comes is the end of input and no more problems are
 * noted, so that the functions of the grammar run out by themselves without checking after every step.
 */
export class TokenStream {
  readonly query: string;
  /** Syntax errors, and those of meaning that need no types. */
  readonly problems: Problem[] = [];
  /** Where the last consumed token ended. */
  lastEnd = 0;

  readonly #lexer: Lexer;
  #hasLookahead = false;
  #failed = false;
  #context = NO_CONTEXT;
  #depth = 0;
  #tokens = 0;
  #patternsWeight = 0;
  /** What has been read since the last rest, in tokens. */
  #unrested = 0;

  constructor(query: string) {
    this.query = query;
    this.#lexer = new Lexer(query);
  }

  /** Whether a syntax error was met. */
  get failed(): boolean {
    return this.#failed;
  }

  /** The kind of the next token. */
  get kind(): TokenKind {
    if (this.#failed) return "eof";
    if (!this.#hasLookahead) this.#read();
    return this.#failed ? "eof" : this.#lexer.kind;
  }

  /** Where the next token starts. */
  get start(): number {
    return this.kind === "eof" && this.#failed ? this.lastEnd : this.#lexer.start;
  }

  /** The place of the next token. */
  get position(): PositionRange {
    return { start: this.start, end: this.#failed ? this.lastEnd : this.#lexer.end };
  }

  /** The text of the next token. */
  get text(): string {
    return this.kind === "eof" ? "" : this.query.slice(this.#lexer.start, this.#lexer.end);
  }

  /** Whether the next token, a string, has escapes. */
  get escaped(): boolean {
    return this.#lexer.escaped;
  }

  /** Consumes the next token. */
  advance(): void {
    if (this.kind === "eof") return;
    this.lastEnd = this.#lexer.end;
    this.#hasLookahead = false;
  }

  /** Whether the next token is of this kind. */
  is(kind: TokenKind): boolean {
    return this.kind === kind;
  }

  /** Consumes the next token if it is of this kind. */
  accept(kind: TokenKind): boolean {
    if (this.kind !== kind) return false;
    this.advance();
    return true;
  }

  /** Consumes a token of this kind, or else fails with what surrounds it. */
  expect(kind: TokenKind, context?: ErrorContext): boolean {
    if (this.accept(kind)) return true;
    this.unexpected(context);
    return false;
  }

  /** From a place to the end of the last consumed token. */
  since(start: number): PositionRange {
    return { start, end: this.lastEnd };
  }

  /** Notes a problem that leaves the rest readable. */
  report(position: PositionRange, reason: string): void {
    if (this.#failed || this.problems.length >= MAX_ERRORS) return;
    this.problems.push({ position, reason });
  }

  /** Fails: the next token has no business here. */
  unexpected(context = this.#context): void {
    const kind = this.kind; // may itself find that there is no token
    if (this.#failed) return;
    const where = context.where && ` in ${context.where}`;
    const expected = context.expected && `, expected ${context.expected}`;
    this.fail(this.position, `unexpected ${describe(kind, this.text)}${where}${expected}`);
  }

  /** Notes a problem and ends all reading. */
  fail(position: PositionRange, reason: string): void {
    this.report(position, reason);
    this.#failed = true;
  }

  /** Whether so much has been read since the last `rest` that whoever reads should yield. */
  get isDue(): boolean {
    return this.#unrested >= TOKENS_PER_STEP;
  }

  /** To be called with each yield. */
  rest(): void {
    this.#unrested = 0;
  }

  /** From now on errors are said to be "in" something. @returns what to go back to */
  enterContext(context: ErrorContext): ErrorContext {
    const outer = this.#context;
    this.#context = context;
    return outer;
  }

  /** Runs a part of the grammar whose errors are said to be "in" something. */
  within<Result>(context: ErrorContext, read: (tokens: TokenStream) => Result): Result {
    const outer = this.enterContext(context);
    const result = read(this);
    this.enterContext(outer);
    return result;
  }

  /** Goes one level down; false, having failed, when that is one too many. Pair with `leave`. */
  enter(): boolean {
    if (++this.#depth > MAX_NESTING) this.refuseDepth(this.position);
    return !this.#failed;
  }

  leave(): void {
    this.#depth--;
  }

  /**
   * Whether so many operators in a row, each with all before it as its left operand, are a tree that can be walked;
   * else fails: the rest need not be read to know it.
   */
  allowsChain(operators: number, whole: PositionRange): boolean {
    if (operators >= MAX_NESTING) this.refuseDepth(whole);
    return !this.#failed;
  }

  refuseDepth(position: PositionRange): void {
    this.fail(position, `expression nests deeper than ${MAX_NESTING} levels`);
  }

  /** Takes one more regular expression into account; false, having failed, when that is one too many. */
  affords(pattern: string): boolean {
    if (isTooLarge(pattern)) this.fail(this.position, TOO_LARGE);
    const before = this.#patternsWeight;
    const weight = patternWeight(pattern);
    this.#patternsWeight += weight;
    this.#unrested += TOKENS_PER_STATE * weight;
    if (before > 0 && this.#patternsWeight > MAX_PATTERNS_WEIGHT) {
      this.fail(this.position, "the query's regular expressions are too large together");
    }
    return !this.#failed;
  }

  #read(): void {
    const lexer = this.#lexer;
    lexer.next();
    this.#hasLookahead = true;
    this.#unrested++;
    if (++this.#tokens > MAX_TOKENS) {
      return this.fail(
        { start: lexer.start, end: this.query.length },
        `query has more than ${MAX_TOKENS} words and marks`,
      );
    }
    if (lexer.kind === "error") this.fail({ start: lexer.start, end: this.query.length }, lexer.problem);
  }
}

/** Longest stretch of a token that a message repeats, in characters. */
const MAX_SHOWN = 10;

function describe(kind: TokenKind, text: string): string {
  switch (kind) {
    case "eof":
      return "end of input";
    case "identifier":
      return `identifier ${quote(text)}`;
    case "metric_identifier":
      return `metric identifier ${quote(text)}`;
    case "number":
    case "string":
    case "duration":
      return `${kind} ${shortened(text)}`;
    default:
      return bracketedName(kind, text) ?? quote(text);
  }
}

/** As Prometheus does: what counts is the length in bytes, what is kept is counted in characters. */
function shortened(text: string): string {
  if (new TextEncoder().encode(text).length <= MAX_SHOWN) return quote(text);
  return `${quote([...text.slice(0, 2 * MAX_SHOWN)].slice(0, MAX_SHOWN).join(""))}...`;
}
