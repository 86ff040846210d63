/** What waits for a request's beginning: a kubelet's whole request fits, and thousands of idle connections hold one each. */
const SMALL_BYTES = 512;

/** What is read at once from clients that send as much. */
const LARGE_BYTES = 16 * 1024;

/** What a connection brings, in order, a piece of it kept until it is wanted. */
export class Inlet {
  readonly #connection: Deno.TcpConn;
  readonly #onOver: () => void;
  #isLookingAhead = false;
  #bytes = new Uint8Array(SMALL_BYTES);
  #start = 0;
  #end = 0;
  #wasFilled = false;
  #reading: Promise<void> | undefined;
  #isOver = false;
  #bytesRead = 0;

  /** `onOver` is told that nothing more will come, if it comes out while somebody looks ahead. */
  constructor(connection: Deno.TcpConn, onOver: () => void) {
    this.#connection = connection;
    this.#onOver = onOver;
  }

  /** Bytes that have come so far. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** Whether nothing more will come: the client has left, or the connection has broken. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** What has come and not been taken: a view until the next call. */
  get unread(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.#end);
  }

  take(count: number): void {
    this.#start += count;
  }

  /** Waits until more has come, or nothing will. */
  read(): Promise<void> {
    if (!this.#reading && !this.#isOver) this.#begin();
    return this.#reading ?? Promise.resolve();
  }

  /** The same. @returns whether there is more */
  async fill(): Promise<boolean> {
    const before = this.#bytesRead;
    await this.read();
    return this.#bytesRead > before;
  }

  /** Begins to read what comes next, if there is room: one hears of a client that leaves while it is answered. */
  lookAhead(): void {
    if (this.#isOver) return this.#onOver();
    if (!this.#reading && this.#end - this.#start === this.#bytes.length) return;
    if (!this.#reading) this.#begin();
    this.#isLookingAhead = true;
  }

  /** Whoever looked ahead does not want to hear of it any more. */
  lookAway(): void {
    this.#isLookingAhead = false;
  }

  #begin(): void {
    this.#makeRoom();
    this.#reading = this.#connection.read(this.#bytes.subarray(this.#end)).then(
      (count) => this.#onRead(count),
      () => this.#onRead(null),
    );
  }

  /** `null`: nothing more will come. */
  #onRead(count: number | null): void {
    const wasLookingAhead = this.#isLookingAhead;
    this.#isLookingAhead = false;
    this.#reading = undefined;
    this.#end += count ?? 0;
    this.#wasFilled = this.#end === this.#bytes.length;
    this.#bytesRead += count ?? 0;
    if (count !== null) return;
    this.#isOver = true;
    if (wasLookingAhead) this.#onOver();
  }

  #makeRoom(): void {
    const { unread } = this;
    if (unread.length === 0) {
      const length = this.#wasFilled ? Math.min(LARGE_BYTES, 2 * this.#bytes.length) : SMALL_BYTES;
      if (this.#bytes.length !== length) this.#bytes = new Uint8Array(length);
    } else if (this.#end === this.#bytes.length) {
      const bytes = unread.length > this.#bytes.length / 2
        ? new Uint8Array(2 * this.#bytes.length)
        : this.#bytes;
      bytes.set(unread);
      this.#bytes = bytes;
    } else return;
    this.#start = 0;
    this.#end = unread.length;
  }
}
