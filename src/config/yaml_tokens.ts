/** YAML text → the library's tokens, a few at a time and within bounds that keep each step short. */
import { CST, Parser } from "yaml";
import type { Steps } from "../base/steps.ts";
import { MAX_DEPTH, MAX_ENTRIES, MAX_TEXT_LENGTH, MAX_TOKENS } from "./limits.ts";
import { lexerOf } from "./yaml_lexer.ts";

export type TokensResult =
  | { readonly kind: "ok"; readonly tokens: readonly CST.Token[] }
  /** Without an offset it is about the file as a whole. */
  | { readonly kind: "refused"; readonly message: string; readonly offset?: number };

/** Words and marks between two yields. */
const STEP_TOKENS = 64;

const MAX_DIRECTIVES = 16;

/** Brackets, or marks in a row, that are let through: the tree builder tells more exactly what is too deep. */
const MAX_OPEN = 2 * MAX_DEPTH;

/**
 * Reads up to the end of the first document, or of the second one where there is one, so that it can be told of. What
 * stands around documents and says nothing (comments, blank lines) is left out.
 */
export function* readTokens(text: string): Steps<TokensResult> {
  const tokens: CST.Token[] = [];
  const parser = new Parser();
  const bounds = new Bounds();
  let documents = 0;
  let count = 0;
  for (const lexeme of lexerOf(text).lex(text)) {
    if (++count > MAX_TOKENS) return { kind: "refused", message: `more than ${MAX_TOKENS} words and marks` };
    const message = bounds.refuse(lexeme);
    if (message !== undefined) return { kind: "refused", message, offset: parser.offset };
    for (const token of parser.next(lexeme)) {
      if (hasMeaning(token)) tokens.push(token);
      if (token.type === "document" && ++documents > 1) return { kind: "ok", tokens };
    }
    if (entriesOf(parser.stack.at(-1)) > MAX_ENTRIES) {
      const message = `more than ${MAX_ENTRIES} entries in one list or mapping`;
      return { kind: "refused", message, offset: parser.offset };
    }
    if (count % STEP_TOKENS === 0) yield;
  }
  for (const token of parser.end()) if (hasMeaning(token)) tokens.push(token);
  return { kind: "ok", tokens };
}

function entriesOf(token: CST.Token | undefined): number {
  return CST.isCollection(token) ? token.items.length : 0;
}

function hasMeaning({ type }: CST.Token): boolean {
  return type === "document" || type === "directive" || type === "error" || type === "doc-end";
}

/** Refuses what the library would take too long over, or too deep a stack, as soon as it appears. */
class Bounds {
  #isText = false;
  #openBrackets = 0;
  /** Indicators, anchors and tags since the line began or text came: each may open a level. */
  #marks = 0;
  #directives = 0;

  /** @returns what is wrong */
  refuse(lexeme: string): string | undefined {
    if (this.#isText) {
      this.#isText = false;
      this.#marks = 0;
      return tooLong(lexeme);
    }
    switch (CST.tokenType(lexeme)) {
      case "scalar":
        this.#isText = true; // comes next
        return undefined;
      case "newline":
        this.#marks = 0;
        return undefined;
      case "single-quoted-scalar":
      case "double-quoted-scalar":
        this.#marks = 0;
        return tooLong(lexeme);
      case "alias":
      case "space":
        return tooLong(lexeme);
      case "anchor":
      case "tag":
        return tooLong(lexeme) ?? this.#mark();
      case "seq-item-ind":
      case "explicit-key-ind":
      case "map-value-ind":
        return this.#mark();
      case "flow-map-start":
      case "flow-seq-start":
        this.#marks = 0;
        return ++this.#openBrackets > MAX_OPEN ? TOO_DEEP : undefined;
      case "flow-map-end":
      case "flow-seq-end":
        if (this.#openBrackets > 0) this.#openBrackets--;
        return undefined;
      case "flow-error-end":
        this.#openBrackets = 0;
        return undefined;
      case "directive-line":
        return ++this.#directives > MAX_DIRECTIVES ? `more than ${MAX_DIRECTIVES} directives` : undefined;
      default:
        return undefined;
    }
  }

  #mark(): string | undefined {
    return ++this.#marks > MAX_OPEN ? TOO_DEEP : undefined;
  }
}

export const TOO_DEEP = `more than ${MAX_DEPTH} levels inside one another`;

function tooLong(lexeme: string): string | undefined {
  return lexeme.length > MAX_TEXT_LENGTH ? `text longer than ${MAX_TEXT_LENGTH} characters` : undefined;
}
