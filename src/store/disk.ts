import { messageOf } from "../base/errors.ts";
import type { Labels } from "../model/labels.ts";
import { BlockKeeper } from "./block_keeper.ts";
import { FROM_OUT_OF_ORDER, isPartial } from "./block_meta.ts";
import { endOf } from "./block_set.ts";
import { isFromTheFuture } from "./clock_watch.ts";
import { type Cut, cutBlock } from "./cut.ts";
import { loadBlocks, lockDir, removeForeignCaches, SET_ASIDE, sweep } from "./disk_open.ts";
import { removeIfThere } from "./files.ts";
import { dropAfter, dropOldest } from "./head_edit.ts";
import { samplesHeld } from "./head_totals.ts";
import { readLateLog } from "./late_log.ts";
import type { DirLock } from "./lock.ts";
import { type DiskParts, LogKeeper } from "./log_keeper.ts";
import { planCut, planEarlyCut, planLastCut } from "./plan.ts";
import { repairTornTails, replay } from "./replay.ts";
import { Room } from "./room.ts";
import { setAsideBlock } from "./set_aside.ts";
import { blockBytes, checkpointBytes } from "./sizes.ts";
import { Slices } from "./slices.ts";
import type { Wal } from "./wal.ts";

/** How long after a failure the same work is tried again. */
const RETRY_MS = 10_000;

/** The head is cut early when its closed chunks take up this much memory. */
const MAX_HEAD_CHUNK_BYTES = 32 * 1024 * 1024;

/**
 * Nor may the log become longer, once it spans a minute: a start after a crash reads it in some 20 ms, and answers nothing
 * before.
 */
const MAX_LOG_BYTES = 2 * 1024 * 1024;
const MIN_LOG_MS = 60_000;

/** Early cuts at one go: when samples come faster than that, merging and expiring must get their turn all the same. */
const MAX_EARLY_CUTS = 4;

/** Reading this many samples from the log takes a start some ten milliseconds. */
const LONG_LOG_SAMPLES = 50_000;

/** Parts of the head that are tried for an early cut, the first of which the block has room. */
const EARLY_CUT_PARTS = [1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32, 1 / 64];

export type DiskResult = { kind: "ok"; disk: Disk } | { kind: "error"; reason: string };

/** A store's directory: log, blocks, and the work that turns one into the other and keeps both within their bounds. */
export class Disk {
  readonly #parts: DiskParts;
  readonly #lock: DirLock;
  readonly #walDir: string;
  readonly #room: Room;
  readonly #slices: Slices;
  readonly #keeper: BlockKeeper;
  readonly #log: LogKeeper;
  #retryCutAt = -Infinity;

  private constructor(parts: DiskParts, lock: DirLock) {
    this.#parts = parts;
    this.#lock = lock;
    this.#walDir = `${parts.dir}/wal`;
    this.#room = new Room(parts.dir, this.#walDir, parts.settings.retentionSizeBytes);
    this.#slices = new Slices(parts.clock);
    this.#keeper = new BlockKeeper(parts, this.#room, this.#slices);
    this.#log = new LogKeeper(parts, this.#walDir, this.#room, this.#keeper, this.#slices);
  }

  /** Opens a directory: its blocks for reading, its log into the head. What stands in the way is a reason. */
  static async open(parts: DiskParts): Promise<DiskResult> {
    const locked = lockDir(parts.dir);
    if (locked.kind === "error") return locked;
    try {
      sweep(parts.dir);
      const disk = new Disk(parts, locked.lock);
      await disk.#load();
      return { kind: "ok", disk };
    } catch (error) {
      parts.head.log = undefined;
      parts.blocks.close();
      locked.lock.release();
      return { kind: "error", reason: messageOf(error) };
    }
  }

  /** The log as the head writes it. */
  get wal(): Wal {
    return this.#log.wal;
  }

  /** Bytes that the directory takes up. */
  get usedBytes(): number {
    return this.#room.usedBytes;
  }

  get walBytes(): number {
    return this.#room.walBytes;
  }

  /** Whether the head can't become blocks now, or the log isn't written: nothing but memory bounds the head then. */
  get isStuck(): boolean {
    return this.#log.isSuspended || !this.#isDue(this.#retryCutAt);
  }

  /** Whether the log is so long that it can't wait for the next maintenance. */
  get isCrowded(): boolean {
    return this.#room.walBytes > this.#room.walBudgetBytes;
  }

  /** Hands the log to the operating system: from then on it survives this process. */
  flush(): void {
    this.wal.flush();
  }

  /** Makes the log survive a loss of power. */
  async sync(): Promise<void> {
    await this.wal.sync();
  }

