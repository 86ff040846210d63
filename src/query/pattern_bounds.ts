import { patternWeight } from "../base/regex.ts";

/** Largest pattern of a query, in states: making its machine takes two or three milliseconds, and nothing else happens meanwhile. */
const MAX_STATES = 1_000;

/** How many of them counted repetitions may make: those take twice as long, and are all alive at once while a text is matched. */
const MAX_REPEATED_STATES = 250;

/** Whether a pattern is too large for a query. */
export function isTooLarge(pattern: string): boolean {
  const weight = patternWeight(pattern);
  return weight > MAX_STATES || weight - pattern.length > MAX_REPEATED_STATES;
}

/** What is said of one that is. */
export const TOO_LARGE = "pattern is too large once its repetitions are written out";
