/** Random bytes fetched at a time: one system call for many ids. */
const POOL_BYTES = 3_072;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Random ids for traces and spans (W3C Trace Context), in lower-case hex. */
export class TraceIds {
  readonly #pool = new Uint8Array(POOL_BYTES);
  #at = POOL_BYTES;

  /** 32 hex digits, not all zero. */
  traceId(): string {
    return this.#hex(16);
  }

  /** 16 hex digits, not all zero. */
  spanId(): string {
    return this.#hex(8);
  }

  #hex(bytes: number): string {
    if (this.#at + bytes > POOL_BYTES) {
      crypto.getRandomValues(this.#pool);
      this.#at = 0;
    }
    let text = "";
    let any = 0;
    for (let i = 0; i < bytes; i++) {
      const byte = this.#pool[this.#at++];
      any |= byte;
      text += HEX[byte];
    }
    return any === 0 ? this.#hex(bytes) : text;
  }
}
