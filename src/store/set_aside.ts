import type { Block } from "./block.ts";
import { SET_ASIDE } from "./disk_open.ts";
import { listDir, removeIfThere } from "./files.ts";

/** Moves a block to where it is kept but not answered from. */
export function setAsideBlock(dir: string, block: Block): void {
  Deno.mkdirSync(`${dir}/${SET_ASIDE}`, { recursive: true });
  Deno.renameSync(block.dir, `${dir}/${SET_ASIDE}/${block.meta.ulid}`);
}

/**
 * Removes blocks that were set aside more than so long ago, by the file system's clock. One that it has from the future,
 * which is when most were written, counts from now on. @returns whether any was removed
 */
export function expireSetAside(dir: string, nowMs: number, retentionMs: number): boolean {
  const path = `${dir}/${SET_ASIDE}`;
  let removed = false;
  for (const { name } of listDir(path)) {
    const changedMs = Deno.lstatSync(`${path}/${name}`).mtime?.getTime() ?? 0;
    if (changedMs > nowMs) Deno.utimeSync(`${path}/${name}`, new Date(nowMs), new Date(nowMs));
    if (changedMs >= nowMs - retentionMs) continue;
    removeIfThere(`${path}/${name}`);
    removed = true;
  }
  return removed;
}

/** Removes all that was set aside. @returns whether there was something */
export function removeSetAside(dir: string): boolean {
  try {
    Deno.lstatSync(`${dir}/${SET_ASIDE}`);
  } catch {
    return false;
  }
  removeIfThere(`${dir}/${SET_ASIDE}`);
  return true;
}
