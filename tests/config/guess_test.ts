import assert from "node:assert/strict";
import { guess } from "../../src/config/guess.ts";

const KEYS = ["host", "port", "path", "scheme", "httpHeaders", "expectedStatuses", "periodMilliseconds"];

const cases: readonly { word: string; want: string | undefined }[] = [
  { word: "prot", want: "port" },
  { word: "PORT", want: "port" },
  { word: "headers", want: undefined },
  { word: "httpHeader", want: "httpHeaders" },
  { word: "http_headers", want: "httpHeaders" },
  { word: "period", want: undefined },
  { word: "periodMillisecond", want: "periodMilliseconds" },
  { word: "periodSeconds", want: "periodMilliseconds" },
  { word: "hsot", want: "host" },
  { word: "x", want: undefined },
  { word: "", want: undefined },
  { word: "z".repeat(10_000), want: undefined },
];

for (const { word, want } of cases) {
  Deno.test(`guess: ${word.slice(0, 20) || "nothing"}`, () => assert.equal(guess(word, KEYS), want));
}
