/** How much of a command's output is kept, stdout and stderr together; the kubelet keeps as much. */
export const MAX_OUTPUT_BYTES = 10 * 1024;

/** Takes in what a command says on both its streams, in the order it comes. Keeps the beginning, drops the rest. */
export class Output {
  readonly #kept = new Uint8Array(MAX_OUTPUT_BYTES);
  #length = 0;
  readonly #readers: ReadableStreamDefaultReader<Uint8Array>[] = [];

  /** Reads a stream until it ends or is closed. Never rejects. */
  async drain(stream: ReadableStream<Uint8Array>): Promise<void> {
    const reader = stream.getReader();
    this.#readers.push(reader);
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        this.#keep(value);
      }
    } catch {
      // A broken pipe: what came so far is all there is.
    }
  }

  /** Closes the streams, for a command that has left them to someone who goes on. */
  async close(): Promise<void> {
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
