import { takeOldest } from "../base/oldest.ts";
import { readAt } from "./files.ts";

const PAGE_BYTES = 16 * 1024;

interface Page {
  readonly memory: Uint8Array;
  /** As much of the memory as the file filled. */
  bytes: Uint8Array;
}

/**
 * Pages of files read lately, all files together within one bound; the one not used for longest goes first, and its
 * memory to the next.
 */
export class PageCache {
  readonly #maxPages: number;
  /** In order of last use. */
  readonly #pages = new Map<string, Page>();
  readonly #spare: Page[] = [];
  #nextFile = 0;

  constructor(maxBytes: number) {
    this.#maxPages = Math.max(4, Math.floor(maxBytes / PAGE_BYTES));
  }

  /** Opens a file to be read through this cache; whoever opens it closes it. */
  open(path: string): PagedFile {
    const file = Deno.openSync(path, { read: true });
    try {
      return new PagedFile(this, this.#nextFile++, file, file.statSync().size);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** For PagedFile. The page's bytes; fewer at the file's end. */
  page(fileNumber: number, file: Deno.FsFile, pageNumber: number): Uint8Array {
    const key = `${fileNumber}:${pageNumber}`;
    let page = this.#pages.get(key);
    if (page) {
      this.#pages.delete(key); // and put it behind the others
    } else {
      page = this.#spare.pop() ?? this.#oldestOfTooMany() ?? newPage();
      page.bytes = readAt(file, pageNumber * PAGE_BYTES, PAGE_BYTES, page.memory);
    }
    this.#pages.set(key, page);
    return page.bytes;
  }

  /** For PagedFile: forgets its pages. */
  forget(fileNumber: number): void {
    for (const [key, page] of [...this.#pages]) {
      if (!key.startsWith(`${fileNumber}:`)) continue;
      this.#pages.delete(key);
      this.#spare.push(page);
    }
  }

  #oldestOfTooMany(): Page | undefined {
    return this.#pages.size < this.#maxPages ? undefined : takeOldest(this.#pages);
  }
}

function newPage(): Page {
  const memory = new Uint8Array(PAGE_BYTES);
  return { memory, bytes: memory };
}

/** A file that is read here and there. */
export class PagedFile {
  readonly sizeBytes: number;
  readonly #cache: PageCache;
  readonly #number: number;
  readonly #file: Deno.FsFile;

  constructor(cache: PageCache, number: number, file: Deno.FsFile, sizeBytes: number) {
    this.#cache = cache;
    this.#number = number;
    this.#file = file;
    this.sizeBytes = sizeBytes;
  }

  /** The bytes from `offset` on, fewer where the file ends before; valid until something else is read through the cache. */
  read(offset: number, length: number): Uint8Array {
    const end = Math.min(offset + length, this.sizeBytes);
    if (offset >= end) return new Uint8Array(0);
    const first = Math.floor(offset / PAGE_BYTES);
    const start = offset - first * PAGE_BYTES;
    if (end - first * PAGE_BYTES <= PAGE_BYTES) {
      return this.#page(first).subarray(start, end - first * PAGE_BYTES);
    }
    const bytes = new Uint8Array(end - offset);
    for (let at = 0; at < bytes.length;) {
      const number = Math.floor((offset + at) / PAGE_BYTES);
      const page = this.#page(number);
      const part = page.subarray(offset + at - number * PAGE_BYTES, end - number * PAGE_BYTES);
      if (part.length === 0) return bytes.subarray(0, at); // the file has become shorter
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }

  close(): void {
    this.#cache.forget(this.#number);
    this.#file.close();
  }

  #page(number: number): Uint8Array {
    return this.#cache.page(this.#number, this.#file, number);
  }
}
