import type { Block } from "./block.ts";
import { SET_ASIDE } from "./disk_open.ts";
import { listDir, removeIfThere } from "./files.ts";

/** Moves a block to where it is kept but not answered from. */
export function setAsideBlock(dir: string, block: Block): void {
  Deno.mkdirSync(`${dir}/${SET_ASIDE}`, { recursive: true });
  Deno.renameSync(block.dir, `${dir}/${SET_ASIDE}/${block.meta.ulid}`);
}

/** Removes blocks that were set aside before the time, by the file system's clock. */
export function expireSetAside(dir: string, beforeMs: number): void {
  const path = `${dir}/${SET_ASIDE}`;
  for (const { name } of listDir(path)) {
    const changedMs = Deno.lstatSync(`${path}/${name}`).mtime?.getTime() ?? 0;
    if (changedMs < beforeMs) removeIfThere(`${path}/${name}`);
  }
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
