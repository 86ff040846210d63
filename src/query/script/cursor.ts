/** What is wrong with a text, and where: `offset` counts UTF-16 units from its start. */
export interface TextProblem {
  readonly offset: number;
  readonly message: string;
}

/**
 * A place in a line of text that moves forward. The first problem sticks: every later read gives nothing, so that
 * a reader looks for trouble once, at its end.
 */
export class Cursor {
  readonly text: string;
  offset = 0;
  problem: TextProblem | undefined;

  constructor(text: string, offset = 0) {
    this.text = text;
    this.offset = offset;
  }

  /** Nothing left to read, or no use in reading on. */
  get done(): boolean {
    return this.problem !== undefined || this.offset >= this.text.length;
  }

  /** Notes a problem, unless there was one before. */
  fail(message: string, offset = this.offset): undefined {
    this.problem ??= { offset, message };
    return undefined;
  }

  /** The next character, "" at the end. */
  peek(): string {
    return this.problem ? "" : this.text.charAt(this.offset);
  }

  /** Moves past `literal` if it comes next. */
  accept(literal: string): boolean {
    if (this.problem || !this.text.startsWith(literal, this.offset)) return false;
    this.offset += literal.length;
    return true;
  }

  /** Moves past `literal`, or fails saying that it was expected. */
  expect(literal: string, context: string): boolean {
    return this.accept(literal) ||
      this.fail(`expected ${JSON.stringify(literal)} in ${context}, got ${this.#rest()}`) === true;
  }

  /** Moves past what a sticky pattern matches here. @returns the matched text */
  take(pattern: RegExp): string | undefined {
    if (this.problem) return undefined;
    pattern.lastIndex = this.offset;
    const found = pattern.exec(this.text);
    if (!found) return undefined;
    this.offset = pattern.lastIndex;
    return found[0];
  }

  /** @returns whether there was any */
  skipSpace(): boolean {
    return (this.take(SPACE) ?? "") !== "";
  }

  /** Fails with what was found in the place of what was expected. */
  unexpected(context: string, expected: string): undefined {
    return this.fail(`unexpected ${this.#rest()} in ${context}, expected ${expected}`);
  }

  #rest(): string {
    if (this.offset >= this.text.length) return "end of line";
    const word = this.text.slice(this.offset).match(/^[^\s]{1,20}/)?.[0] ?? this.text.charAt(this.offset);
    return JSON.stringify(word);
  }
}

const SPACE = /[ \t\r]*/y;
