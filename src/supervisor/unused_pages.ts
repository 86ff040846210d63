import type { Clock } from "../base/clock.ts";
import { inSlices, type Steps } from "../base/steps.ts";

/** Start-up has ended by then, ms. */
const FIRST_AFTER_MS = 5_000;

/** How often afterwards, ms: what runs now and then, such as the collector of garbage, need not stay resident in between. */
const EVERY_MS = 10_000;

/** madvise(2): a page that is touched and is not in memory is read alone, without what lies around it. */
const MADV_RANDOM = 1;

/** madvise(2): drop these pages from this process; they are read back from the file's cache when touched again. */
const MADV_DONTNEED = 4;

/** madvise(2): leave it out of core dumps, where a file's pages are not anyway: makes a mapping of its own of a stretch. */
const MADV_DONTDUMP = 16;

/**
 * How much one missing page may bring in with it. The kernel maps 64 KiB around it, of which most is not at work: with half
 * of that, what stays resident of the executable is a quarter less, for the price of some three thousand mappings.
 */
const PIECE_BYTES = 32n * 1024n;

const LIBC = "libc.so.6";

const SYMBOLS = {
  madvise: { parameters: ["u64", "usize", "i32"], result: "i32" },
  malloc_trim: { parameters: ["usize"], result: "i32" },
} as const;

/** A stretch of the address space. */
export interface AddressRange {
  readonly start: bigint;
  readonly end: bigint;
  /** Whether it is run, not only read. */
  readonly isCode: boolean;
}

/**
 * Gives back memory that only start-up needed, on Linux with glibc: pages of the executable and its libraries (the runtime's snapshot, its
 * relocations, code that ran once), which are a third of the resident set, and what malloc keeps for a next time. The kernel
 * brings back each page that is touched again, from the file, at a microsecond or so for sixteen of them.
 *
 * Takes the permission to load libraries and to read /proc/self, so it is opened before permissions are given up; of libc it
 * holds two functions, and nothing can be loaded later.
 */
export class UnusedPages implements Disposable {
  readonly #libc: Deno.DynamicLibrary<typeof SYMBOLS>;
  readonly #smaps: Deno.FsFile;
  readonly #file: string;
  #ranges: readonly AddressRange[] = [];

  /** `undefined` where the system, the C library or the permissions don't let us: nothing is lost but the memory. */
  static open(): UnusedPages | undefined {
    if (Deno.build.os !== "linux") return undefined;
    if (Deno.permissions.querySync({ name: "ffi", path: LIBC }).state !== "granted") return undefined;
    let smaps: Deno.FsFile | undefined;
    try {
      smaps = Deno.openSync("/proc/self/smaps");
      return new UnusedPages(Deno.dlopen(LIBC, SYMBOLS), smaps, Deno.readLinkSync("/proc/self/exe"));
    } catch {
      smaps?.close();
      return undefined;
    }
  }

  private constructor(libc: Deno.DynamicLibrary<typeof SYMBOLS>, smaps: Deno.FsFile, file: string) {
    this.#libc = libc;
    this.#smaps = smaps;
    this.#file = file;
  }

