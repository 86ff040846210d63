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

/** Characters that mean something in RE2; a pattern without any of them is a literal. */
const META = /[\\.+*?()|[\]{}^$]/;

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
 * The only values that a pattern matches, where it is no more than an alternation of them: `a|b`, or `(a|b)` as
 * dashboards write it.
 */
export function literalsOf(pattern: string): string[] | undefined {
  const isGrouped = pattern.startsWith("(") && pattern.endsWith(")") && pattern.length > 1;
  const alternation = isGrouped ? pattern.slice(1, -1) : pattern;
  return META.test(alternation.replaceAll("|", "")) ? undefined : alternation.split("|");
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
