import assert from "node:assert/strict";
import { ByteReader, ByteWriter } from "../../src/base/bytes.ts";
import { crc32c } from "../../src/base/crc32c.ts";

const INTEGERS = [0, 1, 63, 64, 127, 128, 300, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 40 + 7, 2 ** 51];

Deno.test("ByteReader reads what ByteWriter wrote", () => {
  const to = new ByteWriter(1);
  for (const value of INTEGERS) {
    to.uvarint(value);
    to.varint(value);
    to.varint(-value);
    to.be64(value);
    to.be64(-value);
  }
  to.u8(200);
  to.be16(65_535);
  to.be32(4_294_967_295);
  to.float64(-1.5);
  to.text("ünï cödé 日本 🐝");
  to.text("x".repeat(1_000));
  const from = new ByteReader(to.written());
  for (const value of INTEGERS) {
    assert.deepEqual(
      [from.uvarint(), from.varint(), from.varint(), from.be64(), from.be64()],
      [value, value, -value, value, -value].map((expected) => expected === 0 ? 0 : expected),
    );
  }
  assert.deepEqual([from.u8(), from.be16(), from.be32(), from.float64()], [200, 65_535, 4_294_967_295, -1.5]);
  assert.deepEqual([from.text(), from.text()], ["ünï cödé 日本 🐝", "x".repeat(1_000)]);
  assert.equal(from.remaining, 0);
  assert.equal(from.failed, false);
});

Deno.test("ByteWriter writes integers as Go's encoding/binary does", () => {
  const to = new ByteWriter();
  to.uvarint(300);
  to.varint(-129);
  to.be64(-2);
  to.padTo(16);
  assert.deepEqual([...to.written()], [0xac, 2, 0x81, 2, 255, 255, 255, 255, 255, 255, 255, 254, 0, 0, 0, 0]);
});

Deno.test("ByteReader fails once and for all behind the end", () => {
  const from = new ByteReader(Uint8Array.of(1, 2, 3));
  assert.equal(from.be32(), 0);
  assert.equal(from.failed, true);
  assert.equal(from.u8(), 0);
  assert.equal(from.text(), "");
  assert.equal(from.remaining, 0);
  assert.equal(new ByteReader(new Uint8Array(11).fill(255)).uvarint(), 0);
});

const checksums: { text: string; want: number }[] = [
  { text: "", want: 0 },
  { text: "123456789", want: 0xe3069283 }, // the catalogue's check value
  { text: "a", want: 0xc1d04330 },
];

for (const { text, want } of checksums) {
  Deno.test(`crc32c of ${JSON.stringify(text)}`, () => {
    assert.equal(crc32c(new TextEncoder().encode(text)), want);
  });
}

Deno.test("crc32c goes on where it stopped, at any place", () => {
  const bytes = crypto.getRandomValues(new Uint8Array(100));
  for (let at = 0; at <= 100; at++) {
    assert.equal(crc32c(bytes, at, 100, crc32c(bytes, 0, at)), crc32c(bytes));
  }
});
