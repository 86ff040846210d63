import { takeOldest } from "../base/oldest.ts";
import type { Matcher } from "../model/matcher.ts";

/** Patterns remembered, and verdicts for each. A health endpoint asks the same few patterns over and over. */
const MAX_PATTERNS = 64;
const MAX_VERDICTS = 4_096;

/** Remembers what regular expressions said about values, for an RE2 match costs microseconds and a look-up doesn't. */
export class MatcherMemo {
  readonly #byPattern = new Map<string, Map<string, boolean>>();

  /** Whether `matches` would have no work with it. */
  knows(matcher: Matcher, value: string): boolean {
    return matcher.literals !== undefined || (this.#byPattern.get(keyOf(matcher))?.has(value) ?? false);
  }

  matches(matcher: Matcher, value: string): boolean {
    if (matcher.literals) return matcher.matches(value);
    const key = keyOf(matcher);
    let verdicts = this.#byPattern.get(key);
    if (!verdicts) {
      if (this.#byPattern.size >= MAX_PATTERNS) takeOldest(this.#byPattern);
      this.#byPattern.set(key, verdicts = new Map());
    }
    const known = verdicts.get(value);
    if (known !== undefined) return known;
    if (verdicts.size >= MAX_VERDICTS) verdicts.clear();
    const verdict = matcher.matches(value);
    verdicts.set(value, verdict);
    return verdict;
  }
}

function keyOf({ kind, value }: Matcher): string {
  return `${kind}${value}`;
}
