import assert from "node:assert/strict";
import { ByteReader, ByteWriter, concat } from "../../src/base/bytes.ts";

const texts = [
  "",
  "up",
  "é",
  "日本",
  "\u{1f430}",
  "x".repeat(127),
  "x".repeat(128),
  "é".repeat(64),
  "a\0b",
  "\ufeffmark",
];
for (const text of texts) {
  Deno.test(`bytes give the text ${JSON.stringify(text.slice(0, 12))} of ${text.length} units back`, () => {
    const writer = new ByteWriter(1);
    writer.text(text);
    const reader = new ByteReader(writer.written());
    assert.equal(reader.text(), text);
    assert.deepEqual([reader.remaining, reader.failed], [0, false]);
  });
}

const integers = [0, 1, -1, 127, 128, -128, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 52, -(2 ** 52)];
for (const integer of integers) {
  Deno.test(`bytes give ${integer} back, as 64 bits and as a varint`, () => {
    const writer = new ByteWriter(1);
    writer.be64(integer);
    writer.varint(integer);
    const reader = new ByteReader(writer.written());
    assert.deepEqual([reader.be64(), reader.varint(), reader.remaining], [integer, integer, 0]);
  });
}

Deno.test("bytes read past the end are zeros, and the reader says so from then on", () => {
  const reader = new ByteReader(Uint8Array.of(0, 0, 7));
  assert.equal(reader.be32(), 0);
  assert.equal(reader.u8(), 0);
  assert.deepEqual([reader.failed, reader.remaining], [true, 0]);
});

const joins: [parts: number[][], want: number[]][] = [
  [[], []],
  [[[]], []],
  [[[1], [], [2, 3]], [1, 2, 3]],
];
for (const [parts, want] of joins) {
  Deno.test(`bytes: ${JSON.stringify(parts)} behind each other`, () => {
    assert.deepEqual([...concat(parts.map((part) => Uint8Array.from(part)))], want);
  });
}
