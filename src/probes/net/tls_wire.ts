import type { Buffer } from "node:buffer";
import type { Duplex } from "node:stream";
import tls from "node:tls";
import net from "node:net";
import type { BufferPool } from "./inbox.ts";
import { isAddress } from "./resolver.ts";
import type { Run } from "./run.ts";
import type { Wire } from "./wire.ts";
import { WireStream } from "./wire_stream.ts";

/**
 * Whether `node:tls` takes any stream under it and still tells of the peer's certificates: since Deno 2.8. A build with an
 * older one keeps the connection of a handshake that hangs until the peer ends it.
 */
export const TLS_TAKES_STREAMS = !/^2\.[0-7]\./.test(Deno.version.deno);

/** A chain longer than this goes round in circles. */
const MAX_CHAIN = 16;

export interface TlsOptions {
  /** Name or address that the certificate must be for; a name is asked for, too (SNI). */
  readonly serverName: string;
  readonly context: tls.SecureContext;
  readonly verify: boolean;
  /** Application protocols to offer (ALPN); none when empty. */
  readonly alpn: readonly string[];
}

/**
 * A connection under TLS, by `node:tls`: the one client at hand that can leave out verification for a single
 * connection and tells about the peer's certificates.
 */
export class TlsWire implements Wire {
  readonly #raw: Duplex;
  readonly #socket: tls.TLSSocket;
  #error: Error | undefined;
  #ended = false;
  #closed = false;
  #secure = false;
  #wake: () => void = () => {};

  private constructor(raw: Duplex, options: TlsOptions) {
    const socket = tls.connect({
      socket: raw,
      servername: isAddress(options.serverName) ? "" : options.serverName,
      checkServerIdentity: (_host, certificate) => tls.checkServerIdentity(options.serverName, certificate),
      rejectUnauthorized: options.verify,
      secureContext: options.context,
      ALPNProtocols: options.alpn.length > 0 ? [...options.alpn] : undefined,
    });
    this.#raw = raw;
    this.#socket = socket;
    socket.on("secureConnect", () => this.#turn(() => this.#secure = true));
    socket.on("readable", () => this.#turn(() => {}));
    socket.on("end", () => this.#turn(() => this.#ended = true));
    socket.on("close", () => this.#turn(() => this.#closed = true));
    socket.on("error", (error) => this.#turn(() => this.#error ??= withCode(error)));
  }

  /** Takes over a connection. The handshake goes on by itself, see `secured`. */
  static over(wire: Wire, pool: BufferPool, run: Pick<Run, "pause">, options: TlsOptions): TlsWire {
    wire.setNoDelay(); // or a request may wait for the peer's word on what ended the handshake: 40 ms
    const raw = new WireStream(wire, pool, run);
    try {
      return new TlsWire(raw, options);
    } catch (error) {
      raw.destroy();
      throw error;
    }
  }

  /**
   * The same by a socket of `node:net`, for runtimes that want one. TLS comes on top in the moment in which it is
   * connected: later it can't be taken over any more (Deno 2.7.11).
   */
  static connect(address: string, port: number, options: TlsOptions, signal: AbortSignal): Promise<TlsWire> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const raw = net.connect({ host: address, port, noDelay: true });
      const onAbort = () => {
        raw.destroy();
        reject(signal.reason);
      };
      const settle = (then: () => void) => {
        signal.removeEventListener("abort", onAbort);
        then();
      };
      signal.addEventListener("abort", onAbort, { once: true });
      raw.once("connect", () =>
        settle(() => {
          try {
            resolve(new TlsWire(raw, options));
          } catch (error) {
            raw.destroy();
            reject(error);
          }
        }));
      raw.on("error", (error) => settle(() => reject(error))); // for good: an error nobody hears ends the process
    });
  }

  /** Waits for the end of the handshake. Rejects when it fails. */
  async secured(): Promise<void> {
    while (!this.#secure) {
      this.#refuseBroken();
      await this.#turned();
    }
  }

  /** The application protocol agreed on (ALPN). */
  get protocol(): string | undefined {
    return this.#socket.alpnProtocol || undefined;
  }

  /** Unix seconds at which the first certificate that the peer sent runs out; `undefined` where that can't be told. */
  get certificateExpirySeconds(): number | undefined {
    try {
      return earliestExpirySeconds(this.#socket.getPeerCertificate(true));
    } catch {
      return undefined; // nobody verified it, so it may be anything
    }
  }

  async read(into: Uint8Array): Promise<number | null> {
    for (;;) {
      const available = this.#socket.readableLength;
      const chunk = this.#socket.read(available === 0 ? undefined : Math.min(available, into.length)) as
        | Buffer
        | null;
      if (chunk) {
        into.set(chunk);
        return chunk.length;
      }
      this.#refuseCut(); // to TLS that is an end like any other
      if (this.#ended) return null;
      this.#refuseBroken();
      await this.#turned();
    }
  }

  write(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return Promise.resolve(); // the socket would take it for a failure: EPERM
    return new Promise((resolve, reject) => {
      // Copied: the socket may keep the bytes beyond the callback's time, and the caller uses its buffer again.
      this.#socket.write(bytes.slice(), (error) => error ? reject(this.#error ?? error) : resolve());
    });
  }

  setNoDelay(): void {
    // It was told from the start.
  }

  close(): void {
    this.#socket.destroy();
    this.#raw.destroy();
  }

  #refuseBroken(): void {
    this.#refuseCut();
    if (this.#error) throw this.#error;
    if (this.#closed) throw new Deno.errors.UnexpectedEof("the connection was closed");
  }

  #refuseCut(): void {
    if (this.#raw instanceof WireStream && this.#raw.broken) throw this.#raw.broken;
  }

  #turned(): Promise<void> {
    return new Promise((resolve) => this.#wake = resolve);
  }

  #turn(change: () => void): void {
    change();
    this.#wake();
  }
}

function earliestExpirySeconds(leaf: tls.DetailedPeerCertificate): number | undefined {
  let earliest: number | undefined;
  let certificate: tls.DetailedPeerCertificate | undefined = leaf;
  for (let depth = 0; certificate?.valid_to && depth < MAX_CHAIN; depth++) {
    const expiry = Date.parse(certificate.valid_to) / 1_000;
    if (expiry < (earliest ?? Infinity)) earliest = expiry;
    const issuer: tls.DetailedPeerCertificate | undefined = certificate.issuerCertificate;
    certificate = issuer === certificate ? undefined : issuer; // a self-signed one is its own issuer
  }
  return earliest;
}

/** Deno 2.7.11 tells of a refused certificate without a code, and only after it has called the connection secure. */
function withCode(error: Error & { code?: string }): Error {
  error.code ??= "ERR_TLS_HANDSHAKE";
  return error;
}
