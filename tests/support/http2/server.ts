import type { Socket } from "node:net";
import { type PeerTls, SocketServer } from "../socket_server.ts";
import { Connection, type Exchange } from "./connection.ts";

export interface Http2ServerOptions {
  /** Address to bind. Default 127.0.0.1. */
  host?: string;
  /** TCP port. Default 0: any free one. */
  port?: number;
  /** Speak TLS, offering "h2" by ALPN. Default: in the clear, by prior knowledge. */
  tls?: Omit<PeerTls, "alpn">;
  /** Larger request bodies are cut off there, and say so. Default 4 MiB. */
  maxBodyBytes?: number;
  /** A request is there, with its whole body. A throw resets the stream. */
  onRequest(exchange: Exchange): void;
}

/**
 * An HTTP/2 server small enough to misbehave on purpose and sturdy enough to be left alone with rude callers. It is our
 * own because `node:http2` rests on a library that ends the whole process when a session goes at a bad moment, and
 * because `Deno.serve` has no trailers, without which there is no gRPC.
 */
export class Http2Server implements AsyncDisposable {
  readonly port: number;
  readonly #server: SocketServer;

  private constructor(server: SocketServer) {
    this.port = server.port;
    this.#server = server;
  }

  /** @throws when the port is taken */
  static async listen(options: Http2ServerOptions): Promise<Http2Server> {
    const { host, port, tls, maxBodyBytes = 4 * 1024 * 1024, onRequest } = options;
    const onSocket = (socket: Socket) => {
      const connection = new Connection({ socket, maxBodyBytes, onRequest });
      socket.on("data", (chunk: Uint8Array) => connection.receive(chunk));
      socket.on("end", () => socket.end());
    };
    const secure = tls && { ...tls, alpn: ["h2"] };
    return new Http2Server(await SocketServer.listen({ host, port, tls: secure, onSocket }));
  }

  /** Stops listening and drops every connection. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#server[Symbol.asyncDispose]();
  }
}
