/** A connection, whatever is under it. Closing makes a pending read or write reject. */
export interface Wire {
  /** Reads what is there into the buffer. @returns how many bytes; `null`: the peer has no more to say */
  read(into: Uint8Array): Promise<number | null>;
  /** Writes all of it. */
  write(bytes: Uint8Array): Promise<void>;
  /** Sends small writes at once, however many follow each other. */
  setNoDelay(): void;
  /** Drops the connection. May be called twice. */
  close(): void;
}

/** A connection in the clear. */
export class PlainWire implements Wire {
  readonly #connection: Deno.TcpConn;
  #open = true;

  constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  read(into: Uint8Array): Promise<number | null> {
    return this.#connection.read(into);
  }

  async write(bytes: Uint8Array): Promise<void> {
    let written = await this.#connection.write(bytes);
    while (written < bytes.length) written += await this.#connection.write(bytes.subarray(written));
  }

  setNoDelay(): void {
    this.#connection.setNoDelay(true);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    try {
      this.#connection.close();
    } catch {
      // The system has closed it already: nothing to lose.
    }
  }
}
