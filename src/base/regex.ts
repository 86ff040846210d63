import { RE2JS } from "re2js";
import { messageOf } from "./errors.ts";

/** Longest pattern taken from outside, in UTF-16 units. */
const MAX_PATTERN_LENGTH = 4_096;

/**
 * Largest `patternWeight` taken: a state machine of so many states. Matching takes a step for each state and character
 * at worst, and making the machine takes a few microseconds for each: `(?:a{0,30}){0,30}` is short and weighs 900.
 */
const MAX_PATTERN_WEIGHT = 5_000;

/** The part of the weight that repetitions may have: theirs are the states that are all alive at once. */
const MAX_REPEATED_WEIGHT = 1_000;

/** Largest count of a repetition in RE2. */
const MAX_REPETITIONS = 1_000;

/** What a class by Unicode property weighs: it has hundreds of ranges. */
const PROPERTY_WEIGHT = 10;

/**
 * Characters of a range that weigh as much as a state where case does not count: the library looks at each of them for
 * its other forms, which takes two milliseconds for `(?i)[\x{100}-\x{ffff}]`.
 */
const FOLDED_CHARACTERS_A_STATE = 200;

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
  const weight = patternWeight(source);
  if (weight > MAX_PATTERN_WEIGHT || weight - source.length > MAX_REPEATED_WEIGHT) {
    return { kind: "error", message: "pattern is too large once its repetitions are written out" };
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

/**
 * About how many states a pattern comes to when every counted repetition is written out; capped at 2³¹. An estimate
 * from its characters alone, for the library would build the machine first; 0 for one that it refuses anyway.
 */
export function patternWeight(source: string): number {
  const outer: number[] = [];
  let sum = 0;
  let last = 0; // of the item that a repetition would repeat; part of the sum
  const isFolded = /\(\?[A-Za-z]*i/.test(source);
  const add = (weight: number) => {
    last = weight;
    sum = Math.min(sum + weight, 2 ** 31);
  };
  for (let at = 0; at < source.length; at++) {
    switch (source[at]) {
      case "\\":
        at++;
        add(source[at] === "p" || source[at] === "P" ? PROPERTY_WEIGHT : 1);
        if (last === PROPERTY_WEIGHT) at = source[at + 1] === "{" ? indexOr(source, "}", at) : at + 1;
        break;
      case "[": {
        const end = endOfClass(source, at);
        const text = source.slice(at, end);
        const folded = isFolded ? Math.ceil(charactersInRanges(text) / FOLDED_CHARACTERS_A_STATE) : 0;
        add(1 + folded + PROPERTY_WEIGHT * (text.match(/\\p/gi)?.length ?? 0));
        at = end;
        break;
      }
      case "(":
        outer.push(sum);
        sum = 0;
        break;
      case ")": {
        const inner = sum + 1;
        sum = outer.pop() ?? 0;
        add(inner);
        break;
      }
      case "{": {
        const [whole, least, comma, most] = /^\{(\d{1,5})(,)?(\d{0,5})\}/.exec(source.slice(at, at + 13)) ??
          [];
        if (whole === undefined) {
          add(1);
          break;
        }
        const times = Math.max(1, Number(most || 0), Number(least) + (comma && !most ? 1 : 0));
        if (times > MAX_REPETITIONS) return 0; // the library refuses that before it makes anything
        add(last * (times - 1));
        last *= times;
        at += whole.length - 1;
        break;
      }
      default:
        add(1);
    }
  }
  return outer.reduce((all, part) => all + part, sum);
}

/** Where folding may find something, there are no more characters than this. */
const LAST_FOLDED = 0x1e943;

/** Characters between the ends of the ranges of a class, a few too many rather than too few. */
function charactersInRanges(text: string): number {
  const end = String.raw`(\\x\{[0-9A-Fa-f]{1,8}\}|\\x[0-9A-Fa-f]{2}|\\[0-7]{1,3}|\\?[^])`;
  let sum = 0;
  for (const [, from, to] of text.matchAll(new RegExp(`${end}-${end}`, "gu"))) {
    sum += Math.max(0, Math.min(codeOf(to), LAST_FOLDED) - codeOf(from));
  }
  return sum;
}

/** The character that a letter or an escape of a class stands for. */
function codeOf(written: string): number {
  const hex = /^\\x\{?([0-9A-Fa-f]+)/.exec(written);
  if (hex) return parseInt(hex[1], 16);
  const octal = /^\\([0-7]+)$/.exec(written);
  return octal
    ? parseInt(octal[1], 8)
    : written.codePointAt(written.length > 1 && written[0] === "\\" ? 1 : 0)!;
}

/** Index of the bracket that closes a class; the last character when none does. */
function endOfClass(source: string, start: number): number {
  const first = source[start + 1] === "^" ? start + 2 : start + 1;
  for (let at = first; at < source.length; at++) {
    if (source[at] === "\\") at++;
    else if (source[at] === "]" && at > first) return at;
  }
  return source.length - 1;
}

function indexOr(text: string, sought: string, from: number): number {
  const at = text.indexOf(sought, from);
  return at < 0 ? text.length - 1 : at;
}
