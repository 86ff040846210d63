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
    const last = this.#faults.at(-1);
    const isSame = code === "MULTILINE_IMPLICIT_KEY" && last?.offset === offset &&
      last.message === SECOND_KEY;
    if (isSame) this.#faults.pop();
    this.#faults.push({ offset, message: isSame ? DEEPER_LINE : inOurWords(code, message) });
    if (this.isFull) throw new TooManyFaults();
  }
}

function inOurWords(code: string, message: string): string {
  const special = SPECIAL.find((row) => row.code === code && message.includes(row.holds));
  return special?.words ?? SYNTAX[code] ?? "this is not YAML";
}

const SECOND_KEY = 'a second key on this line; text that holds ": " must be quoted';

/** What is left of a key's line and the lines below it, taken together for a key: two complaints, one mistake. */
const DEEPER_LINE = "the next line is indented deeper than this key, so it goes on with this text; " +
  "keys of one mapping begin in the same column";

/** Codes that stand for several mistakes, told apart by words of the library's message. */
const SPECIAL: readonly { readonly code: string; readonly holds: string; readonly words: string }[] = [
  {
    code: "BAD_INDENT",
    holds: "Flow ",
    words: "a [ or { above is not closed, or its end is not indented far enough",
  },
  {
    code: "MISSING_CHAR",
    holds: "without - indicator",
    words: "bad indentation: this line is in line with neither the list above nor the keys of its last item",
  },
  { code: "MISSING_CHAR", holds: "Missing closing", words: "a closing quote is missing" },
  { code: "MISSING_CHAR", holds: "Implicit map keys", words: "a colon is missing after this key" },
  { code: "MISSING_CHAR", holds: "Missing , ", words: "a comma is missing between two items of [ ] or { }" },
  {
    code: "UNEXPECTED_TOKEN",
    holds: "at node end",
    words:
      "nothing may follow here: put the whole text into quotes, of the kind that it does not hold itself",
  },
];

/** The library's error codes in our words. Its own may repeat text from the file, which may be a secret. */
const SYNTAX: Readonly<Record<string, string>> = {
  ALIAS_PROPS: "an alias (*name) takes neither an anchor nor a tag",
  BAD_ALIAS: "bad alias: a name must follow the *",
  BAD_DIRECTIVE: "bad directive: only %YAML and %TAG are known",
  BAD_DQ_ESCAPE: "bad escape sequence in double quotes; write \\\\ for a backslash, or use single quotes",
  BAD_INDENT: "bad indentation: keys of one mapping, and items of one list, begin in the same column",
  BAD_PROP_ORDER: "anchors and tags must come after the indicators ? : -",
  BAD_SCALAR_START: "text can't start with this character here; put it in quotes",
  BLOCK_AS_IMPLICIT_KEY: SECOND_KEY,
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
