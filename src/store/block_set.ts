import type { Block } from "./block.ts";
import { isPartial } from "./block_meta.ts";

/** The blocks that queries read, in order of time. Changes at once: readers see the old set or the new one. */
export class BlockSet {
  /** Goes up with every change. */
  generation = 0;
  /** Whether no two blocks cover the same time; a directory of Prometheus may have some that do. */
  areDisjoint = true;
  #blocks: readonly Block[] = [];

  list(): readonly Block[] {
    return this.#blocks;
  }

  /** Those that cover any of this time, ends inclusive. */
  overlapping(minTimeMs: number, maxTimeMs: number): readonly Block[] {
    return this.#blocks.filter((block) => block.overlaps(minTimeMs, maxTimeMs));
  }

  /** The first millisecond after all blocks that have their time's samples whole; -Infinity without any. */
  get maxTimeMs(): number {
    return endOf(this.#blocks);
  }

  get sizeBytes(): number {
    return this.#blocks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  /** Puts blocks in and takes others out and closes those, in one step. */
  change({ add = [], remove = [] }: { add?: readonly Block[]; remove?: readonly Block[] }): void {
    const kept = this.#blocks.filter((block) => !remove.includes(block));
    this.#blocks = [...kept, ...add].sort((a, b) => a.meta.minTimeMs - b.meta.minTimeMs);
    this.areDisjoint = this.#blocks.every((block, i) =>
      i === 0 || block.meta.minTimeMs >= this.#blocks[i - 1].meta.maxTimeMs
    );
    this.generation++;
    for (const block of remove) block.close();
  }

  close(): void {
    this.change({ remove: this.#blocks });
  }
}

/** The first millisecond after those blocks that have their time's samples whole; -Infinity without any. */
export function endOf(blocks: readonly Pick<Block, "meta">[]): number {
  return blocks.reduce(
    (latest, { meta }) => isPartial(meta) ? latest : Math.max(latest, meta.maxTimeMs),
    -Infinity,
  );
}
