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
 * The library's lexer for a text. It takes a word of any length in one step, so it is made to see no more of a large
 * file at a time than takes a moment. A longer word comes out cut: whoever takes it must refuse it.
 */
export function lexerOf(text: string): Lexer {
  const lexer = new Lexer();
  return text.length > WINDOW ? bounded(lexer) : lexer;
}

function bounded(lexer: Lexer): Lexer {
  const insides = lexer as unknown as Insides;
  const look = insides[LOOKING];
  const narrowLook: Looking = (...args) => {
    const whole = narrow(insides);
    try {
      return look.apply(lexer, args);
    } finally {
      insides.buffer = whole;
    }
  };
  insides[LOOKING] = narrowLook;
  for (const name of YIELDING) {
    const step = insides[name];
    const narrowStep: Yielding = function* (...args) {
      const whole = narrow(insides);
      try {
        return yield* step.apply(lexer, args);
      } finally {
        insides.buffer = whole;
      }
    };
    insides[name] = narrowStep;
  }
  return lexer;
}

/** @returns what is to be put back */
function narrow(insides: Insides): string {
  const { buffer, pos } = insides;
  if (buffer.length > pos + WINDOW) insides.buffer = buffer.slice(0, pos + WINDOW);
  return buffer;
}
