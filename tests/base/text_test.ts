import assert from "node:assert/strict";
import { isoTime, percentDecoded, quote } from "../../src/base/text.ts";

const times = [
  { timestampMs: 0, want: "1970-01-01T00:00:00.000Z" },
  { timestampMs: 1_700_000_000_123.9, want: "2023-11-14T22:13:20.123Z" },
  { timestampMs: 8.64e15, want: "+275760-09-13T00:00:00.000Z" },
  { timestampMs: 8.64e15 + 1, want: "8640000000000001" },
  { timestampMs: NaN, want: "NaN" },
];

for (const { timestampMs, want } of times) {
  Deno.test(`isoTime writes ${timestampMs} as ${want}`, () => assert.equal(isoTime(timestampMs), want));
}

Deno.test("quote keeps a text from outside on one line, and cuts it", () => {
  assert.equal(quote('a\n"b"'), '"a\\n\\"b\\""');
  assert.equal(quote("abcdef", 3), '"abc…"');
  assert.equal(quote("\x1b[2J\x9b2J\u2028é"), '"\\u001b[2J\\u009b2J\\u2028é"');
});

Deno.test("percentDecoded gives no text for broken escapes", () => {
  assert.equal(percentDecoded("a%20b%C3%A9"), "a bé");
  assert.equal(percentDecoded("100%"), undefined);
  assert.equal(percentDecoded("%ff"), undefined);
});
