import type { Clock } from "../base/clock.ts";

/**
 * What is left of a container's limit to the pages of the executable that are at work, 14 to 28 MiB, and to what the kernel
 * reads around them: with less they are read over and over. A share of the limit, and no more than all pages that are ever used.
 */
const FILE_SHARE = 3 / 8;
const MAX_FILE_BYTES = 56 * 2 ** 20;

/** Garbage is collected again when so much has been taken since the last time … */
const GROWTH_BYTES = 4 * 2 ** 20;

/** … or so much time has passed, ms. */
const AGAIN_AFTER_MS = 250;

/** This process' pages, see proc_pid_statm(5). */
const STATM = "/proc/self/statm";

/** The same and more, in KiB, see proc_pid_status(5). */
const STATUS = "/proc/self/status";

/** How much memory this process has to itself, and how it can have less. */
export interface OwnMemory {
  /** Bytes of memory that no file backs. */
  usedBytes(): number;
  /** Collects garbage and gives the memory back; takes tens of milliseconds. */
  collect(): void;
}

/**
 * Says whether there is memory for queries. What they hold lies in typed arrays, outside V8's limit; V8 lets 64 MiB of
 * those gather as garbage before it looks, and a container's limit counts them all. So garbage is collected when the limit
 * is near, and whoever asks is refused when that did not help.
 */
export class MemoryGuard {
  readonly #own: OwnMemory;
  readonly #clock: Clock;
  readonly #mostBytes: number;
  #collectedAtMs = -Infinity;
  #collectedBytes = 0;

  /** `limitBytes`: of the container. */
  constructor(limitBytes: number, own: OwnMemory, clock: Clock) {
    this.#mostBytes = limitBytes - Math.min(FILE_SHARE * limitBytes, MAX_FILE_BYTES);
    this.#own = own;
    this.#clock = clock;
  }

  /** Takes microseconds while there is room. */
  hasRoom(): boolean {
    const usedBytes = this.#own.usedBytes();
    if (usedBytes <= this.#mostBytes) return true;
    const nowMs = this.#clock.now();
    const hasGrown = usedBytes > this.#collectedBytes + GROWTH_BYTES;
    if (!hasGrown && nowMs < this.#collectedAtMs + AGAIN_AFTER_MS) return false;
    this.#own.collect();
    this.#collectedAtMs = this.#clock.now();
    this.#collectedBytes = this.#own.usedBytes();
    return this.#collectedBytes <= this.#mostBytes;
  }
}

/**
 * This process' memory. The file is opened before permissions are given up; reading it again takes none.
 */
export class ProcessMemory implements OwnMemory, Disposable {
  readonly #file: Deno.FsFile;
  readonly #giveBack: () => void;
  /** Most machines' are 4 KiB, some with arm64 have larger ones. */
  readonly #pageBytes: number;
  readonly #buffer = new Uint8Array(128);
  readonly #decoder = new TextDecoder();

  /** `giveBack`: has the allocator return what is free. `undefined` where the system doesn't tell. */
  static open(giveBack: () => void): ProcessMemory | undefined {
    if (Deno.build.os !== "linux") return undefined;
    try {
      return new ProcessMemory(Deno.readTextFileSync(STATUS), Deno.openSync(STATM), giveBack);
    } catch {
      return undefined;
    }
  }

  private constructor(status: string, file: Deno.FsFile, giveBack: () => void) {
    this.#file = file;
    this.#giveBack = giveBack;
    const [, residentKib] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
    // The two counts are of two moments: a power of two is near.
    this.#pageBytes = 2 ** Math.round(Math.log2(Number(residentKib) * 1_024 / this.#pages().resident)) ||
      4_096;
  }

  usedBytes(): number {
    const { resident, shared } = this.#pages();
    return (resident - shared) * this.#pageBytes;
  }

  collect(): void {
    // There when the executable was built by `deno task build`, see V8_FLAGS there.
    (globalThis as { gc?: () => void }).gc?.();
    this.#giveBack();
  }

  #pages(): { resident: number; shared: number } {
    this.#file.seekSync(0, Deno.SeekMode.Start);
    const length = this.#file.readSync(this.#buffer) ?? 0;
    const [, resident, shared] = this.#decoder.decode(this.#buffer.subarray(0, length)).split(" ");
    return { resident: Number(resident), shared: Number(shared) };
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}
