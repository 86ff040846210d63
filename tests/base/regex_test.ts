import assert from "node:assert/strict";
import { compileRegex, patternWeight } from "../../src/base/regex.ts";

const weights: [source: string, least: number, most: number][] = [
  ["", 0, 0],
  ["abc", 3, 3],
  ["a{3}", 3, 5],
  ["a{0,10}", 10, 12],
  ["a{10,}", 10, 12],
  ["a{,3}", 5, 5],
  ["a{x}", 4, 4],
  ["a{1001}", 0, 0],
  ["(?:ab){10}", 20, 60],
  ["(?:a{0,30}){0,30}", 900, 1_100],
  ["((a{10}){10}){10}", 1_000, 1_500],
  ["((((((((a{999}){999}){999}){999}){999}){999}){999}){999}){999}", 2 ** 31, Infinity],
  ["[a-z]{5}", 5, 7],
  ["[]a]{5}", 5, 7],
  ["[^]\\]]{5}", 5, 7],
  ["[{5}", 1, 4],
  ["\\{5}", 1, 4],
  ["\\pL{100}", 1_000, 1_200],
  ["[\\pL\\pN]{10}", 200, 250],
  ["\\p{Greek}{2}\\PL{3}", 50, 60],
  ["a)b{10}", 10, 14],
  ["((((a", 1, 1],
  ["(?i)[a-z0-9]", 5, 8],
  ["[\\x{100}-\\x{ffff}]", 1, 1],
  ["(?i)[\\x{100}-\\x{ffff}]", 300, 400],
  ["(?si:[Ā-\uffff]{2})", 600, 800],
  ["(?s-i:[Ā-\uffff]{2})", 5, 10],
  ["(?i)[\\x{0}-\\x{10ffff}]", 600, 700],
];
for (const [source, least, most] of weights) {
  Deno.test(`weight of the pattern ${source}`, () => {
    const weight = patternWeight(source);
    assert.ok(weight >= least && weight <= most, String(weight));
  });
}

const sizes: [name: string, source: string, want: "ok" | "error"][] = [
  ["counted repetitions as people write them", "[0-9]{1,3}(?:\\.[0-9]{1,3}){3}-[a-z0-9]{5,63}", "ok"],
  ["a counted class by property", "\\p{L}{1,64}", "ok"],
  ["a long alternation", Array.from({ length: 300 }, (_, i) => `pod-${i}-.*`).join("|"), "ok"],
  ["as many as Go allows", "a{1000}", "ok"],
  ["a multiple of that", "a{0,1000}b{0,1000}", "error"],
  ["nested repetitions", "(?:(?:a{0,10}){0,10}){0,20}", "error"],
  ["many classes by property", "\\pL".repeat(300), "error"],
  ["wide classes where case does not count", "(?i)" + "[Ā-\uffff]".repeat(200), "error"],
  ["a wide class where case does not count", "(?i)[\\x{80}-\\x{10ffff}]+", "ok"],
  ["far too long", "a".repeat(5_000), "error"],
];
for (const [name, source, want] of sizes) {
  Deno.test(`pattern with ${name}: ${want}`, () => {
    const startedAt = performance.now();
    assert.equal(compileRegex(source).kind, want);
    assert.ok(performance.now() - startedAt < 2_000);
  });
}