  /** Everything that is due: blocks cut, merged and expired, the log shortened or started again. */
  async maintain(mayExpireByAge: boolean): Promise<void> {
    const { head, blocks } = this.#parts;
    this.#room.measureNowAndThen();
    await head.settle(this.#slices.pause);
    await this.#cutWhatIsDue();
    await this.#log.resume();
    await this.#keeper.merge(Math.min(head.minTimeMs, Math.max(head.minValidTimeMs, blocks.maxTimeMs)));
    this.#keeper.expire(mayExpireByAge);
  }

  /**
   * Puts aside what lies ahead of the clock, which was set back: blocks as they are, the head's samples as a new block.
   * Without this, nothing could be appended until the clock has caught up.
   */
  async setAsideFuture(nowMs: number): Promise<void> {
    const { blocks, head, headReader, counts, dir, logger } = this.#parts;
    for (const block of blocks.list()) {
      const { meta } = block;
      if (!isFromTheFuture(isPartial(meta) ? meta.minTimeMs : meta.maxTimeMs, nowMs)) continue;
      blocks.change({ remove: [block] });
      setAsideBlock(dir, block);
      counts.blocksSetAside++;
    }
    if (isFromTheFuture(head.maxTimeMs, nowMs)) {
      const cut: Cut = { minTimeMs: nowMs + 1, maxTimeMs: head.maxTimeMs + 1 };
      try {
        using _ = this.#log.reserve(blockBytes(head, cut));
        const aside = `${dir}/${SET_ASIDE}`;
        Deno.mkdirSync(aside, { recursive: true });
        await cutBlock(aside, cut, head, headReader, nowMs, this.#slices.pause);
        counts.blocksSetAside++;
      } catch (error) {
        logger.error("samples from the future can't be kept", { error: messageOf(error) });
      }
      dropAfter(head, headReader, nowMs);
      await this.#log.checkpoint();
    }
    head.minValidTimeMs = blocks.maxTimeMs;
  }

  /** Gives the directory free. A long log becomes blocks first, so that the next start needn't read it. */
  async close(): Promise<void> {
    try {
      if (samplesHeld(this.#parts.head) >= LONG_LOG_SAMPLES) await this.#cutAll();
      await this.wal.close();
    } finally {
      this.#parts.blocks.close();
      this.#lock.release();
    }
  }

  async #load(): Promise<void> {
    const { dir, head, headReader, blocks, means, logger, clock, counts } = this.#parts;
    const startedAt = clock.now();
    const loaded = loadBlocks(dir, means, logger);
    counts.blocksLoadFailures += loaded.failures;
    blocks.change({ add: loaded.blocks });
    for (const block of loaded.superseded) this.#keeper.remove(block);
    const nowMs = clock.wallNow();
    head.minValidTimeMs = endOf(loaded.blocks.filter(({ meta }) => !isFromTheFuture(meta.maxTimeMs, nowMs)));

    const found = await replay(this.#walDir, head, headReader);
    counts.replayedSamples = found.samples;
    counts.replayedOrphans = found.unknownSeries;
    counts.walCorruptions += found.damaged.length;
    for (const { segment, damages } of found.damaged) {
      logger.warn("log damaged: everything intact was kept", {
        segment: segment.path,
        offsetBytes: damages[0].offsetBytes,
        reason: damages[0].reason,
        places: damages.length,
      });
    }
    this.#room.measure();
    this.#log.start(found.lastSegment);
    await this.#takeLateLog(found.labelsOf);
    const isWhole = repairTornTails(found.damaged) && found.malformedRecords === 0;
    if (!isWhole) await this.#log.checkpoint();
    removeForeignCaches(dir);
    const isAhead = isFromTheFuture(Math.max(blocks.maxTimeMs, head.maxTimeMs), nowMs);
    if (isAhead) {
      logger.warn("the directory has samples from the future: set aside", { dir, directory: SET_ASIDE });
      await this.setAsideFuture(nowMs);
    }
    // After crash upon crash the log is long, and there might be no maintenance before the next one.
    if (this.#room.isLogPressing) await this.#cutWhatIsDue();
    counts.replayMs = clock.now() - startedAt;
    logger.info("store opened", {
      dir,
      blocks: blocks.list().length,
      series: head.seriesCount,
      replayedSamples: found.samples,
      damagedSegments: found.damaged.length,
      tookMs: Math.round(counts.replayMs),
    });
  }

  /** Makes blocks of a log of out-of-order samples that Prometheus left, and removes it. */
  async #takeLateLog(labelsOf: (ref: number) => Labels | undefined): Promise<void> {
    const { dir, settings, blocks, clock, logger } = this.#parts;
    try {
      const late = await readLateLog(`${dir}/wbl`, labelsOf, settings.minBlockMs);
      if (!late) return;
      const { head, reader, samples, lost } = late;
      const next = () => planLastCut(head.minTimeMs, head.maxTimeMs, -Infinity, settings.minBlockMs);
      for (let cut = next(); cut; cut = next()) {
        using _ = this.#log.reserve(blockBytes(head, cut));
        const hints = [FROM_OUT_OF_ORDER];
        const meta = await cutBlock(dir, cut, head, reader, clock.wallNow(), this.#slices.pause, hints);
        if (meta) blocks.change({ add: [this.#keeper.open(meta)] });
        head.truncate(cut.maxTimeMs);
        this.#room.measure();
      }
      removeIfThere(`${dir}/wbl`);
      const level = lost > 0 ? "warn" : "info";
      logger[level]("the directory's log of out-of-order samples was made into blocks", { samples, lost });
    } catch (error) {
      logger.warn("the directory has a log of out-of-order samples that can't be read: they are missing", {
        error: messageOf(error),
      });
    }
  }

  /** Turns the oldest part of the head into blocks for as long as time asks for it, or else while room does. */
  async #cutWhatIsDue(): Promise<void> {
    if (!this.#isDue(this.#retryCutAt)) return;
    try {
      let cut = this.#plannedCut();
      if (cut) {
        for (; cut; cut = this.#plannedCut()) await this.#cut(cut);
        await this.#log.checkpoint();
      }
      cut = this.#earlyCut();
      for (let cuts = 0; cut && cuts < MAX_EARLY_CUTS; cuts++, cut = this.#earlyCut()) {
        await this.#cut(cut);
        const isShorter = await this.#log.checkpoint();
        if (!isShorter && !this.#log.lacksRoom) break; // without it, cutting more makes no room
      }
      if (this.#log.lacksRoom) await this.#shed();
    } catch (error) {
      this.#parts.counts.compactionFailures++;
      this.#retryCutAt = this.#parts.clock.now() + RETRY_MS;
      this.#parts.logger.error("block can't be written: its samples stay in memory", {
        error: messageOf(error),
      });
    }
  }

  /** Gives up the head's oldest samples, for the newest must reach the disk. */
  async #shed(): Promise<void> {
    const { head, counts, logger } = this.#parts;
    const isSmall = () => checkpointBytes(head) <= this.#room.mostCheckpointBytes;
    if (isSmall()) return;
    counts.sizeRetentions++;
    logger.warn("retentionSizeBytes has no room for the samples in memory: the oldest of them are given up", {
      retentionSizeBytes: this.#room.limitBytes,
    });
    dropOldest(head, isSmall);
    await this.#log.checkpoint();
  }

  async #cutAll(): Promise<void> {
    const { head, blocks, settings, logger } = this.#parts;
    const next = () => planLastCut(head.minTimeMs, head.maxTimeMs, blocks.maxTimeMs, settings.minBlockMs);
    try {
      for (let cut = next(); cut; cut = next()) await this.#cut(cut);
      await this.#log.checkpoint();
    } catch (error) {
      logger.warn("head can't be written as a block: the next start reads it from the log", {
        error: messageOf(error),
      });
    }
  }

  #plannedCut(): Cut | undefined {
    const { head, blocks, settings } = this.#parts;
    const cut = planCut(head.minTimeMs, head.maxTimeMs, blocks.maxTimeMs, settings.minBlockMs);
    if (!cut || this.#fits(cut)) return cut;
    this.#log.lacksRoom = true;
  }

  #earlyCut(): Cut | undefined {
    const { head, settings } = this.#parts;
    const isLong = this.#room.walBytes > MAX_LOG_BYTES && head.maxTimeMs - head.minTimeMs > MIN_LOG_MS;
    const isLarge = head.chunks.dataBytes > MAX_HEAD_CHUNK_BYTES;
    if (!this.isCrowded && !isLong && !isLarge && !this.#log.lacksRoom) return undefined;
    for (const part of EARLY_CUT_PARTS) {
      const cut = planEarlyCut(head.minTimeMs, head.maxTimeMs, settings.minBlockMs, part);
      if (!cut || this.#fits(cut)) return cut;
    }
  }

  /** Whether the block has room below the bound, if older ones go. */
  #fits(cut: Cut): boolean {
    const { head, blocks } = this.#parts;
    return this.#room.hasWithout(blocks.sizeBytes, blockBytes(head, cut));
  }

  async #cut(cut: Cut): Promise<void> {
    const { dir, head, headReader, blocks, clock, counts } = this.#parts;
    using _ = this.#log.reserve(blockBytes(head, cut));
    head.minValidTimeMs = Math.max(head.minValidTimeMs, cut.maxTimeMs);
    const meta = await cutBlock(dir, cut, head, headReader, clock.wallNow(), this.#slices.pause);
    const add = meta ? [this.#keeper.open(meta)] : [];
    blocks.change({ add }); // in one step with the next line: no query sees a sample twice, or not at all
    head.truncate(cut.maxTimeMs);
    this.#room.measure();
    counts.headTruncations++;
    counts.compactions++;
  }

  #isDue(retryAt: number): boolean {
    return this.#parts.clock.now() >= retryAt;
  }
}
