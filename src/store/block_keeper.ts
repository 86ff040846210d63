import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import { Block, type BlockMeans } from "./block.ts";
import type { BlockMeta } from "./block_meta.ts";
import type { BlockSet } from "./block_set.ts";
import { mergeBlocks, UnreadableBlockError } from "./compaction.ts";
import { removeBlock } from "./disk_open.ts";
import type { DiskCounts } from "./disk_stats.ts";
import type { StoreSettings } from "./options.ts";
import { bytesOf, expiredByAge, expiredBySize, oldestFirst, planCompaction } from "./plan.ts";
import type { Room } from "./room.ts";
import { expireSetAside, removeSetAside } from "./set_aside.ts";
import type { Slices } from "./slices.ts";

/** How long after a failure the same work is tried again. */
const RETRY_MS = 10_000;

export interface BlockKeeperParts {
  readonly dir: string;
  readonly settings: StoreSettings;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly blocks: BlockSet;
  readonly means: BlockMeans;
  readonly counts: DiskCounts;
}

/** Merges blocks, and removes those that are too old or in the way. */
export class BlockKeeper {
  readonly #parts: BlockKeeperParts;
  readonly #room: Room;
  readonly #slices: Slices;
  /** Blocks that a merge could not read: as nothing mends them, they are left alone. */
  readonly #unreadable = new WeakSet<Block>();
  #retryMergeAt = -Infinity;
  #reportSetAsideAt = -Infinity;

  constructor(parts: BlockKeeperParts, room: Room, slices: Slices) {
    this.#parts = parts;
    this.#room = room;
    this.#slices = slices;
  }

  /** Opens a block that was just written. */
  open({ ulid }: BlockMeta): Block {
    return new Block(`${this.#parts.dir}/${ulid}`, this.#parts.means);
  }

  /** Merges one group of blocks that are due, if there is one. `headMinMs`: where the head begins. */
  async merge(headMinMs: number): Promise<void> {
    const { dir, blocks, settings, clock, counts, logger } = this.#parts;
    if (clock.now() < this.#retryMergeAt) return;
    const group = planCompaction(blocks.list(), settings.minBlockMs, settings.maxBlockMs, headMinMs, {
      maxBytes: this.#room.limitBytes / 4,
      unreadable: this.#unreadable,
    });
    if (!group) return;
    const isWhole = () => group.every((block) => blocks.list().includes(block));
    try {
      const needed = bytesOf(group);
      this.makeRoom(needed);
      if (!isWhole() || !this.#room.has(needed)) return;
      using _ = this.#room.reserve(needed);
      const meta = await mergeBlocks(dir, group, clock.wallNow(), this.#slices.pause);
      const left = group.filter((block) => blocks.list().includes(block));
      blocks.change({ add: meta ? [this.open(meta)] : [], remove: left });
      for (const block of left) this.remove(block);
      counts.compactions++;
    } catch (error) {
      if (!isWhole()) return this.#room.measure(); // one of them had to make room meanwhile
      counts.compactionFailures++;
      if (error instanceof UnreadableBlockError) this.#unreadable.add(error.block);
      else this.#retryMergeAt = clock.now() + RETRY_MS;
      logger.error("blocks can't be merged: they stay as they are", { error: messageOf(error) });
    }
    this.#room.measure();
  }

  /** Removes blocks that are too old, and then as many as are in the way. */
  expire(byAge: boolean): void {
    const { blocks, settings, clock, counts, dir } = this.#parts;
    const nowMs = clock.wallNow();
    if (byAge) {
      const old = expiredByAge(blocks.list(), nowMs, settings.retentionMs);
      if (old.length > 0) counts.timeRetentions++;
      this.#drop(old);
      this.#trySetAside(() => expireSetAside(dir, nowMs, settings.retentionMs));
    }
    this.makeRoom(0);
  }

  /** Removes the oldest blocks until so many bytes can be written and the log can grow to its budget. */
  makeRoom(needed: number): void {
    const { blocks, counts, dir } = this.#parts;
    if (this.#room.limitBytes === Infinity) return;
    const budget = () => this.#room.blockBudget(blocks.sizeBytes, needed);
    if (budget() < blocks.sizeBytes) this.#trySetAside(() => removeSetAside(dir));
    const doomed = expiredBySize(blocks.list(), budget());
    if (doomed.length === 0) return;
    counts.sizeRetentions++;
    this.#drop(doomed);
    this.#room.measure();
  }

  /** As `makeRoom`, for the log between two looks at the directory: what is newest must not wait for what is old. */
  makeRoomForLog(bytes: number): void {
    const { blocks, counts, dir } = this.#parts;
    this.#trySetAside(() => removeSetAside(dir));
    if (this.#room.has(bytes) || blocks.list().length === 0) return;
    counts.sizeRetentions++;
    for (const block of oldestFirst(blocks.list())) {
      this.#drop([block]);
      if (this.#room.has(bytes)) return;
    }
  }

  /**
   * Removes something of what was set aside. What can't be removed, on a file system that became read-only for example,
   * stays: the log and the blocks must not wait for it.
   */
  #trySetAside(remove: () => boolean): void {
    const { clock, logger } = this.#parts;
    try {
      if (remove()) this.#room.measure();
    } catch (error) {
      if (clock.now() < this.#reportSetAsideAt) return; // this may be tried with every write
      this.#reportSetAsideAt = clock.now() + RETRY_MS;
      logger.error("what was set aside can't be removed", { error: messageOf(error) });
    }
  }

  #drop(doomed: readonly Block[]): void {
    if (doomed.length === 0) return;
    this.#parts.blocks.change({ remove: doomed });
    for (const block of doomed) this.remove(block);
  }

  /** Removes a block's directory; one that can't be removed now goes at the next start. */
  remove(block: Block): void {
    try {
      removeBlock(block);
      this.#room.freed(block.sizeBytes);
    } catch (error) {
      this.#parts.logger.error("block can't be removed", { block: block.meta.ulid, error: messageOf(error) });
    }
  }
}
