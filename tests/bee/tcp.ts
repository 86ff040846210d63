import type { Clock } from "../../src/base/clock.ts";

/** The conversation: what the caller must say, and what Bee says to it. Lines end in "\n". */
const CONVERSATION: ReadonlyArray<{ hears: string; says: string }> = [
  { hears: "hello", says: "yellow" },
  { hears: "how're ya now?", says: "can't complain" },
];

/** Limit for a whole conversation, milliseconds. */
const CONVERSATION_LIMIT_MS = 10_000;

/** A caller who says more than this without ending the line is hung up on. */
const MAX_LINE_BYTES = 1_024;

export interface TcpOptions {
  clock: Clock;
  /** Address to bind. */
  host: string;
  /** TCP port; 0 for any free one. */
  port: number;
}

/** Holds the conversation with every caller; hangs up at the first wrong line, and at the end. */
export class TcpEndpoint implements AsyncDisposable {
  readonly port: number;
  readonly #clock: Clock;
  readonly #listener: Deno.TcpListener;
  readonly #connections = new Set<Deno.TcpConn>();
  readonly #accepting: Promise<void>;

  constructor({ clock, host, port }: TcpOptions) {
    this.#clock = clock;
    this.#listener = Deno.listen({ hostname: host, port });
    this.port = this.#listener.addr.port;
    this.#accepting = this.#accept();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepting;
  }

  async #accept(): Promise<void> {
    const conversations = new Set<Promise<void>>();
    try {
      for await (const connection of this.#listener) {
        const conversation = this.#converse(connection).finally(() => conversations.delete(conversation));
        conversations.add(conversation);
      }
    } finally {
      for (const connection of this.#connections) close(connection);
      await Promise.all(conversations);
    }
  }

  async #converse(connection: Deno.TcpConn): Promise<void> {
    this.#connections.add(connection);
    const over = new AbortController();
    const limit = this.#clock.sleepUntil(this.#clock.now() + CONVERSATION_LIMIT_MS, over.signal)
      .then((expired) => {
        if (expired) close(connection);
      });
    try {
      const lines = readLines(connection);
      for (const { hears, says } of CONVERSATION) {
        const line = await lines.next();
        if (line.done || line.value !== hears) return;
        await writeAll(connection, `${says}\n`);
      }
    } catch {
      // The caller went away, or ran out of time: its business. Bee serves the next one.
    } finally {
      over.abort();
      await limit;
      close(connection);
      this.#connections.delete(connection);
    }
  }
}

/** Yields each line without its "\n"; ends at end of stream and at a line that is too long. */
async function* readLines(connection: Deno.TcpConn): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(MAX_LINE_BYTES);
  let length = 0;
  while (length < buffer.length) {
    const count = await connection.read(buffer.subarray(length));
    if (count === null) return;
    length += count;
    for (let end; (end = buffer.subarray(0, length).indexOf(0x0a)) >= 0;) {
      yield decoder.decode(buffer.subarray(0, end));
      buffer.copyWithin(0, end + 1, length);
      length -= end + 1;
    }
  }
}

async function writeAll(connection: Deno.TcpConn, text: string): Promise<void> {
  let rest = new TextEncoder().encode(text);
  while (rest.length > 0) rest = rest.subarray(await connection.write(rest));
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // Closed already, by the caller's end, the limit or the listener.
  }
}
