import type { Clock } from "../../base/clock.ts";
import { messageOf } from "../../base/errors.ts";

/** How often, at most, files are looked at for a change. */
const LOOK_EVERY_MS = 1_000;

/** A file of settings longer than this is a mistake. */
const MAX_FILE_BYTES = 1024 * 1024;

export type FileTexts =
  /** Index-aligned with the paths. `version` is another number whenever a text is another one. */
  | { readonly kind: "texts"; readonly texts: readonly string[]; readonly version: number }
  | { readonly kind: "unreadable"; readonly detail: string };

/**
 * The texts of a few files, read again when they change. A file that can't be read after it could be (an editor or a
 * Kubernetes Secret at its swap) keeps its last text.
 */
export class FreshFiles {
  readonly #paths: readonly string[];
  readonly #clock: Clock;
  #state: FileTexts = { kind: "unreadable", detail: "not read yet" };
  #stamps: readonly string[] = [];
  #lookAgainAt = -Infinity;
  #looking: Promise<FileTexts> | undefined;

  constructor(paths: readonly string[], clock: Clock) {
    this.#paths = paths;
    this.#clock = clock;
  }

  /** At once when they were looked at a moment ago. Never rejects. */
  read(): FileTexts | Promise<FileTexts> {
    if (this.#paths.length === 0) return { kind: "texts", texts: [], version: 0 };
    if (this.#clock.now() < this.#lookAgainAt) return this.#state;
    return this.#looking ??= this.#look().finally(() => this.#looking = undefined);
  }

  async #look(): Promise<FileTexts> {
    try {
      const stamps = await Promise.all(this.#paths.map(stampOf));
      if (this.#state.kind === "unreadable" || stamps.some((stamp, i) => stamp !== this.#stamps[i])) {
        const texts = await Promise.all(this.#paths.map((path) => Deno.readTextFile(path)));
        const version = this.#state.kind === "texts" ? this.#state.version + 1 : 1;
        this.#state = { kind: "texts", texts, version };
        this.#stamps = stamps;
      }
    } catch (error) {
      if (this.#state.kind === "unreadable") this.#state = { kind: "unreadable", detail: messageOf(error) };
    }
    this.#lookAgainAt = this.#clock.now() + LOOK_EVERY_MS;
    return this.#state;
  }
}

/** Says which content this is, without reading it. Follows links, so a ConfigMap's swap shows in the inode. */
async function stampOf(path: string): Promise<string> {
  const { size, mtime, ino, isFile } = await Deno.stat(path);
  if (!isFile) throw new Error(`${path} is no file`);
  if (size > MAX_FILE_BYTES) throw new Error(`${path} is larger than ${MAX_FILE_BYTES} bytes`);
  return `${ino}:${size}:${mtime?.getTime()}`;
}
