import { messageOf } from "../base/errors.ts";
import type { Steps } from "../base/steps.ts";
import { joinedKey } from "../base/joined_key.ts";
import type { Logger } from "../base/log.ts";
import { takeOldest } from "../base/oldest.ts";
import type { Labels } from "../model/labels.ts";
import type { Matcher } from "../model/matcher.ts";
import type { Queryable, Selection, Series, SeriesRef } from "../model/store.ts";
import type { Block } from "./block.ts";
import type { BlockSet } from "./block_set.ts";
import type { Head } from "./head.ts";
import type { HeadReader } from "./head_reader.ts";
import type { HeadSeries } from "./head_series.ts";
import { isBroken } from "./index_reader.ts";
import type { MatcherMemo } from "./matcher_memo.ts";
import { type BlockPart, StoreSeries } from "./store_series.ts";

/** Selections remembered, and the longest one: a health endpoint asks for the same few series over and over. */
const MAX_SELECTIONS = 64;
const MAX_SELECTION_LENGTH = 4_096;

interface Remembered {
  readonly headGeneration: number;
  readonly blockGeneration: number;
  readonly series: readonly StoreSeries[];
}

/** What queries see: head and blocks as one. */
export class StoreReader implements Queryable {
  /** Reads that met a broken block. */
  corruptions = 0;
  readonly head: Head;
  readonly headReader: HeadReader;
  readonly blocks: BlockSet;
  readonly #memo: MatcherMemo;
  readonly #logger: Logger;
  readonly #selections = new Map<string, Remembered>();
  readonly #reported = new Set<string>();

  constructor(head: Head, headReader: HeadReader, blocks: BlockSet, memo: MatcherMemo, logger: Logger) {
    this.head = head;
    this.#memo = memo;
    this.headReader = headReader;
    this.blocks = blocks;
    this.#logger = logger;
  }

  /** Asks every pattern about every value that it may be asked about: each such answer can take a millisecond. */
  *preparing({ matchers, minTimeMs, maxTimeMs }: Selection): Steps<void> {
    const blocks = this.blocks.overlapping(minTimeMs, maxTimeMs);
    if (this.#remembered(keyOf(matchers, blocks))) return;
    const memo = this.#memo;
    for (const matcher of matchers) {
      if (matcher.literals) continue;
      const values = new Set(this.head.index.valuesOf(matcher.name));
      for (const block of blocks) {
        this.guard(block, () => {
          for (const value of block.valuesOf(matcher.name)) values.add(value);
        });
        yield;
      }
      for (const value of values) {
        if (memo.knows(matcher, value)) continue;
        memo.matches(matcher, value);
        yield;
      }
    }
  }

  select({ matchers, minTimeMs, maxTimeMs }: Selection): Series[] {
    const blocks = this.blocks.overlapping(minTimeMs, maxTimeMs);
    const all = this.#matching(matchers, blocks);
    return all.filter((series) => series.mayHave(minTimeMs, maxTimeMs));
  }

  labelNames(selection: Selection): string[] {
    const names = new Set<string>();
    if (selection.matchers.length > 0) {
      for (const { labels } of this.select(selection)) for (const [name] of labels) names.add(name);
    } else {
      if (this.#headReaches(selection)) { for (const name of this.head.index.names()) names.add(name); }
      this.#eachBlock(selection, (block) => block.names().forEach((name) => names.add(name)));
    }
    return [...names].sort();
  }

  labelValues(name: string, selection: Selection): string[] {
    const values = new Set<string>();
    if (selection.matchers.length > 0) {
      for (const { labels } of this.select(selection)) if (labels.has(name)) values.add(labels.get(name));
    } else {
      if (this.#headReaches(selection)) {
        for (const value of this.head.index.valuesOf(name)) values.add(value);
      }
      this.#eachBlock(selection, (block) => block.valuesOf(name).forEach((value) => values.add(value)));
    }
    return [...values].sort();
  }

  /** The series' parts in the blocks as they are now. */
  partsOf(labels: Labels): BlockPart[] {
    const parts: BlockPart[] = [];
    for (const block of this.blocks.list()) {
      this.guard(block, () => {
        const series = block.find(labels);
        if (series) parts.push({ block, series });
      });
    }
    return parts;
  }

  /** Reads from a block; a broken one is reported once, and left out. */
  guard(block: Block, read: () => void): void {
    try {
      read();
    } catch (error) {
      if (!isBroken(error)) throw error;
      this.corruptions++;
      if (this.#reported.has(block.meta.ulid)) return;
      this.#reported.add(block.meta.ulid);
      this.#logger.error("block is broken: queries leave out what can't be read", {
        block: block.meta.ulid,
        error: messageOf(error),
      });
    }
  }

  #headReaches({ minTimeMs, maxTimeMs }: Selection): boolean {
    return this.head.minTimeMs <= maxTimeMs && this.head.maxTimeMs >= minTimeMs;
  }

  #eachBlock({ minTimeMs, maxTimeMs }: Selection, read: (block: Block) => void): void {
    for (const block of this.blocks.overlapping(minTimeMs, maxTimeMs)) this.guard(block, () => read(block));
  }

  /** All series in which the matchers hold, in the head and these blocks, whatever their time. */
  #matching(matchers: readonly Matcher[], blocks: readonly Block[]): readonly StoreSeries[] {
    const key = keyOf(matchers, blocks);
    const known = this.#remembered(key);
    if (known) return known;
    const headGeneration = this.head.generation;
    const blockGeneration = this.blocks.generation;
    const series = this.#find(matchers, blocks);
    this.#selections.delete(key);
    if (series.length <= MAX_SELECTION_LENGTH) {
      if (this.#selections.size >= MAX_SELECTIONS) takeOldest(this.#selections);
      this.#selections.set(key, { headGeneration, blockGeneration, series });
    }
    return series;
  }

  /** What was found last, if it is still all that there is. */
  #remembered(key: string): readonly StoreSeries[] | undefined {
    const known = this.#selections.get(key);
    const isNow = known?.headGeneration === this.head.generation &&
      known.blockGeneration === this.blocks.generation;
    return isNow ? known.series : undefined;
  }

  #find(matchers: readonly Matcher[], blocks: readonly Block[]): StoreSeries[] {
    const { head } = this;
    const found: HeadSeries[] = [];
    head.index.select(
      matchers,
      (ref) => head.at(ref as SeriesRef)!.labels,
      (ref) => found.push(head.at(ref as SeriesRef)!),
    );
    if (blocks.length === 0) return found.map((series) => new StoreSeries(this, series.labels, series, []));
    const byKey = new Map(found.map((series) => [series.labels.key, series]));
    const parts = new Map<string, BlockPart[]>();
    for (const block of blocks) {
      this.guard(block, () => {
        for (const series of block.select(matchers)) {
          const known = parts.get(series.labels.key);
          if (known) known.push({ block, series });
          else parts.set(series.labels.key, [{ block, series }]);
        }
      });
    }
    const all: StoreSeries[] = [];
    for (const [key, list] of parts) {
      const inHead = byKey.get(key);
      byKey.delete(key);
      all.push(new StoreSeries(this, inHead?.labels ?? list[0].series.labels, inHead, list));
    }
    for (const series of byKey.values()) all.push(new StoreSeries(this, series.labels, series, []));
    return all;
  }
}

function keyOf(matchers: readonly Matcher[], blocks: readonly Block[]): string {
  const said = matchers.flatMap(({ kind, name, value }) => [kind, name, value]);
  return joinedKey([...said, ...blocks.map(({ meta }) => meta.ulid)]);
}
