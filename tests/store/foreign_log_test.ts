import assert from "node:assert/strict";
import { ByteWriter } from "../../src/base/bytes.ts";
import { Record, startSamples, writeSample, writeSeries } from "../../src/store/record.ts";
import { WalWriter } from "../../src/store/wal_writer.ts";
import { tempDir } from "../support/temp_dir.ts";
import { Restarts } from "./support/disk.ts";
import { labels, match, NOW_MS, readAll } from "./support/fixture.ts";

const KNOWN: readonly number[] = Object.values(Record);

const strangers: { name: string; record: number[] }[] = [
  { name: "exemplars", record: [Record.EXEMPLARS, 1, 2, 3] },
  { name: "markers of mapped chunks", record: [Record.MMAP_MARKERS, 0, 0, 0, 0, 0, 0, 0, 1] },
  { name: "metadata", record: [Record.METADATA, 1, 1, 0] },
  ...[0, Math.max(...KNOWN) + 1, 100, 255].map((type) => ({ name: `a type ${type}`, record: [type, 1, 2] })),
];

for (const { name, record } of strangers) {
  Deno.test(`Store passes over log records of ${name}, and keeps all around them`, async () => {
    using dir = tempDir();
    Deno.mkdirSync(dir.join("wal"));
    const writer = WalWriter.create(dir.join("wal"), 0);
    const bytes = new ByteWriter();
    const sampleAt = (beat: number) => {
      startSamples(bytes, 5, NOW_MS - 10_000 + beat);
      writeSample(bytes, 0, 0, beat);
      writer.log(bytes.bytes, bytes.length);
    };
    writeSeries(bytes, 5, labels("m"));
    writer.log(bytes.bytes, bytes.length);
    sampleAt(1);
    writer.log(Uint8Array.from(record), record.length);
    sampleAt(2);
    writer.flush();
    writer.close();
    const restarts = new Restarts(dir.path);
    await using store = await restarts.open();
    assert.deepEqual(readAll(store, [match("=", "__name__", "m")]), {
      '{__name__="m"}': [[NOW_MS - 9_999, 1], [NOW_MS - 9_998, 2]],
    });
    assert.equal(store.stats().walCorruptions, 0);
    assert.equal(store.stats().checkpoints, 0, "nothing had to be repaired");
    assert.deepEqual(restarts.logger.of("warn"), []);
  });
}
