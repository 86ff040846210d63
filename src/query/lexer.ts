import { quote, quoteRune } from "./go_text.ts";
import {
  endOfIdentifier,
  isAlpha,
  isAlphanumeric,
  isDigit,
  isSpace,
  scanDuration,
  scanNumber,
  scanString,
} from "./scan.ts";
import { DURATION_WORDS, type TokenKind, WORDS } from "./token.ts";

const NEWLINE = 0x0a, RETURN = 0x0d, HASH = 0x23, DOT = 0x2e, SLASH = 0x2f, COLON = 0x3a, EQUALS = 0x3d;
const TILDE = 0x7e;

/**
 * Cuts a query into tokens, one for each `next()`; `kind`, `start` and `end` then describe it. Allocates nothing but
 * the words it looks up. Which characters are allowed depends on the brackets around them: inside `{…}` words are
 * plain identifiers, inside `[…]` only durations and their arithmetic may stand (Prometheus, promql/parser/lex.go).
 *
 * The first thing that is no token is an "error" with its `problem`; after it there is nothing more to read.
 */
export class Lexer {
  readonly text: string;
  kind: TokenKind = "eof";
  start = 0;
  end = 0;
  /** What is wrong, if `kind` is "error". */
  problem = "";
  /** Whether the string token has a backslash in it. */
  escaped = false;

  #parens = 0;
  #inBraces = false;
  #inBrackets = false;
  /** Between `[` and the first number after it; what follows a number there is read a little differently. */
  #beforeNumber = false;
  #sawNumber = false;
  #sawColon = false;

  constructor(text: string) {
    this.text = text;
  }

  next(): void {
    this.start = this.#skipBlanks(this.end);
    this.end = this.start;
    const code = this.text.charCodeAt(this.start); // NaN at the end: equal to nothing
    if (this.#inBraces) this.#insideBraces(code);
    else if (this.#beforeNumber) this.#insideBrackets(code);
    else this.#outside(code);
  }

  /** Steps over white space and, where they are allowed, comments. */
  #skipBlanks(from: number): number {
    const { text } = this;
    let at = from;
    for (;;) {
      const code = text.charCodeAt(at);
      if (isSpace(code)) at++;
      else if (code === HASH && !this.#beforeNumber) at = endOfLine(text, at);
      else return at;
    }
  }

  #emit(kind: TokenKind, length: number): void {
    this.kind = kind;
    this.end = this.start + length;
  }

  /** `at`: where the trouble starts, if not at the token. */
  #fail(problem: string, at = this.start): void {
    this.kind = "error";
    this.problem = problem;
    this.start = at;
    this.end = this.text.length;
  }

