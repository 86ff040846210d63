import { renderAnnotation } from "../../../src/query/annotation_text.ts";
import type { Annotation } from "../../../src/query/value.ts";
import type { Expectation, TextMatch } from "../../../src/query/script/script.ts";

/** Compares a query's annotations with what a script expects of them. @returns what is wrong, if anything */
export function checkAnnotations(
  expect: Expectation,
  query: string,
  annotations: readonly Annotation[],
): string | undefined {
  const texts = (level: Annotation["level"]) =>
    annotations.filter((annotation) => annotation.level === level).map((found) =>
      renderAnnotation(found, query)
    );
  return checkLevel("warn", expect.warn, expect.noWarn, texts("warning")) ??
    checkLevel("info", expect.info, expect.noInfo, texts("info"));
}

function checkLevel(
  name: string,
  expected: readonly TextMatch[],
  expectNone: boolean,
  found: readonly string[],
): string | undefined {
  if (expectNone && found.length > 0) return `expected no ${name} annotations, got ${quoteAll(found)}`;
  if (expected.length === 0) return undefined;
  if (found.length === 0) return `expected ${name} annotations, got none`;
  const missing = expected.find((match) => !found.some((text) => allows(match, text)));
  if (missing) return `expected ${name} annotation ${describeMatch(missing)}, got ${quoteAll(found)}`;
  const surplus = found.find((text) => !expected.some((match) => allows(match, text)));
  return surplus === undefined ? undefined : `unexpected ${name} annotation ${JSON.stringify(surplus)}`;
}

/** Whether a message is one that `match` means. */
export function allows(match: TextMatch, text: string): boolean {
  switch (match.kind) {
    case "any":
      return true;
    case "message":
      return match.text === text;
    case "regex":
      return match.regex.finds(text);
  }
}

export function describeMatch(match: TextMatch): string {
  switch (match.kind) {
    case "any":
      return "of any text";
    case "message":
      return JSON.stringify(match.text);
    case "regex":
      return `matching ${match.regex.source}`;
  }
}

function quoteAll(texts: readonly string[]): string {
  return texts.map((text) => JSON.stringify(text)).join(", ");
}
