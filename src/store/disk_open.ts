import { messageOf } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import { Block, type BlockMeans } from "./block.ts";
import { isUlid } from "./block_meta.ts";
import { TEMPORARY_SUFFIX } from "./block_writer.ts";
import { CHECKPOINT_TEMPORARY_SUFFIX } from "./checkpoint.ts";
import { listDir, removeIfThere } from "./files.ts";
import { DirLock } from "./lock.ts";

/** What a block is called while it is being removed. */
const DELETION_SUFFIX = ".tmp-for-deletion";

/** Where blocks go whose time lies ahead of the clock; itself a directory that Prometheus can open. */
export const SET_ASIDE = "set-aside";

export type LockResult = { kind: "ok"; lock: DirLock } | { kind: "error"; reason: string };

/** Makes and locks the directory; what stands in the way is a reason, for the store goes on in memory. */
export function lockDir(dir: string): LockResult {
  try {
    Deno.mkdirSync(`${dir}/wal`, { recursive: true });
    const lock = DirLock.tryAcquire(dir);
    if (lock) return { kind: "ok", lock };
    return { kind: "error", reason: "another process holds the directory's lock" };
  } catch (error) {
    return { kind: "error", reason: messageOf(error) };
  }
}

/** Removes what a crash left half done. */
export function sweep(dir: string): void {
  for (const { name } of listDir(dir)) {
    if (name.endsWith(TEMPORARY_SUFFIX) || name.endsWith(DELETION_SUFFIX)) removeIfThere(`${dir}/${name}`);
  }
  for (const { name } of listDir(`${dir}/wal`)) {
    if (name.startsWith("checkpoint.") && name.endsWith(CHECKPOINT_TEMPORARY_SUFFIX)) {
      removeIfThere(`${dir}/wal/${name}`);
    }
  }
}

export interface LoadedBlocks {
  readonly blocks: readonly Block[];
  /** Those that others were made of, and that a crash kept from being removed. */
  readonly superseded: readonly Block[];
  readonly failures: number;
}

/** Opens every block; one that can't be read stays where it is, and is not answered from. */
export function loadBlocks(dir: string, means: BlockMeans, logger: Logger): LoadedBlocks {
  const loaded: Block[] = [];
  let failures = 0;
  for (const { name, isDirectory } of listDir(dir)) {
    if (!isDirectory || !isUlid(name)) continue;
    try {
      loaded.push(new Block(`${dir}/${name}`, means));
    } catch (error) {
      failures++;
      logger.error("block can't be opened: its samples are missing from answers", {
        block: name,
        error: messageOf(error),
      });
    }
  }
  const gone = new Set(loaded.flatMap(({ meta }) => meta.parents.map(({ ulid }) => ulid)));
  return {
    blocks: loaded.filter(({ meta }) => !gone.has(meta.ulid)),
    superseded: loaded.filter(({ meta }) => gone.has(meta.ulid)),
    failures,
  };
}

/** What Prometheus keeps beside the log to start faster: all of it is in the log too, and would be wrong once we write. */
export function removeForeignCaches(dir: string): void {
  for (const { name } of listDir(dir)) {
    if (name === "chunks_head" || name.startsWith("chunk_snapshot.")) removeIfThere(`${dir}/${name}`);
  }
}

/** Removes a block: under another name first, so that a crash leaves no half block. */
export function removeBlock(block: Block): void {
  const doomed = block.dir + DELETION_SUFFIX;
  Deno.renameSync(block.dir, doomed);
  removeIfThere(doomed);
}
