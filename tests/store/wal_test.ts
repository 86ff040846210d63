import assert from "node:assert/strict";
import { compress } from "snappyjs";
import * as zlib from "node:zlib";
import { loadUnzstd } from "../../src/store/decompress.ts";
import { PAGE_BYTES, segmentsIn } from "../../src/store/wal_format.ts";
import { isTornAtEnd, readSegment, type SegmentReading } from "../../src/store/wal_reader.ts";
import { WalWriter } from "../../src/store/wal_writer.ts";
import { crc32c } from "../../src/base/crc32c.ts";
import { tempDir } from "../support/temp_dir.ts";
import { seeded } from "./support/random.ts";

const unzstd = await loadUnzstd();

function readAll(dir: string): { records: Uint8Array[]; readings: SegmentReading[] } {
  const records: Uint8Array[] = [];
  const readings = segmentsIn(dir).map((segment) =>
    readSegment(segment, ({ bytes, at, end }) => void records.push(bytes.slice(at, end)), unzstd)
  );
  return { records, readings };
}

function writeAll(dir: string, segment: number, records: readonly Uint8Array[], flushAfter = 1): void {
  const writer = WalWriter.create(dir, segment);
  records.forEach((record, i) => {
    writer.log(record, record.length);
    if (i % flushAfter === 0) writer.flush();
  });
  writer.flush();
  writer.close();
}

Deno.test("WalWriter's records come back, whatever their lengths, across pages and segments", () => {
  const random = seeded();
  using dir = tempDir();
  const lengths = [
    1,
    6,
    7,
    PAGE_BYTES - 7,
    PAGE_BYTES - 6,
    PAGE_BYTES - 8,
    PAGE_BYTES,
    3 * PAGE_BYTES,
    200_000,
  ];
  const all: Uint8Array[] = [];
  for (let segment = 0; segment < 3; segment++) {
    const records = Array.from({ length: 300 }, () => {
      const length = random.below(30) === 0 ? random.pick(lengths) : 1 + random.below(2_000);
      return crypto.getRandomValues(new Uint8Array(Math.min(65_536, length)));
    });
    writeAll(dir.path, segment, records, 1 + random.below(20));
    all.push(...records);
  }
  const { records, readings } = readAll(dir.path);
  assert.deepEqual(readings.flatMap(({ damages }) => damages), []);
  assert.deepEqual(records, all);
});

for (let room = 0; room <= 9; room++) {
  Deno.test(`WalWriter splits a record as Prometheus reads it when ${room} bytes of the page are left`, () => {
    using dir = tempDir();
    const HEADER_BYTES = 7;
    const all = [PAGE_BYTES - HEADER_BYTES - room, 100, 50].map((length, i) =>
      new Uint8Array(length).fill(i + 1)
    );
    writeAll(dir.path, 0, all);
    const { records, readings } = readAll(dir.path);
    assert.deepEqual(readings.flatMap(({ damages }) => damages), []);
    assert.deepEqual(records, all);
    const types = fragmentTypes(Deno.readFileSync(`${dir.path}/00000000`));
    // Prometheus takes a whole record, or a first part, behind a first part for a damage.
    const [full, first, last] = [1, 2, 4];
    assert.deepEqual(types, room < HEADER_BYTES ? [full, full, full] : [full, first, last, full]);
  });
}

/** The types of a segment's fragments, in order; see tsdb/docs/format/wal.md. */
function fragmentTypes(bytes: Uint8Array): number[] {
  const types: number[] = [];
  for (let at = 0; at < bytes.length;) {
    if (bytes[at] === 0) at = (Math.floor(at / PAGE_BYTES) + 1) * PAGE_BYTES;
    else {
      types.push(bytes[at]);
      at += 7 + (bytes[at + 1] << 8 | bytes[at + 2]);
    }
  }
  return types;
}

