import { Duplex } from "node:stream";
import type { BufferPool } from "./inbox.ts";
import type { Run } from "./run.ts";
import type { Wire } from "./wire.ts";

/** Most bytes a read brings: how much TLS takes in one go follows from it. */
const READ_BYTES = 8_192;

/**
 * So many reads are done as fast as there is something to read, which is more than a handshake takes; before each further
 * one we wait for some more to come. A target that sends rubbish as fast as it can would otherwise be all that is heard.
 */
const QUICK_READS = 32;
const PAUSE_MS = 1;

/**
 * A wire as the stream that `node:tls` wants under it. So what it reads in one go has a bound of ours: from a socket of its
 * own the runtime reads 64 KiB, and where they are rubbish, to decrypt them takes tens of milliseconds.
 *
 * It never fails, for not everybody who gets a stream's error listens: it ends, and `broken` says why.
 */
export class WireStream extends Duplex {
  broken: Error | undefined;
  readonly #wire: Wire;
  readonly #pool: BufferPool;
  readonly #run: Pick<Run, "pause">;
  #reads = 0;

  constructor(wire: Wire, pool: BufferPool, run: Pick<Run, "pause">) {
    super({ readableHighWaterMark: READ_BYTES });
    this.#wire = wire;
    this.#pool = pool;
    this.#run = run;
  }

  override _read(): void {
    this.#readSome().catch((error) => this.#break(error));
  }

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    this.#wire.write(chunk).catch((error) => this.#break(error)).then(done);
  }

  override _destroy(_error: Error | null, done: () => void): void {
    this.#wire.close();
    done(); // without the error: that of bytes which come after a failed write has ended the stream, say
  }

  async #readSome(): Promise<void> {
    if (++this.#reads > QUICK_READS) await this.#run.pause(PAUSE_MS);
    const buffer = this.#pool.take(READ_BYTES);
    try {
      const count = await this.#wire.read(buffer);
      this.push(count === null ? null : buffer.slice(0, count)); // copied: whoever gets it may keep it
    } finally {
      this.#pool.give(buffer);
    }
  }

  #break(error: Error): void {
    this.broken ??= error;
    this.push(null);
  }
}
