/** What is wrong with the form of a YAML file, in our words. */

/** Syntax errors reported at once: one slip can upset everything behind it. */
const MAX_SYNTAX_FAULTS = 10;

export interface SyntaxFault {
  readonly offset: number;
  readonly message: string;
}

/** Ends the work on a file that is wrong all over: the library would collect every mistake, with a stack each. */
export class TooManyFaults extends Error {}

/** Takes the library's complaints. */
export class SyntaxFaults {
  readonly #faults: SyntaxFault[] = [];

  get isFull(): boolean {
    return this.#faults.length >= MAX_SYNTAX_FAULTS;
  }

  get isEmpty(): boolean {
    return this.#faults.length === 0;
  }

  /** As they were found: of several at one place, the first says best what is wrong. */
  list(): readonly SyntaxFault[] {
    return this.#faults;
  }

  /** @throws {TooManyFaults} when that is enough */
  add(offset: number, code: string, message = ""): void {
    if (this.isFull) throw new TooManyFaults();
    const isOpen = code === "BAD_INDENT" && message.startsWith("Flow ");
    this.#faults.push({ offset, message: isOpen ? OPEN_BRACKET : SYNTAX[code] ?? "this is not YAML" });
    if (this.isFull) throw new TooManyFaults();
  }
}

/** One code of the library's stands for two mistakes. */
const OPEN_BRACKET = "a [ or { above is not closed, or its end is not indented far enough";

/** The library's error codes in our words. Its own may repeat text from the file, which may be a secret. */
const SYNTAX: Readonly<Record<string, string>> = {
  ALIAS_PROPS: "an alias (*name) takes neither an anchor nor a tag",
  BAD_ALIAS: "bad alias: a name must follow the *",
  BAD_DIRECTIVE: "bad directive: only %YAML and %TAG are known",
  BAD_DQ_ESCAPE: "bad escape sequence in double quotes; write \\\\ for a backslash, or use single quotes",
  BAD_INDENT: "bad indentation",
  BAD_PROP_ORDER: "anchors and tags must come after the indicators ? : -",
  BAD_SCALAR_START: "text can't start with this character here; put it in quotes",
  BLOCK_AS_IMPLICIT_KEY: 'a second key on this line; text that holds ": " must be quoted',
  BLOCK_IN_FLOW: "block syntax can't stand inside [ ] or { }",
  COMMENT_SPACE: "a comment must be set off by a space before its #",
  IMPOSSIBLE: "this is not YAML",
  KEY_OVER_1024_CHARS: "a key must be shorter than 1024 characters",
  MISSING_CHAR: "something is missing here: a closing quote or bracket, a comma, a colon or a space",
  MULTILINE_IMPLICIT_KEY: "a key must stand on one line: is a colon missing?",
  MULTIPLE_ANCHORS: "a node can have one anchor only",
  MULTIPLE_DOCS: "a second document begins here; a configuration is one",
  MULTIPLE_TAGS: "a node can have one tag only",
  RESOURCE_EXHAUSTION: "too many levels inside one another",
  TAB_AS_INDENT: "a tab can't indent; use spaces",
  TAG_RESOLVE_FAILED: "unknown tag",
  UNEXPECTED_TOKEN: "nothing of this kind can stand here",
};
