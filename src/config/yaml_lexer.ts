import { Lexer } from "yaml";
import { MAX_TEXT_LENGTH } from "./limits.ts";

/** How far ahead of where it stands the lexer may look in one go: past what is refused as too long, and enough behind it. */
const WINDOW = 2 * MAX_TEXT_LENGTH;

/** The lexer's own methods that go over text letter by letter, to its end if need be: those that yield, and one that doesn't. */
const YIELDING = [
  "parsePlainScalar",
  "parseQuotedScalar",
  "parseBlockScalar",
  "pushSpaces",
  "pushUntil",
  "pushTag",
] as const;
const LOOKING = "atLineEnd";

type Looking = (...args: unknown[]) => unknown;
type Yielding = (...args: unknown[]) => Generator<string, unknown>;
type Insides = Record<(typeof YIELDING)[number], Yielding> & Record<typeof LOOKING, Looking> & {
  buffer: string;
  pos: number;
};

/**
 * The library's lexer, which takes a piece of text of any length in one step, made to see so much of the file at a time
 * that no step takes long. A longer piece comes out cut: whoever takes it must refuse it.
 */
export function boundedLexer(): Lexer {
  const lexer = new Lexer();
  const insides = lexer as unknown as Insides;
  const look = insides[LOOKING];
  insides[LOOKING] = (...args) => {
    const whole = narrow(insides);
    try {
      return look.apply(lexer, args);
    } finally {
      insides.buffer = whole;
    }
  };
  for (const name of YIELDING) {
    const step = insides[name];
    insides[name] = function* (...args) {
      const whole = narrow(insides);
      try {
        return yield* step.apply(lexer, args);
      } finally {
        insides.buffer = whole;
      }
    };
  }
  return lexer;
}

/** @returns what is to be put back */
function narrow(insides: Insides): string {
  const { buffer, pos } = insides;
  if (buffer.length > pos + WINDOW) insides.buffer = buffer.slice(0, pos + WINDOW);
  return buffer;
}
