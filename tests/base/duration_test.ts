import assert from "node:assert/strict";
import { formatDuration, parseGoDuration } from "../../src/base/duration.ts";

const parsed: [text: string, wantMs: number | undefined][] = [
  ["0", 0],
  ["-0s", 0],
  ["300ms", 300],
  ["-5s", -5_000],
  ["+5s", 5_000],
  ["1m30s", 90_000],
  ["2h", 7_200_000],
  ["1.5h", 5_400_000],
  [".5s", 500],
  ["1us", 0.001],
  ["1µs", 0.001],
  ["1h1ns", 3_600_000.000001],
  ["8.05s", 8_050], // 8.05 * 1000 is more
  ["-1.001s", -1_001], // 1.001 * 1000 is less
  ["0.3333s", 333.3],
  ["100us200us", 0.3],
  ["", undefined],
  ["-", undefined],
  ["5", undefined],
  ["5 s", undefined],
  ["1d", undefined],
  ["5s5", undefined],
  ["s", undefined],
  ["1".repeat(70) + "s", undefined],
];
for (const [text, wantMs] of parsed) {
  Deno.test(`Go duration ${JSON.stringify(text.slice(0, 20))} is ${wantMs} ms`, () => {
    assert.equal(parseGoDuration(text), wantMs);
  });
}

const printed: [durationMs: number, want: string][] = [
  [0, "0ms"],
  [250, "250ms"],
  [1_500, "1.5s"],
  [-5_000, "-5s"],
  [150_000, "2m30s"],
  [3_600_000, "1h0m0s"],
];
for (const [durationMs, want] of printed) {
  Deno.test(`${durationMs} ms is written ${want}`, () => assert.equal(formatDuration(durationMs), want));
}
