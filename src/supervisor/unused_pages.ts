import type { Clock } from "../base/clock.ts";

/** Start-up has ended by then, ms. */
const FIRST_AFTER_MS = 5_000;

/** How often afterwards, ms: what runs now and then, such as the collector of garbage, need not stay resident in between. */
const EVERY_MS = 10_000;

/** madvise(2): drop these pages from this process; they are read back from the file's cache when touched again. */
const MADV_DONTNEED = 4;

const LIBC = "libc.so.6";

const SYMBOLS = {
  madvise: { parameters: ["u64", "usize", "i32"], result: "i32" },
  malloc_trim: { parameters: ["usize"], result: "i32" },
} as const;

/** A stretch of the address space. */
export interface AddressRange {
  readonly start: bigint;
  readonly end: bigint;
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
  readonly #ranges: readonly AddressRange[];

  /**
   * What of the executable may be dropped; the kernel takes milliseconds to tell, so ask early. `undefined` where the
   * system or the permissions don't let us. Never rejects.
   */
  static async find(): Promise<readonly AddressRange[] | undefined> {
    if (Deno.build.os !== "linux") return undefined;
    try {
      return cleanRanges(await Deno.readTextFile("/proc/self/smaps"), Deno.readLinkSync("/proc/self/exe"));
    } catch {
      return undefined; // no /proc, or fewer permissions: nothing is lost but the memory
    }
  }

  /** `undefined` where the C library or the permissions don't let us. */
  static open(ranges: readonly AddressRange[] | undefined): UnusedPages | undefined {
    if (!ranges || Deno.permissions.querySync({ name: "ffi", path: LIBC }).state !== "granted") {
      return undefined;
    }
    try {
      return new UnusedPages(Deno.dlopen(LIBC, SYMBOLS), ranges);
    } catch {
      return undefined; // another C library
    }
  }

  private constructor(libc: Deno.DynamicLibrary<typeof SYMBOLS>, ranges: readonly AddressRange[]) {
    this.#libc = libc;
    this.#ranges = ranges;
  }

  /** Gives back what is unused now. Takes about a millisecond. */
  release(): void {
    const { madvise, malloc_trim } = this.#libc.symbols;
    for (const { start, end } of this.#ranges) madvise(start, end - start, MADV_DONTNEED);
    malloc_trim(0n);
  }

  /** Gives back only what malloc keeps. */
  trim(): void {
    this.#libc.symbols.malloc_trim(0n);
  }

  [Symbol.dispose](): void {
    this.#libc.close();
  }
}

/** Releases once start-up has ended, and again and again until the signal aborts. */
export async function keepReleasing(
  pages: { release(): void },
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  let dueAtMs = clock.now() + FIRST_AFTER_MS;
  while (await clock.sleepUntil(dueAtMs, signal)) {
    pages.release();
    dueAtMs = clock.now() + EVERY_MS;
  }
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
      range = isCandidate ? { start: BigInt(`0x${start}`), end: BigInt(`0x${end}`) } : undefined;
    } else if (range && /^Anonymous: +0 kB$/.test(line)) found.push(range);
  }
  return found;
}
