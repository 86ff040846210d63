/** Random bytes fetched at a time: one system call for many ids. */
const POOL_BYTES = 3_072;

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
    const from = this.#at;
    this.#at += bytes;
    const text = this.#pool.subarray(from, this.#at).toHex();
    return /^0+$/.test(text) ? this.#hex(bytes) : text;
  }
}