Deno.test("WalWriter starts a new segment without losing what is in its buffer", () => {
  using dir = tempDir();
  const writer = WalWriter.create(dir.path, 4);
  for (let i = 0; i < 10; i++) {
    writer.log(Uint8Array.of(i), 1);
    if (i % 3 === 2) writer.next();
  }
  writer.flush();
  writer.close();
  assert.deepEqual(segmentsIn(dir.path).map(({ number }) => number), [4, 5, 6, 7]);
  assert.deepEqual(readAll(dir.path).records.map(([byte]) => byte), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

/** 100 records of 1,000 bytes: 32 to a page and one that crosses into the next; record i is filled with i. */
const RECORD_BYTES = 1_000;
const FRAGMENT_BYTES = RECORD_BYTES + 7;

/** Where a record ends; record 32 is in two fragments, and so has two headers. */
function endOf(record: number): number {
  return (record + 1) * FRAGMENT_BYTES + (record < 32 ? 0 : 7);
}

const damages: {
  name: string;
  damage: (file: Uint8Array) => Uint8Array;
  /** Which records are still there. */
  intact: (record: number) => boolean;
  torn: boolean;
}[] = [
  { name: "nothing", damage: (file) => file, intact: () => true, torn: false },
  { name: "an empty file", damage: () => new Uint8Array(0), intact: () => false, torn: false },
  {
    name: "a tail cut inside a record",
    damage: (file) => file.subarray(0, file.length - 10),
    intact: (record) => record < 99,
    torn: true,
  },
  {
    name: "a tail cut inside a header",
    damage: (file) => file.subarray(0, file.length - FRAGMENT_BYTES + 3),
    intact: (record) => record < 99,
    torn: true,
  },
  {
    name: "a tail cut between fragments of one record",
    damage: (file) => file.subarray(0, PAGE_BYTES),
    intact: (record) => record < 32,
    torn: true,
  },
  {
    name: "a tail of zeros",
    damage: (file) => joined(file.subarray(0, endOf(49)), new Uint8Array(500)),
    intact: (record) => record < 50,
    torn: false, // as the end of a page
  },
  {
    name: "a tail of noise",
    damage: (file) => joined(file, crypto.getRandomValues(new Uint8Array(500)).fill(1, 0, 1)),
    intact: () => true,
    torn: true,
  },
  {
    name: "a wrong byte in the data",
    damage: (file) => flipped(file, endOf(39) + 100),
    intact: (record) => record < 40 || record > 65,
    torn: false,
  },
  {
    name: "a wrong checksum in the first page",
    damage: (file) => flipped(file, 3),
    intact: (record) => record > 32,
    torn: false,
  },
  {
    name: "a length that leads out of the page",
    damage: (file) => patched(file, 5 * FRAGMENT_BYTES + 1, [0xff, 0xff]),
    intact: (record) => record < 5 || record > 32,
    torn: false,
  },
  {
    name: "a zeroed page in the middle",
    damage: (file) => file.fill(0, PAGE_BYTES, 2 * PAGE_BYTES),
    intact: (record) => record < 32 || record > 65,
    torn: false,
  },
  {
    name: "an unknown fragment type",
    damage: (file) => patched(file, 10 * FRAGMENT_BYTES, [7]),
    intact: (record) => record < 10 || record > 32,
    torn: false,
  },
];

for (const { name, damage, intact, torn } of damages) {
  Deno.test(`readSegment finds every intact record of a segment with ${name}`, () => {
    using dir = tempDir();
    const written = Array.from({ length: 100 }, (_, i) => new Uint8Array(RECORD_BYTES).fill(i));
    writeAll(dir.path, 0, written);
    const path = `${dir.path}/00000000`;
    Deno.writeFileSync(path, damage(Deno.readFileSync(path)));
    const { records, readings } = readAll(dir.path);
    assert.deepEqual(records.map(([byte]) => byte), written.map((_, i) => i).filter(intact));
    assert.equal(isTornAtEnd(readings[0]), torn);
    if (!torn) return;
    // What a crash leaves is cut off, and then nothing is wrong any more.
    Deno.truncateSync(path, readings[0].intactBytes);
    const again = readAll(dir.path);
    assert.deepEqual(again.records, records);
    assert.deepEqual(again.readings[0].damages, []);
  });
}

const compressions: {
  name: string;
  flag: number;
  compress: (data: Uint8Array) => Uint8Array;
  ignore?: boolean;
}[] = [
  { name: "snappy", flag: 0b1000, compress: (data) => compress(data) },
  {
    name: "zstd",
    flag: 0b1_0000,
    compress: (data) => zlib.zstdCompressSync(data),
    ignore: typeof zlib.zstdCompressSync !== "function",
  },
];

for (const { name, flag, compress, ignore } of compressions) {
  Deno.test({
    name: `readSegment reads records that Prometheus compressed with ${name}`,
    ignore,
    fn: () => {
      using dir = tempDir();
      const record = new TextEncoder().encode("probe_success ".repeat(200));
      Deno.writeFileSync(`${dir.path}/00000000`, fragment(flag | 1, compress(record)));
      const { records, readings } = readAll(dir.path);
      assert.deepEqual(readings[0].damages, []);
      assert.deepEqual(records, [record]);
    },
  });

  Deno.test({
    name: `readSegment leaves out a record whose ${name} data is broken, and goes on`,
    ignore,
    fn: () => {
      using dir = tempDir();
      const broken = compress(new Uint8Array(1_000).fill(5)).fill(0xff, 0, 4);
      const good = Uint8Array.of(1, 2, 3);
      Deno.writeFileSync(`${dir.path}/00000000`, joined(fragment(flag | 1, broken), fragment(1, good)));
      const { records, readings } = readAll(dir.path);
      assert.equal(readings[0].damages.length, 1);
      assert.deepEqual(records, [good]);
    },
  });
}

function fragment(type: number, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(7 + data.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = type;
  view.setUint16(1, data.length);
  view.setUint32(3, crc32c(data));
  bytes.set(data, 7);
  return bytes;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

function flipped(file: Uint8Array, at: number): Uint8Array {
  file[at] ^= 0x40;
  return file;
}

function patched(file: Uint8Array, at: number, bytes: number[]): Uint8Array {
  file.set(bytes, at);
  return file;
}
