import { compileRegex, type Regex } from "../base/regex.ts";

/** How a matcher compares a label's value. A missing label has the value "". */
export type MatchKind = "=" | "!=" | "=~" | "!~";

/** One label matcher of a selector. Regular expressions are anchored at both ends. */
export interface Matcher {
  readonly kind: MatchKind;
  readonly name: string;
  /** The value, or the pattern as written. */
  readonly value: string;
  /**
   * The only values that can satisfy the positive form, when that set is small and known (a plain value, an
   * alternation of literals), so that a store can look them up rather than test every value it has.
   */
  readonly literals: readonly string[] | undefined;
  matches(value: string): boolean;
}

export type MatcherResult = { kind: "ok"; matcher: Matcher } | { kind: "error"; message: string };

/** Characters that mean something in RE2 unless a backslash stands before them. */
const META = /[.+*?()[\]{}^$]/;

/** A character that stands for itself behind a backslash, as in Go: any mark of ASCII. */
const ESCAPED_MARK = /\\([!-/:-@[-`{-~])/g;

/** Makes a matcher; a pattern that RE2 refuses is an error value. */
export function matcher(kind: MatchKind, name: string, value: string): MatcherResult {
  if (kind === "=" || kind === "!=") return { kind: "ok", matcher: equality(kind, name, value) };
  const literals = literalsOf(value);
  if (literals) return { kind: "ok", matcher: membership(kind, name, value, literals) };
  const compiled = compileRegex(value, { dotAll: true });
  if (compiled.kind === "error") return compiled;
  return { kind: "ok", matcher: pattern(kind, name, value, compiled.regex) };
}

/**
 * The only values that a pattern matches, where it is no more than an alternation of them: `a|b`, or `(a|b)` or
 * `a\.example|b\.example` as dashboards write it.
 */
export function literalsOf(pattern: string): string[] | undefined {
  const isGrouped = pattern.startsWith("(") && pattern.endsWith(")") && pattern.length > 1;
  const alternation = isGrouped ? pattern.slice(1, -1) : pattern;
  const bare = alternation.replaceAll(ESCAPED_MARK, "");
  if (META.test(bare) || bare.includes("\\")) return undefined;
  return unescapedParts(alternation);
}

/** The parts between bars, without the backslashes of their escapes. */
function unescapedParts(alternation: string): string[] {
  if (!alternation.includes("\\")) return alternation.split("|");
  const parts: string[] = [];
  let part = "";
  for (let at = 0; at < alternation.length; at++) {
    if (alternation[at] === "|") {
      parts.push(part);
      part = "";
    } else {
      if (alternation[at] === "\\") at++;
      part += alternation[at];
    }
  }
  return [...parts, part];
}

/** A matcher for an exact value: what code that builds its own selectors wants. */
export function equalTo(name: string, value: string): Matcher {
  return equality("=", name, value);
}

function equality(kind: "=" | "!=", name: string, value: string): Matcher {
  const negated = kind === "!=";
  return { kind, name, value, literals: [value], matches: (found) => (found === value) !== negated };
}

function membership(kind: "=~" | "!~", name: string, value: string, literals: string[]): Matcher {
  const set = new Set(literals);
  const negated = kind === "!~";
  return { kind, name, value, literals, matches: (found) => set.has(found) !== negated };
}

function pattern(kind: "=~" | "!~", name: string, value: string, regex: Regex): Matcher {
  const negated = kind === "!~";
  if (value === ".*") {
    return { kind, name, value, literals: undefined, matches: () => !negated };
  }
  if (value === ".+") {
    return { kind, name, value, literals: undefined, matches: (found) => (found !== "") !== negated };
  }
  return { kind, name, value, literals: undefined, matches: (found) => regex.matches(found) !== negated };
}
