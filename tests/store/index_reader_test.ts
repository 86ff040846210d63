import assert from "node:assert/strict";
import { IndexReader } from "../../src/store/index_reader.ts";
import { IndexWriter } from "../../src/store/index_writer.ts";
import { PageCache } from "../../src/store/page_cache.ts";
import { tempDir } from "../support/temp_dir.ts";

Deno.test("IndexReader reads a series whose labels lie on more pages than the cache holds", () => {
  using dir = tempDir();
  const path = dir.join("index");
  // 20 values of 20,000 bytes: no two in one page of 16 KiB, of which the cache holds four.
  const flat = Array.from({ length: 20 }, (_, i) => {
    const letter = String.fromCharCode(97 + i);
    return [`l_${letter}`, letter.repeat(20_000)];
  }).flat();
  const chunks = [{ minTimeMs: 5, maxTimeMs: 7, ref: 8 }, { minTimeMs: 8, maxTimeMs: 11, ref: 99 }];
  {
    using file = Deno.openSync(path, { write: true, createNew: true });
    const writer = new IndexWriter(file, flat);
    writer.series(flat, chunks);
    writer.finish();
  }
  const file = new PageCache(1).open(path);
  try {
    const reader = new IndexReader(file);
    const [number] = reader.postings("", "");
    const found = reader.series(number);
    assert.deepEqual(found.flat, flat);
    const read = chunks.map((_, i) => ({
      minTimeMs: found.chunks.minTimeMs(i),
      maxTimeMs: found.chunks.maxTimeMs(i),
      ref: found.chunks.ref(i),
    }));
    assert.deepEqual(read, chunks);
  } finally {
    file.close();
  }
});
