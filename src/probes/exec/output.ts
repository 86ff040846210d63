import type { Clock } from "../../base/clock.ts";

/** How much of a command's output is kept, stdout and stderr together; the kubelet keeps as much. */
const MAX_OUTPUT_BYTES = 10 * 1024;

/**
 * So much, in so many pieces, is taken as fast as it comes; after that a command that floods us is slowed down, or it
 * would eat a core.
 */
const FAST_BYTES = 1024 * 1024;
const FAST_PIECES = 64;
const PAUSE_MS = 4;

/** Size of the one buffer a stream is read into: new ones of 64 KiB for each read grew to tens of megabytes. */
const BUFFER_BYTES = 16 * 1024;

/** Takes in what a command says on both its streams, in the order it comes. Keeps the beginning, drops the rest. */
export class Output {
  readonly #kept = new Uint8Array(MAX_OUTPUT_BYTES);
  #length = 0;
  readonly #readers: ReadableStreamBYOBReader[] = [];
  readonly #clock: Clock;
  readonly #closed = new AbortController();
  #seenBytes = 0;
  #seenPieces = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Reads a stream of bytes until it ends or is closed. Never rejects. */
  async drain(stream: ReadableStream<Uint8Array>): Promise<void> {
    const reader = stream.getReader({ mode: "byob" });
    this.#readers.push(reader);
    let buffer: Uint8Array = new Uint8Array(BUFFER_BYTES);
    try {
      for (;;) {
        const { value, done } = await reader.read(buffer);
        if (done) return;
        this.#keep(value);
        buffer = new Uint8Array(value.buffer);
        this.#seenBytes += value.length;
        this.#seenPieces++;
        if (this.#seenBytes > FAST_BYTES || this.#seenPieces > FAST_PIECES) {
          await this.#clock.sleepUntil(this.#clock.now() + PAUSE_MS, this.#closed.signal);
        }
      }
    } catch {
      // A broken pipe: what came so far is all there is.
    }
  }

  /** Closes the streams, for a command that has left them to someone who goes on. Ends every `drain`. */
  async close(): Promise<void> {
    this.#closed.abort();
    await Promise.all(this.#readers.map((reader) => reader.cancel().catch(() => {})));
  }

  bytes(): Uint8Array {
    return this.#kept.subarray(0, this.#length);
  }

  #keep(chunk: Uint8Array): void {
    const taken = chunk.subarray(0, MAX_OUTPUT_BYTES - this.#length);
    this.#kept.set(taken, this.#length);
    this.#length += taken.length;
  }
}
