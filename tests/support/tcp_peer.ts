import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import { type PeerTls, SocketServer } from "./socket_server.ts";

/** What the peer says and does on one connection. When it returns, the peer closes its side. */
export type Script = (conversation: Conversation) => void | Promise<void>;

export interface TcpPeerOptions {
  /** Speak TLS. Default: in the clear. */
  tls?: PeerTls;
}

/**
 * A TCP (or TLS) peer on a free loopback port that follows a script on every connection:
 *
 *     await using peer = await tcpPeer(async (conversation) => {
 *       if (await conversation.readUntil("\n") !== "hello") return conversation.reset();
 *       await conversation.send("yel");
 *       await conversation.hang();
 *     });
 *
 * An error that a script throws comes out when the peer is disposed of.
 */
export async function tcpPeer(script: Script, { tls }: TcpPeerOptions = {}): Promise<TcpPeer> {
  const conversations: Conversation[] = [];
  const running: Promise<void>[] = [];
  const errors: unknown[] = [];
  const server = await SocketServer.listen({
    tls,
    onSocket(socket) {
      const conversation = new Conversation(socket);
      conversations.push(conversation);
      running.push(
        (async () => await script(conversation))()
          .catch((error) => void errors.push(error))
          .finally(() => conversation.end()),
      );
    },
  });
  return {
    port: server.port,
    conversations,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await Promise.all(running);
      if (errors.length > 0) throw errors[0];
    },
  };
}

export interface TcpPeer extends AsyncDisposable {
  readonly port: number;
  /** One for each connection so far, oldest first. */
  readonly conversations: readonly Conversation[];
}

/** One connection, seen from the peer. Nothing here throws when the caller leaves. */
export class Conversation {
  /** Resolves when the connection is gone, whoever ended it. */
  readonly over: Promise<void>;
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #readBytes = 0;
  #ended = false;
  #wake: () => void = () => {};

  constructor(socket: Socket) {
    this.#socket = socket;
    this.over = new Promise((resolve) => socket.once("close", () => resolve()));
    socket.on("data", (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    for (const event of ["end", "close"]) {
      socket.once(event, () => {
        this.#ended = true;
        this.#wake();
      });
    }
  }

  /** All that came so far, read or not. */
  get received(): Uint8Array {
    return this.#received;
  }

  /** The same as text (UTF-8). */
  get receivedText(): string {
    return this.#received.toString();
  }

  /** Reads on to the next `delimiter`, and past it. @returns what came before it; `undefined` if the caller ended first */
  async readUntil(delimiter: string): Promise<string | undefined> {
    for (;;) {
      const at = this.#received.indexOf(delimiter, this.#readBytes);
      if (at >= 0) {
        const text = this.#received.toString("utf8", this.#readBytes, at);
        this.#readBytes = at + Buffer.byteLength(delimiter);
        return text;
      }
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** Reads on until the caller has no more to say. */
  async readToEnd(): Promise<string> {
    while (!this.#ended) await new Promise<void>((resolve) => this.#wake = resolve);
    const text = this.#received.toString("utf8", this.#readBytes);
    this.#readBytes = this.#received.length;
    return text;
  }

  /** Waits for more. @returns what has come since the last read; nothing: the caller has no more to say */
  async readSome(): Promise<Uint8Array> {
    while (!this.#ended && this.#readBytes === this.#received.length) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    const some = this.#received.subarray(this.#readBytes);
    this.#readBytes = this.#received.length;
    return some;
  }

  /** Stops taking what the caller sends, so that its writes come to a stand. */
  stopReading(): void {
    this.#socket.pause();
  }

  /** @returns whether the system took all of it; `false`: the caller is gone */
  send(data: string | Uint8Array): Promise<boolean> {
    return new Promise((resolve) => {
      if (this.#socket.destroyed || !this.#socket.writable) return resolve(false);
      this.over.then(() => resolve(false));
      this.#socket.write(data, (error) => resolve(!error));
    });
  }

  /** Sends `chunk` over and over until the caller leaves, at most `maxBytes`. @returns bytes sent */
  async flood(chunk: string | Uint8Array, maxBytes = 64 * 1024 * 1024): Promise<number> {
    const chunkBytes = Buffer.byteLength(chunk);
    let sentBytes = 0;
    for (let sent = 1; sentBytes < maxBytes && await this.send(chunk); sent++) {
      sentBytes += chunkBytes;
      if (sent % 64 === 0) await new Promise((resolve) => setTimeout(resolve, 0)); // others live in this process, too
    }
    return sentBytes;
  }

  /** Says and does nothing more until the connection is gone. */
  hang(): Promise<void> {
    return this.over;
  }

  /** Closes the peer's side in good order (FIN); the caller may go on. */
  end(): void {
    if (!this.#socket.destroyed) this.#socket.end();
  }

  /** Ends the connection with a reset (RST). Right at the start it may reach the caller while it still connects. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }
}

/**
 * A port on which connecting takes for ever: its queue of connections is full and nobody accepts. For limits on
 * connecting.
 */
export async function unacceptingPeer(): Promise<{ readonly port: number } & Disposable> {
  const resources = new DisposableStack();
  const listener = resources.adopt(
    Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 1 }),
    (listener) => listener.close(),
  );
  const { port } = listener.addr;
  for (;;) {
    const connection = await connectWithin(port, 200);
    if (!connection) return { port, [Symbol.dispose]: () => resources.dispose() };
    resources.use(connection);
  }
}

async function connectWithin(port: number, limitMs: number): Promise<Deno.TcpConn | undefined> {
  try {
    return await Deno.connect({ hostname: "127.0.0.1", port, signal: AbortSignal.timeout(limitMs) });
  } catch (error) {
    if (error instanceof DOMException) return undefined;
    throw error;
  }
}
