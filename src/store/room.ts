import { diskBytes } from "./files.ts";

/** The log may grow to this part of the bound before the head is cut early. */
const WAL_SHARE = 1 / 8;

/**
 * The log stops at this part of the bound, for what takes its place must fit in beside it: a block of the head's older
 * half, which is encoded, and a checkpoint of the other half.
 */
const MAX_WAL_SHARE = 0.5;

/** Kept free below the bound, for directories' growth and the last page of each file. */
const SLACK_BYTES = 64 * 1024;

/** Of the calls that ask for it now and then, one in so many measures. */
const MEASURED_ONE_OF = 30;

/** Keeps the directory below its bound: what is there, what was written since that was measured, what is reserved. */
export class Room {
  /** Infinity: no bound. */
  readonly limitBytes: number;
  readonly #dir: string;
  readonly #walDir: string;
  #measuredBytes = 0;
  #measuredWalBytes = 0;
  #writtenBytes = 0;
  #reservedBytes = 0;
  #untilMeasured = 0;

  constructor(dir: string, walDir: string, limitBytes: number) {
    this.#dir = dir;
    this.#walDir = walDir;
    this.limitBytes = limitBytes;
  }

  /** Everything in the directory, in bytes on disk. */
  get usedBytes(): number {
    return this.#measuredBytes + this.#writtenBytes;
  }

  /** The log with its checkpoint. */
  get walBytes(): number {
    return this.#measuredWalBytes + this.#writtenBytes;
  }

  /** How long the log may become before the head is cut early. */
  get walBudgetBytes(): number {
    return this.limitBytes * WAL_SHARE;
  }

  /** How long a checkpoint may be for the log to have as much room again. */
  get mostCheckpointBytes(): number {
    return this.limitBytes * MAX_WAL_SHARE / 2;
  }

  /** Whether the log is half as long as it may ever become: time to shorten it before anything else. */
  get isLogPressing(): boolean {
    return this.walBytes > this.mostCheckpointBytes;
  }

  /** How much blocks may take up, so that the log can grow to its budget and `needed` can be written. */
  blockBudget(blockBytes: number, needed: number): number {
    if (this.limitBytes === Infinity) return Infinity;
    const others = this.usedBytes - blockBytes;
    const walGrowth = Math.max(0, this.walBudgetBytes - this.walBytes);
    return this.limitBytes - SLACK_BYTES - others - walGrowth - needed;
  }

  /** Whether so many bytes can be written below the bound, beside what is reserved. */
  has(bytes: number): boolean {
    return this.usedBytes + this.#reservedBytes + bytes + SLACK_BYTES <= this.limitBytes;
  }

  /** Whether so many bytes could be written once `freedBytes` are gone. */
  hasWithout(freedBytes: number, bytes: number): boolean {
    return this.has(bytes - freedBytes);
  }

  /** Whether the log may become so many bytes longer without standing in the way of what replaces it. */
  hasForLog(bytes: number): boolean {
    return this.walBytes + bytes <= this.limitBytes * MAX_WAL_SHARE;
  }

  /** Told what is written to the log. */
  wroteLog(bytes: number): void {
    this.#writtenBytes += bytes;
  }

  /** Told that so many bytes are gone. */
  freed(bytes: number): void {
    this.#measuredBytes -= bytes;
  }

  /** Keeps so many bytes from the log until disposed. */
  reserve(bytes: number): Disposable {
    this.#reservedBytes += bytes;
    return { [Symbol.dispose]: () => void (this.#reservedBytes -= bytes) };
  }

  /** Looks at what is really there, when that is worth it: it costs a system call a file. */
  measureNowAndThen(): void {
    if (this.#untilMeasured-- <= 0) this.measure();
  }

  /** Looks at what is really there. */
  measure(): void {
    this.#untilMeasured = MEASURED_ONE_OF;
    this.#measuredBytes = diskBytes(this.#dir);
    this.#measuredWalBytes = diskBytes(this.#walDir);
    this.#writtenBytes = 0;
  }
}
