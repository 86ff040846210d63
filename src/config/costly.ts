/** Checks of patterns and queries. A pattern may take some milliseconds, so there can be a pause before each. */
import { compileRegex, patternWeight, type Regex } from "../base/regex.ts";
import type { Steps } from "../base/steps.ts";
import type { Finding } from "./leaf.ts";
import {
  MAX_PATTERN_WEIGHT,
  MAX_PATTERNS_WEIGHT,
  MAX_QUERIES_LENGTH,
  MAX_QUERY_LENGTH,
  PATTERN_BASE_WEIGHT,
} from "./limits.ts";
import { checkQuery, patternsIn } from "./promql.ts";
import { offsetInFile } from "./scalar_position.ts";
import { type CostlyText, type ReportAt, writtenPath } from "./shape.ts";

/** Patterns that have been compiled, by their text. */
export type Patterns = ReadonlyMap<string, Regex>;

export interface CostlyChecked {
  readonly isGood: boolean;
  readonly patterns: Patterns;
}

/** @param isEnough whether so much has been reported that the rest needs no look */
export function* checkCostly(
  texts: readonly CostlyText[],
  fileText: string,
  report: ReportAt,
  isEnough: () => boolean,
): Steps<CostlyChecked> {
  const checks = new Checks();
  let isGood = true;
  for (const text of texts) {
    if (isEnough()) break;
    yield;
    const finding = yield* checks.find(text);
    if (!finding) continue;
    isGood = false;
    const { node } = text.place;
    const offset = finding.index !== undefined && node.kind === "scalar"
      ? offsetInFile(fileText, node, finding.index)
      : node.start;
    report(writtenPath(text.place), offset, finding.message);
    if (checks.isOver) break;
  }
  return { isGood, patterns: checks.patterns };
}

/** What one text is allowed depends on what the others have taken already. */
class Checks {
  readonly patterns = new Map<string, Regex>();
  /** By text, for endpoints that ask alike; undefined: nothing is wrong. */
  readonly #queries = new Map<string, Finding | undefined>();
  #patternsWeight = 0;
  #queriesLength = 0;

  /** Whether all texts together are too large, so that no more are looked at. */
  get isOver(): boolean {
    return this.#patternsWeight > MAX_PATTERNS_WEIGHT || this.#queriesLength > MAX_QUERIES_LENGTH;
  }

  *find({ kind, text }: CostlyText): Steps<Finding | undefined> {
    return kind === "pattern" ? this.#pattern(text) : yield* this.#query(text, kind);
  }

  #pattern(source: string): Finding | undefined {
    if (this.patterns.has(source)) return undefined;
    const tooLarge = this.#weigh([source], "pattern");
    if (tooLarge) return tooLarge;
    const compiled = compileRegex(source);
    if (compiled.kind === "error") {
      return {
        message: `bad regular expression: ${compiled.message.replace(/^error parsing regexp: /, "")}`,
      };
    }
    this.patterns.set(source, compiled.regex);
    return undefined;
  }

  *#query(query: string, kind: "instant" | "range"): Steps<Finding | undefined> {
    if (query.length > MAX_QUERY_LENGTH) {
      return {
        message: `a health query has at most ${MAX_QUERY_LENGTH} characters, this one ${query.length}`,
      };
    }
    this.#queriesLength += query.length;
    if (this.#queriesLength > MAX_QUERIES_LENGTH) {
      return { message: `all health queries together have more than ${MAX_QUERIES_LENGTH} characters` };
    }
    const tooLarge = this.#weigh(patternsIn(query), "query's patterns");
    if (tooLarge) return tooLarge;
    const key = `${kind} ${query}`;
    if (!this.#queries.has(key)) this.#queries.set(key, yield* checkQuery(query, kind));
    return this.#queries.get(key);
  }

  #weigh(sources: readonly string[], what: string): Finding | undefined {
    const weight = sources.reduce((sum, source) => sum + patternWeight(source) + PATTERN_BASE_WEIGHT, 0);
    if (weight > MAX_PATTERN_WEIGHT + PATTERN_BASE_WEIGHT) {
      return {
        message: `bad regular expression: the ${what} would take more than ${MAX_PATTERN_WEIGHT} states`,
      };
    }
    this.#patternsWeight += weight;
    if (this.#patternsWeight <= MAX_PATTERNS_WEIGHT) return undefined;
    return {
      message: `all patterns of this file together would take more than ${MAX_PATTERNS_WEIGHT} states`,
    };
  }
}