  /**
   * Looks up what may be dropped, and has each missing page bring in less. The kernel takes milliseconds to tell, so do it
   * when the start is over. Never rejects.
   */
  async find(clock: Clock): Promise<void> {
    try {
      this.#ranges = cleanRanges(await readAll(this.#smaps), this.#file);
    } catch {
      return; // no /proc any more
    }
    await inSlices(this.#divide(), clock);
  }

  /**
   * From now on nothing is read from the files but what is missing, and its piece. Disks are often set to read megabytes ahead:
   * within a container's limit these push out the pages that are at work, which then are read again with as much around
   * them, and so on for ever. For code, newer kernels read ahead whatever they are told, but never beyond a mapping's end,
   * which is its piece's. Elsewhere it is read page by page, too, though the kernel then takes no heed of which pages are
   * at work.
   * @param release the kernel's, as uname(2) has it
   */
  readSparingly(release: string): void {
    const { madvise } = this.#libc.symbols;
    for (const { start, end, isCode } of this.#ranges) {
      if (!isCode || !readsCodeWithinMappings(release)) madvise(start, end - start, MADV_RANDOM);
    }
  }

  /** Gives back what is unused now. Takes two or three milliseconds. */
  release(): void {
    const { madvise, malloc_trim } = this.#libc.symbols;
    for (const { start, end } of this.#ranges) madvise(start, end - start, MADV_DONTNEED);
    malloc_trim(0n);
  }

  *#divide(): Steps<void> {
    for (const { start, end } of this.#ranges) {
      for (const piece of everyOtherPiece(start, end)) {
        this.#libc.symbols.madvise(piece, PIECE_BYTES, MADV_DONTDUMP);
        yield;
      }
    }
  }

  /** Gives back only what malloc keeps. */
  trim(): void {
    this.#libc.symbols.malloc_trim(0n);
  }

  [Symbol.dispose](): void {
    this.#libc.close();
    this.#smaps.close();
  }
}

/** Linux does from 6.17 on (mm/filemap.c, do_sync_mmap_readahead). */
export function readsCodeWithinMappings(release: string): boolean {
  const [major, minor] = release.split(".").map((part) => parseInt(part));
  return major > 6 || (major === 6 && minor >= 17);
}

/** Where every other whole piece begins, at a multiple of its size. */
function* everyOtherPiece(start: bigint, end: bigint): Generator<bigint, void, void> {
  const first = (start + PIECE_BYTES - 1n) / PIECE_BYTES * PIECE_BYTES;
  for (let at = first; at + PIECE_BYTES <= end; at += 2n * PIECE_BYTES) yield at;
}

/**
 * Releases once start-up has ended, and again and again until the signal aborts.
 * @param isTight whether memory is so short that nothing must be read ahead, from now on
 */
export async function keepReleasing(
  pages: Pick<UnusedPages, "find" | "readSparingly" | "release">,
  clock: Clock,
  signal: AbortSignal,
  isTight: boolean,
): Promise<void> {
  let dueAtMs = clock.now() + FIRST_AFTER_MS;
  if (!isTight && !await clock.sleepUntil(dueAtMs, signal)) return;
  await pages.find(clock);
  if (isTight) pages.readSparingly(Deno.osRelease());
  while (await clock.sleepUntil(dueAtMs, signal)) {
    pages.release();
    dueAtMs = clock.now() + EVERY_MS;
  }
}

/** From the file's beginning to its end; a file of /proc is made anew for each reader, and has no size. */
async function readAll(file: Deno.FsFile): Promise<string> {
  const decoder = new TextDecoder();
  const bytes = new Uint8Array(64 * 1024);
  let text = "";
  for (let count = await file.read(bytes); count !== null; count = await file.read(bytes)) {
    text += decoder.decode(bytes.subarray(0, count), { stream: true });
  }
  return text;
}

/**
 * The mappings of a file and of shared libraries that may be dropped: those that can't be written to and of which no page
 * has been written to before (relocated data is read-only by then, and would be lost).
 * @param smaps as /proc/PID/smaps has it, see proc_pid_smaps(5)
 */
export function cleanRanges(smaps: string, file: string): AddressRange[] {
  const found: AddressRange[] = [];
  let range: AddressRange | undefined;
  for (const line of smaps.split("\n")) {
    const mapping = /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ \d+ *(.*)$/.exec(line);
    if (mapping) {
      const [, start, end, mode, path] = mapping;
      const isCandidate = /^r-[-x]p$/.test(mode) && (path === file || /\.so(\.\d+)*$/.test(path));
      const isCode = mode[2] === "x";
      range = isCandidate ? { start: BigInt(`0x${start}`), end: BigInt(`0x${end}`), isCode } : undefined;
    } else if (range && /^Anonymous: +0 kB$/.test(line)) found.push(range);
  }
  return found;
}
