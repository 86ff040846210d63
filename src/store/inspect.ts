import { type Logger, SILENT } from "../base/log.ts";
import type { Matcher } from "../model/matcher.ts";
import { SampleColumns } from "../model/sample.ts";
import type { Series } from "../model/store.ts";
import type { Block, BlockMeans } from "./block.ts";
import type { BlockMeta } from "./block_meta.ts";
import { BlockSet } from "./block_set.ts";
import { ChunkDecoder } from "./chunk_decoder.ts";
import { ChunkBuffer, sampleCount } from "./chunk_files.ts";
import { DecodedCache } from "./decoded_cache.ts";
import { loadBlocks } from "./disk_open.ts";
import { Head } from "./head.ts";
import { HeadReader } from "./head_reader.ts";
import { MatcherMemo } from "./matcher_memo.ts";
import { PageCache } from "./page_cache.ts";
import { replay } from "./replay.ts";
import { StoreReader } from "./store_reader.ts";
import { compareFlat } from "./text_order.ts";

/** Length of a chunk range for samples read from the log: it only says where chunks are cut in memory. */
const CHUNK_RANGE_MS = 3_600_000;

/** A directory opened for looking: nothing in it is changed, and no lock is needed. */
export class Inspection {
  readonly #blocks = new BlockSet();
  readonly #head: Head;
  readonly #reader: StoreReader;

  private constructor(means: BlockMeans, logger: Logger) {
    this.#head = new Head({ chunkRangeMs: CHUNK_RANGE_MS, memo: means.memo });
    const headReader = new HeadReader(this.#head.chunks, means.decoder, means.decoded);
    this.#reader = new StoreReader(this.#head, headReader, this.#blocks, means.memo, logger);
  }

  /** Opens the blocks, and reads the log when `withLog` is set. @throws NotFound when there is no directory */
  static async open(dir: string, withLog: boolean, logger: Logger = SILENT): Promise<Inspection> {
    if (!Deno.statSync(dir).isDirectory) throw new Deno.errors.NotADirectory(dir);
    const means = newMeans();
    const inspection = new Inspection(means, logger);
    const blocks = inspection.#blocks;
    blocks.change({ add: loadBlocks(dir, means, logger).blocks });
    if (!withLog) return inspection;
    inspection.#head.minValidTimeMs = blocks.maxTimeMs;
    const headReader = inspection.#reader.headReader;
    const found = await replay(`${dir}/wal`, inspection.#head, headReader);
    for (const { segment, damages } of found.damaged) {
      logger.warn("log damaged: everything intact is shown", { segment: segment.path, ...damages[0] });
    }
    return inspection;
  }

  /** The blocks, oldest first, each with what it takes up on disk. */
  list(): { meta: BlockMeta; sizeBytes: number }[] {
    return this.#blocks.list().map(({ meta, sizeBytes }) => ({ meta, sizeBytes }));
  }

  /**
   * A line for each sample of the matching series in the range (ms since the epoch, ends inclusive), as promtool prints
   * it: labels, value, timestamp. Series in the order of their labels.
   */
  *dump(matchers: readonly Matcher[], minTimeMs = -Infinity, maxTimeMs = Infinity): IterableIterator<string> {
    const all: Series[] = this.#reader.select({ matchers, minTimeMs, maxTimeMs });
    all.sort((a, b) => compareFlat(a.labels.flat, b.labels.flat));
    const columns = new SampleColumns(1_024);
    for (const series of all) {
      columns.clear();
      series.read(minTimeMs, maxTimeMs, columns);
      const labels = series.labels.toString();
      for (let row = 0; row < columns.length; row++) {
        yield `${labels} ${valueAt(columns, row)} ${columns.timestamps[row]}`;
      }
    }
  }

  /** What a block is made of; the newest one without a ULID. Undefined when there is no such block. */
  analyze(ulid?: string): BlockAnalysis | undefined {
    const blocks = this.#blocks.list();
    const block = ulid === undefined ? blocks.at(-1) : blocks.find(({ meta }) => meta.ulid === ulid);
    return block && analyzeBlock(block);
  }

  close(): void {
    this.#blocks.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Series, chunks and bytes that share something. */
export interface Share {
  readonly name: string;
  readonly series: number;
  readonly chunks: number;
  readonly samples: number;
  /** Of the chunks, without their headers and checksums. */
  readonly chunkBytes: number;
}

export interface BlockAnalysis {
  readonly meta: BlockMeta;
  readonly sizeBytes: number;
  readonly labelNames: number;
  readonly labelPairs: number;
  /** By metric name, most bytes first. */
  readonly metrics: readonly Share[];
  /** Label names with how many values they have, most first. */
  readonly cardinality: readonly { readonly name: string; readonly values: number }[];
  /** Label pairs with how many series have them, most first. */
  readonly pairs: readonly { readonly name: string; readonly series: number }[];
}

function analyzeBlock(block: Block): BlockAnalysis {
  const metrics = new Map<string, { series: number; chunks: number; samples: number; chunkBytes: number }>();
  const pairs = new Map<string, number>();
  for (const series of block.all()) {
    const name = series.labels.metricName;
    let metric = metrics.get(name);
    if (!metric) metrics.set(name, metric = { series: 0, chunks: 0, samples: 0, chunkBytes: 0 });
    const found = metric;
    found.series++;
    block.eachChunk(series, ({ encoding, view, start, length }) => {
      found.chunks++;
      found.samples += sampleCount(encoding, view, start);
      found.chunkBytes += length;
    });
    for (const [label, value] of series.labels) {
      const pair = `${label}=${JSON.stringify(value)}`;
      pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
    }
  }
  const names = block.names();
  return {
    meta: block.meta,
    sizeBytes: block.sizeBytes,
    labelNames: names.length,
    labelPairs: pairs.size,
    metrics: [...metrics].map(([name, share]) => ({ name, ...share }))
      .sort((a, b) => b.chunkBytes - a.chunkBytes),
    cardinality: names.map((name) => ({ name, values: block.valuesOf(name).length }))
      .sort((a, b) => b.values - a.values),
    pairs: [...pairs].map(([name, series]) => ({ name, series })).sort((a, b) => b.series - a.series),
  };
}

/** A value as Prometheus writes it; a native histogram in short. */
function valueAt({ values, histograms }: SampleColumns, row: number): string {
  const histogram = histograms?.[row];
  if (histogram) return `{count:${histogram.count}, sum:${histogram.sum}}`;
  return goText(values[row]);
}

/** A number as Go's %g writes it: below a ten thousandth and from a million on with an exponent, of at least two digits. */
function goText(value: number): string {
  if (value === Infinity) return "+Inf";
  if (value === -Infinity) return "-Inf";
  if (Object.is(value, -0)) return "-0";
  const size = Math.abs(value);
  const text = value !== 0 && (size < 1e-4 || size >= 1e6) ? value.toExponential() : String(value);
  return text.replace(/e([+-])(\d)$/, "e$10$2");
}

function newMeans(): BlockMeans {
  let nextKey = 0;
  return {
    pages: new PageCache(1024 * 1024),
    buffer: new ChunkBuffer(),
    decoder: new ChunkDecoder(),
    decoded: new DecodedCache(0),
    memo: new MatcherMemo(),
    newChunkKeys: (count) => (nextKey += count) - count,
  };
}
