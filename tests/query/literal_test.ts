import assert from "node:assert/strict";
import { formatPromDuration, parseExpr, readDuration } from "../../src/query/mod.ts";

function valueOf(query: string): number | string {
  const result = parseExpr(query);
  assert(result.kind === "ok", query);
  assert(result.expr.kind === "number" || result.expr.kind === "string", query);
  return result.expr.value;
}

const numbers: [text: string, value: number][] = [
  ["0", 0],
  ["1", 1],
  [".5", 0.5],
  ["5.", 5],
  ["0.25", 0.25],
  ["1e3", 1_000],
  ["1.5E-2", 0.015],
  ["2e+1", 20],
  ["0x1F", 31],
  ["0xe ", 14], // at the very end of a query it would be the start of an exponent
  ["0x_1f", 31],
  ["0755", 493],
  ["08", 8],
  ["017.5", 17.5],
  ["1_000", 1_000],
  ["1_000.5", 1_000.5],
  ["9223372036854775808", 2 ** 63],
  ["Inf", Infinity],
  ["+iNF", Infinity],
  ["-inf", -Infinity],
  ["NaN", NaN],
  ["-0", -0],
  ["--1", 1],
  ["5m", 300],
  ["1y2w3d4h5m6s7ms", 31_536_000 + 14 * 86_400 + 3 * 86_400 + 4 * 3_600 + 306.007],
  ["-1h30m", -5_400],
  ["250ms", 0.25],
  ["0s", 0],
];
for (const [text, value] of numbers) {
  Deno.test(`a number is read: ${text}`, () =>
    assert(Object.is(valueOf(text), value), String(valueOf(text))));
}

const strings: [text: string, value: string][] = [
  [`""`, ""],
  [`"it's"`, "it's"],
  [`'say "so"'`, `say "so"`],
  ["`raw \\n\nlines`", "raw \\n\nlines"],
  [String.raw`"\a\b\f\n\r\t\v\\\""`, `\x07\b\f\n\r\t\v\\"`],
  [String.raw`'\''`, "'"],
  [String.raw`"\x41\101\u0041\U00000041"`, "AAAA"],
  [String.raw`"\u00fc\U0001f407"`, "ü🐇"],
  [String.raw`"\xc3\xbc \303\274"`, "ü ü"], // bytes of UTF-8
  [String.raw`"a\xff\\xffb"`, "a\udcff\\xffb"],
  [`"grüße 🐇"`, "grüße 🐇"],
];
for (const [text, value] of strings) {
  Deno.test(`a string is read: ${text}`, () => assert.equal(valueOf(text), value));
}

const durations: [text: string, durationMs: number | string][] = [
  ["0", 0],
  ["1ms", 1],
  ["1h30m", 5_400_000],
  ["1y", 31_536_000_000],
  ["1w1d", 691_200_000],
  ["292y", 292 * 31_536_000_000],
  ["", "empty duration string"],
  ["5", `not a valid duration string: "5"`],
  ["m5", `not a valid duration string: "m5"`],
  ["1s1h", `not a valid duration string: "1s1h"`],
  ["1.5h", `unknown unit "." in duration "1.5h"`],
  ["-5m", `not a valid duration string: "-5m"`],
  ["5µs", `unknown unit "µs" in duration "5µs"`],
  ["300y", "duration out of range"],
];
for (const [text, want] of durations) {
  Deno.test(`a duration is read: "${text}"`, () => {
    const read = readDuration(text);
    assert.equal(read.kind === "ok" ? read.value : read.reason, want);
  });
}

const written: [durationMs: number, text: string][] = [
  [0, "0s"],
  [1, "1ms"],
  [1_500, "1s500ms"],
  [-90_000, "-1m30s"],
  [86_400_000 * 90, "90d"],
  [86_400_000 * 14, "2w"],
  [31_536_000_000, "1y"],
  [31_536_000_000 + 1, "365d1ms"],
];
for (const [durationMs, text] of written) {
  Deno.test(`a duration is written: ${text}`, () => assert.equal(formatPromDuration(durationMs), text));
}
