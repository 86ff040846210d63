import { RE2JS } from "re2js";
import { messageOf } from "./errors.ts";

/** Longest pattern taken from outside, in UTF-16 units. */
export const MAX_PATTERN_LENGTH = 4_096;

/**
 * A regular expression from outside: RE2 syntax as in Go, matched in time linear in the text.
 * JavaScript's RegExp backtracks, so it never meets a pattern we did not write.
 */
export interface Regex {
  readonly source: string;
  /** Whether the whole text matches, as Prometheus' label matchers do. `.` includes newlines. */
  matches(text: string): boolean;
  /** Whether some part of the text matches. */
  finds(text: string): boolean;
  /** Compiled form, for callers that need groups. */
  readonly re2: RE2JS;
}

export type RegexResult = { kind: "ok"; regex: Regex } | { kind: "error"; message: string };

/** Compiles an RE2 pattern; a bad one is a value, not an exception. `dotAll`: `.` matches newlines too. */
export function compileRegex(source: string, options: { dotAll?: boolean } = {}): RegexResult {
  if (source.length > MAX_PATTERN_LENGTH) {
    return { kind: "error", message: `pattern is longer than ${MAX_PATTERN_LENGTH} characters` };
  }
  try {
    const re2 = RE2JS.compile(source, options.dotAll ? RE2JS.DOTALL : 0);
    return {
      kind: "ok",
      regex: {
        source,
        re2,
        matches: (text) => re2.testExact(text),
        finds: (text) => re2.test(text),
      },
    };
  } catch (error) {
    return { kind: "error", message: asGoSays(messageOf(error)) };
  }
}

/** The library's own flag does not belong to the pattern it quotes, and one message of Go's quotes nothing. */
function asGoSays(message: string): string {
  return message.replace("`(?s)", "`").replace(/(trailing backslash at end of expression)\s*$/, "$1: ``");
}
