/** A way to stop working for a moment, so that the event loop sees to everything else that is ready. */
export interface Pause extends Disposable {
  /** Rejects when this way has failed for good. */
  wait(): Promise<void>;
}

/**
 * Looks at what is ready that a pause takes. A request over a new connection needs three: it is accepted, then read,
 * then answered. With one look a pause its answer took as many slices of work as well (9.6 ms beside slices of 2 ms;
 * with three looks 2.2).
 */
const LOOKS = 3;

/**
 * A pause of as long as a few bytes take through a loopback connection of our own. That it has arrived can only be learned
 * by asking the operating system what is ready, and so that happens; `setImmediate`, messages and short jobs on other
 * threads come back before anybody asks (requests then wait for more than 100 ms), and a timer takes two
 * milliseconds. Measured on Deno 2.9.6.
 */
export class LoopbackPause implements Pause {
  readonly #here: Deno.TcpConn;
  readonly #there: Deno.TcpConn;
  readonly #sent = new Uint8Array(1);
  readonly #received = new Uint8Array(16);

  private constructor(here: Deno.TcpConn, there: Deno.TcpConn) {
    this.#here = here;
    this.#there = there;
  }

  /** @returns undefined where there is no permission for it, or no room */
  static async open(): Promise<LoopbackPause | undefined> {
    const hostname = "127.0.0.1";
    if (Deno.permissions.querySync({ name: "net", host: hostname }).state !== "granted") return undefined;
    try {
      using listener = Deno.listen({ hostname, port: 0 });
      const accepting = listener.accept();
      accepting.catch(() => {}); // when connecting fails, nobody waits for it
      const here = await Deno.connect({ hostname, port: listener.addr.port });
      const there = await accepting;
      if ((there.remoteAddr as Deno.NetAddr).port === (here.localAddr as Deno.NetAddr).port) {
        here.setNoDelay(true);
        return new LoopbackPause(here, there);
      }
      here.close(); // somebody else was quicker
      there.close();
    } catch {
      // No loopback, no free port, too many open files: a timer will do.
    }
    return undefined;
  }

  async wait(): Promise<void> {
    for (let look = 0; look < LOOKS; look++) {
      const [received] = await Promise.all([this.#there.read(this.#received), this.#here.write(this.#sent)]);
      if (received === null) throw new Error("the loopback connection was closed");
    }
  }

  [Symbol.dispose](): void {
    this.#here.close();
    this.#there.close();
  }
}

/** A pause of as long as the shortest timer. */
export class TimerPause implements Pause {
  wait(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, 0));
  }

  [Symbol.dispose](): void {}
}
