import type { Run } from "./run.ts";
import type { Wire } from "./wire.ts";

/**
 * So many reads are done as fast as there is something to read; before each further one we wait for some more to come. A
 * target that sends crumbs as fast as it can would otherwise keep the process busy with nothing else.
 */
const QUICK_READS = 32;
const PAUSE_MS = 1;

/** After so many reads a larger buffer is worth it: fewer of them will do. */
const SMALL_READS = 8;

/** Room for less than this is not worth a read. */
const MIN_ROOM_BYTES = 512;

/** Size of the buffer that an inbox begins with: most answers to a probe fit. */
const SMALL_BYTES = 4_096;

/** Most bytes of free buffers that a pool keeps of one size, the largest buffer that it keeps, and most sizes. */
const MAX_FREE_BYTES = 64 * 1024;
const MAX_POOLED_BYTES = 128 * 1024;
const MAX_SIZES = 8;

/**
 * Buffers to read into, used again and again: a probe would otherwise leave 4 KiB of garbage behind each time, and one
 * that meets a flood 100 KiB.
 */
export class BufferPool {
  /** By size. Sizes are few: they follow from how inboxes grow and from their limits. */
  readonly #free = new Map<number, Uint8Array[]>();

  take(bytes = SMALL_BYTES): Uint8Array {
    return this.#free.get(bytes)?.pop() ?? new Uint8Array(bytes);
  }

  /** Gives a buffer back. No read into it may be pending. */
  give(buffer: Uint8Array): void {
    const size = buffer.length;
    if (size > MAX_POOLED_BYTES) return;
    const free = this.#free.get(size);
    if (!free && this.#free.size < MAX_SIZES) this.#free.set(size, [buffer]);
    else if (free && free.length * size < MAX_FREE_BYTES) free.push(buffer);
  }
}

/**
 * What has come over a wire and was not consumed yet: bytes `start` to `end` of `bytes`. It grows with need, up to a
 * limit that the caller checks by `isFull`.
 */
export class Inbox implements Disposable {
  bytes: Uint8Array;
  start = 0;
  end = 0;
  readonly #wire: Wire;
  readonly #pool: BufferPool;
  readonly #run: Pick<Run, "pause">;
  readonly #maxBytes: number;
  #reads = 0;

  constructor(wire: Wire, pool: BufferPool, run: Pick<Run, "pause">, maxBytes: number) {
    this.#wire = wire;
    this.#pool = pool;
    this.#run = run;
    this.#maxBytes = maxBytes;
    this.bytes = pool.take();
  }

  /** How many bytes wait. */
  get length(): number {
    return this.end - this.start;
  }

  /** Whether the limit of unconsumed bytes is reached: `fill` must not be called then. */
  get isFull(): boolean {
    return this.length >= this.#maxBytes;
  }

  /** Waits for more. @returns whether anything came; `false`: the peer has no more to say */
  async fill(): Promise<boolean> {
    if (++this.#reads > QUICK_READS) await this.#run.pause(PAUSE_MS);
    this.#makeRoom();
    const count = await this.#wire.read(this.bytes.subarray(this.end));
    if (count === null) return false;
    this.end += count;
    return true;
  }

  /** Waits until there are so many bytes. @returns whether they came */
  async has(length: number): Promise<boolean> {
    while (this.length < length) if (!await this.fill()) return false;
    return true;
  }

  /** The next bytes, consumed; a view that is good until the next `fill`. */
  take(length: number): Uint8Array {
    const taken = this.bytes.subarray(this.start, this.start + length);
    this.start += length;
    return taken;
  }

  /** All that waits, not consumed. */
  peek(): Uint8Array {
    return this.bytes.subarray(this.start, this.end);
  }

  [Symbol.dispose](): void {
    this.#pool.give(this.bytes);
  }

  #makeRoom(): void {
    if (this.start === this.end) this.start = this.end = 0;
    if (this.bytes.length - this.end >= MIN_ROOM_BYTES) return;
    const waiting = this.peek();
    const capacity = Math.min(this.bytes.length * 4, this.#maxBytes + SMALL_BYTES);
    const isMostlyFree = this.start * 2 > this.bytes.length && this.#reads <= SMALL_READS;
    const compact = isMostlyFree || capacity <= this.bytes.length;
    const target = compact ? this.bytes : this.#pool.take(capacity);
    target.set(waiting);
    if (!compact) this.#pool.give(this.bytes);
    this.bytes = target;
    this.start = 0;
    this.end = waiting.length;
  }
}