  #char(at: number): string | undefined {
    const code = this.text.codePointAt(at);
    return code === undefined ? undefined : String.fromCodePoint(code);
  }

  #outside(code: number): void {
    if (isAlpha(code) || code === COLON) {
      return this.#inBrackets ? this.#wordInBrackets(code) : this.#word();
    }
    const second = this.text.charCodeAt(this.start + 1);
    if (isDigit(code) || (code === DOT && isDigit(second))) return this.#numberOrDuration();
    if (code !== code) return this.#endOfText();
    switch (this.text[this.start]) {
      case ",":
      case "*":
      case "/":
      case "%":
      case "+":
      case "-":
      case "^":
      case "@":
        return this.#emit(this.text[this.start] as TokenKind, 1);
      case "=":
        if (second === EQUALS) return this.#emit("==", 2);
        if (second === TILDE) return this.#fail(`unexpected character after '=': '~'`);
        return this.#emit("=", 1);
      case "!":
        if (second === EQUALS) return this.#emit("!=", 2);
        return this.#fail(`unexpected character after '!': ${quoteRune(this.#char(this.start + 1))}`);
      case "<":
        if (second === EQUALS) return this.#emit("<=", 2);
        return second === SLASH ? this.#emit("</", 2) : this.#emit("<", 1);
      case ">":
        if (second === EQUALS) return this.#emit(">=", 2);
        return second === SLASH ? this.#emit(">/", 2) : this.#emit(">", 1);
      case '"':
      case "'":
      case "`":
        return this.#string(code);
      case "(":
        this.#parens++;
        return this.#emit("(", 1);
      case ")":
        return this.#closeParen();
      case "{":
        this.#inBraces = true;
        return this.#emit("{", 1);
      case "[":
        if (this.#inBrackets) return this.#fail("unexpected left bracket '['");
        this.#inBrackets = true;
        this.#beforeNumber = true;
        this.#sawColon = false;
        return this.#emit("[", 1);
      case "]":
        if (!this.#inBrackets) return this.#fail("unexpected right bracket ']'");
        this.#inBrackets = false;
        return this.#emit("]", 1);
      default:
        return this.#fail(`unexpected character: ${quoteRune(this.#char(this.start))}`);
    }
  }

  #insideBraces(code: number): void {
    if (isAlpha(code)) {
      const end = endOfIdentifier(this.text, this.start);
      return this.#emit("identifier", end - this.start);
    }
    if (code !== code) return this.#fail("unexpected end of input inside braces");
    const second = this.text.charCodeAt(this.start + 1);
    switch (this.text[this.start]) {
      case ",":
        return this.#emit(",", 1);
      case '"':
      case "'":
      case "`":
        return this.#string(code);
      case "=":
        return second === TILDE ? this.#emit("=~", 2) : this.#emit("=", 1);
      case "!":
        if (second === TILDE) return this.#emit("!~", 2);
        if (second === EQUALS) return this.#emit("!=", 2);
        return this.#fail(
          `unexpected character after '!' inside braces: ${quoteRune(this.#char(this.start + 1))}`,
        );
      case "{":
        return this.#fail("unexpected left brace '{'");
      case "}":
        this.#inBraces = false;
        return this.#emit("}", 1);
      default:
        return this.#fail(`unexpected character inside braces: ${quoteRune(this.#char(this.start))}`);
    }
  }

  #insideBrackets(code: number): void {
    if (isDigit(code) || (code === DOT && isDigit(this.text.charCodeAt(this.start + 1)))) {
      this.#sawNumber = true;
      this.#beforeNumber = false;
      return this.#numberOrDuration();
    }
    if (code !== code) return this.#fail("unexpected end of input in duration expression");
    const char = this.text[this.start];
    switch (char) {
      case "+":
      case "-":
      case "*":
      case "/":
      case "%":
      case "^":
      case ",":
        return this.#emit(char, 1);
      case "(":
        this.#parens++;
        return this.#emit("(", 1);
      case ")":
        return this.#closeParen();
      case "]":
        this.#inBrackets = false;
        this.#beforeNumber = false;
        this.#sawColon = false;
        return this.#emit("]", 1);
      case ":": {
        if (!this.#sawNumber) {
          return this.#fail("unexpected colon before duration in duration expression", this.start + 1);
        }
        if (this.#sawColon) {
          return this.#fail("unexpected repeated colon in duration expression", this.start + 1);
        }
        this.#sawColon = true;
        return this.#emit(":", 1);
      }
      default:
        if (this.#durationWord()) return;
        return this.#fail(
          `unexpected character in duration expression: ${quoteRune(this.#char(this.start))}`,
        );
    }
  }

  #wordInBrackets(code: number): void {
    if (code === COLON) {
      if (this.#sawColon) return this.#fail("unexpected colon ':'");
      this.#sawColon = true;
      return this.#emit(":", 1);
    }
    if (this.#durationWord()) return;
    this.#fail(`unexpected character: ${quoteRune(this.#char(this.start))}, expected ':'`);
  }

  #durationWord(): boolean {
    let end = this.start;
    while (isAlpha(this.text.charCodeAt(end))) end++;
    const kind = DURATION_WORDS.get(this.text.slice(this.start, end).toLowerCase());
    if (kind !== undefined) this.#emit(kind, end - this.start);
    return kind !== undefined;
  }

  #closeParen(): void {
    this.#parens--;
    if (this.#parens < 0) return this.#fail("unexpected right parenthesis ')'", this.start + 1);
    this.#emit(")", 1);
  }

  #endOfText(): void {
    if (this.#parens !== 0) return this.#fail("unclosed left parenthesis");
    if (this.#inBrackets) return this.#fail("unclosed left bracket");
    this.#emit("eof", 0);
  }

  #word(): void {
    const { text, start } = this;
    let end = start;
    let hasColon = false;
    for (;; end++) {
      const code = text.charCodeAt(end);
      if (code === COLON) hasColon = true;
      else if (!isAlphanumeric(code)) break;
    }
    const word = text.slice(start, end);
    let kind = hasColon ? undefined : WORDS.get(word) ?? WORDS.get(word.toLowerCase());
    if (kind !== undefined && kind.startsWith("fill") && !this.#parenFollows(end)) kind = undefined;
    this.#emit(kind ?? (hasColon ? "metric_identifier" : "identifier"), end - start);
  }

  /** `fill` and its like are ordinary names unless a parenthesis follows. */
  #parenFollows(from: number): boolean {
    let at = from;
    while (isSpace(this.text.charCodeAt(at))) at++;
    return this.text[at] === "(";
  }

  #numberOrDuration(): void {
    const { text, start } = this;
    const number = scanNumber(text, start);
    if (number.matched) return this.#emit("number", number.end - start);
    const duration = scanDuration(text, number.end);
    if (duration.matched) return this.#emit("duration", duration.end - start);
    this.#fail(`bad number or duration syntax: ${quote(text.slice(start, duration.end))}`);
  }

  #string(quoteCode: number): void {
    const { text, start } = this;
    const scanned = scanString(text, start, quoteCode);
    if (scanned.kind === "bad") return this.#fail(scanned.problem);
    this.escaped = scanned.escaped;
    this.#emit("string", scanned.end - start);
  }
}

function endOfLine(text: string, from: number): number {
  let at = from;
  while (at < text.length && text.charCodeAt(at) !== NEWLINE && text.charCodeAt(at) !== RETURN) at++;
  return at;
}
