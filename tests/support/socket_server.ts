import net from "node:net";
import tls from "node:tls";
import type { CertificateAndKey } from "./tls_fixtures.ts";

/** How a peer speaks TLS. */
export interface PeerTls extends CertificateAndKey {
  /** PEM certificates of authorities: demand a client certificate signed by one of them. Default: none wanted. */
  clientCa?: string;
  /** Application protocols offered (ALPN), best first. Default: none. */
  alpn?: string[];
}

export interface SocketServerOptions {
  /** Address to bind. Default 127.0.0.1. */
  host?: string;
  /** TCP port. Default 0: any free one. */
  port?: number;
  /** Speak TLS. Default: in the clear. */
  tls?: PeerTls;
  /** A connection is there; under TLS, after the handshake. Errors on the socket are caught already. */
  onSocket(socket: net.Socket): void;
}

/** What all peers stand on: a listener that keeps its sockets, and takes them along when it goes. */
export class SocketServer implements AsyncDisposable {
  readonly port: number;
  readonly #server: net.Server;
  readonly #sockets: Set<net.Socket>;

  private constructor(server: net.Server, sockets: Set<net.Socket>) {
    this.port = (server.address() as net.AddressInfo).port;
    this.#server = server;
    this.#sockets = sockets;
  }

  /** @throws when the port is taken */
  static async listen({ host = "127.0.0.1", port = 0, tls: secure, onSocket }: SocketServerOptions) {
    const sockets = new Set<net.Socket>();
    const keep = (socket: net.Socket) => {
      sockets.add(socket);
      // The caller's leaving, in whatever way, is its own business.
      socket.on("error", ignore);
      socket.on("close", () => sockets.delete(socket));
    };
    const accept = (socket: net.Socket) => {
      keep(socket);
      onSocket(socket);
    };
    const server = secure
      ? tls.createServer({
        cert: secure.cert,
        key: secure.key,
        ca: secure.clientCa,
        requestCert: secure.clientCa !== undefined,
        rejectUnauthorized: true,
        ALPNProtocols: secure.alpn,
        allowHalfOpen: true,
      }, accept)
      : net.createServer({ allowHalfOpen: true, noDelay: true }, accept);
    if (secure) server.on("connection", keep); // those still in the handshake, or never through it
    server.on("tlsClientError", ignore);
    await listening(server, port, host);
    return new SocketServer(server, sockets);
  }

  /** Stops listening and drops every connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

/** Starts a server of `node:net`'s family. @throws when the port is taken */
export function listening(server: net.Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      server.on("error", ignore);
      resolve();
    });
  });
}

function ignore(): void {}
