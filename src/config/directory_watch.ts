import { messageOf } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";

/**
 * Tells of any event in one directory, not below it. The system watches an inode, not a path, so when another
 * directory takes the path the watch must be renewed.
 */
export class DirectoryWatch {
  readonly #path: string;
  readonly #logger: Logger;
  readonly #onEvent: () => void;
  #watching:
    | { readonly watcher: Deno.FsWatcher; readonly identity: string; readonly ended: Promise<void> }
    | undefined;
  #hasFailed = false;

  constructor(path: string, logger: Logger, onEvent: () => void) {
    this.#path = path;
    this.#logger = logger;
    this.#onEvent = onEvent;
  }

  get isWatching(): boolean {
    return this.#watching !== undefined;
  }

  /** Makes sure that the directory now at the path is the one that is watched, if there is one. Never rejects. */
  async renew(): Promise<void> {
    const identity = await identityOf(this.#path);
    if (identity !== undefined && this.#watching?.identity === identity) return;
    await this.close();
    if (identity === undefined) return;
    try {
      const watcher = Deno.watchFs(this.#path, { recursive: false });
      this.#watching = { watcher, identity, ended: this.#follow(watcher) };
      this.#hasFailed = false;
    } catch (error) {
      // Once: the file is looked at from time to time anyway.
      if (!this.#hasFailed) {
        this.#logger.warn("cannot watch the configuration's directory; changes are found by polling", {
          directory: this.#path,
          error: messageOf(error),
        });
      }
      this.#hasFailed = true;
    }
  }

  async close(): Promise<void> {
    const watching = this.#watching;
    this.#watching = undefined;
    if (!watching) return;
    try {
      watching.watcher.close();
    } catch {
      // It has ended by itself.
    }
    await watching.ended;
  }

  async #follow(watcher: Deno.FsWatcher): Promise<void> {
    try {
      for await (const _ of watcher) this.#onEvent();
    } catch (error) {
      this.#logger.debug("a directory watch ended", { directory: this.#path, error: messageOf(error) });
    }
    // Ended without being asked to: the next renewal makes another.
    if (this.#watching?.watcher === watcher) this.#watching = { ...this.#watching, identity: "" };
  }
}

/** What tells a directory from another one at the same path; `undefined` when there is none. */
async function identityOf(path: string): Promise<string | undefined> {
  try {
    const { dev, ino, birthtime, isDirectory } = await Deno.stat(path);
    return isDirectory ? `${dev}:${ino}:${birthtime?.getTime()}` : undefined;
  } catch {
    return undefined;
  }
}
