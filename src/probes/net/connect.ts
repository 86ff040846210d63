import type { Clock } from "../../base/clock.ts";
import { systemCode } from "./socket_error.ts";

/** Head start of each address over the next one (RFC 8305, 5, "Connection Attempt Delay"; Go's dialer takes 300 too). */
const HEAD_START_MS = 300;

/**
 * Opens a connection to one address. Rejects with the system's error, or with any when the signal aborts; what it has
 * opened by then is closed.
 */
export type Connect<T> = (address: string, signal: AbortSignal) => Promise<T>;

/** A connection, and which address it goes to. */
export interface Connected<T> {
  readonly address: string;
  readonly connection: T;
}

export interface ConnectOptions<T> {
  readonly addresses: readonly string[];
  readonly connect: Connect<T>;
  /** Drops a connection that came too late. */
  readonly close: (connection: T) => void;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/**
 * Connects to the first of the addresses that lets us: one after the other as they fail, and side by side once one
 * takes its time. Rejects with the first address's error when none does.
 */
export async function connectToFirst<T>(options: ConnectOptions<T>): Promise<Connected<T>> {
  const { addresses, connect, signal } = options;
  if (addresses.length === 1) {
    return { address: addresses[0], connection: await connect(addresses[0], signal) };
  }
  return await new Race(options).winner();
}

/** The same, strictly one after the other: enough where nobody keeps us waiting, as on the loopback. */
export async function connectInTurn<T>(options: ConnectOptions<T>): Promise<Connected<T>> {
  const { addresses, connect, signal } = options;
  const errors: unknown[] = [];
  for (const address of addresses) {
    try {
      return { address, connection: await connect(address, signal) };
    } catch (error) {
      errors.push(error);
      if (signal.aborted) break;
    }
  }
  throw worthTelling(errors);
}

class Race<T> {
  readonly #options: ConnectOptions<T>;
  readonly #over = new AbortController();
  readonly #result = Promise.withResolvers<Connected<T>>();
  /** By position of the address. */
  readonly #errors: unknown[] = [];
  #next = 0;
  #failures = 0;
  #decided = false;

  constructor(options: ConnectOptions<T>) {
    this.#options = options;
  }

  async winner(): Promise<Connected<T>> {
    const { signal } = this.#options;
    const onAbort = () => this.#over.abort();
    signal.addEventListener("abort", onAbort);
    try {
      if (signal.aborted) onAbort();
      this.#start();
      return await this.#result.promise;
    } finally {
      signal.removeEventListener("abort", onAbort);
      onAbort(); // for the losers, and for who waits for a head start to pass
    }
  }

  #start(): void {
    const { addresses, connect, clock } = this.#options;
    const at = this.#next++;
    connect(addresses[at], this.#over.signal).then(
      (connection) => this.#arrived(at, connection),
      (error) => this.#failed(at, error),
    );
    if (this.#next === addresses.length) return;
    clock.sleepUntil(clock.now() + HEAD_START_MS, this.#over.signal).then((passed) => {
      if (passed && this.#next === at + 1) this.#start();
    });
  }

  #arrived(at: number, connection: T): void {
    if (this.#decided) return this.#options.close(connection);
    this.#decided = true;
    this.#result.resolve({ address: this.#options.addresses[at], connection });
  }

  #failed(at: number, error: unknown): void {
    if (this.#decided) return;
    this.#errors[at] = error;
    this.#failures++;
    if (this.#over.signal.aborted || this.#failures === this.#options.addresses.length) {
      this.#decided = true;
      this.#result.reject(worthTelling(this.#errors));
    } else if (this.#next < this.#options.addresses.length) {
      this.#start();
    }
  }
}

/** The first address's error; not, on a machine without IPv6, that it has none. */
function worthTelling(errors: readonly unknown[]): unknown {
  const known = errors.filter((error) => error !== undefined);
  return known.find((error) => systemCode(error) !== "EADDRNOTAVAIL") ?? known[0];
}
