import type { Buffer } from "node:buffer";
import net from "node:net";
import tls from "node:tls";
import { isAddress } from "./resolver.ts";
import type { Wire } from "./wire.ts";

/** A chain longer than this goes round in circles. */
const MAX_CHAIN = 16;

export interface TlsConnectOptions {
  /** IP address. */
  readonly address: string;
  readonly port: number;
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
  readonly #raw: net.Socket;
  readonly #socket: tls.TLSSocket;
  #error: Error | undefined;
  #ended = false;
  #closed = false;
  #secure = false;
  #wake: () => void = () => {};

  private constructor(raw: net.Socket, options: TlsConnectOptions) {
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

  /**
   * Connects; the handshake goes on by itself, see `secured`. TLS comes on top only when the connection is there: a
   * `tls.connect` that is called off while it still connects is never freed (Deno 2.9.6), 5 KB a time. And it comes
   * in the same moment: a socket that was left alone for a while can't be taken over any more (Deno 2.7.11).
   */
  static connect(options: TlsConnectOptions, signal: AbortSignal): Promise<TlsWire> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const raw = net.connect({ host: options.address, port: options.port });
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
      if (this.#ended) return null;
      this.#refuseBroken();
      await this.#turned();
    }
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      // Copied: the socket may keep the bytes beyond the callback's time, and the caller uses its buffer again.
      this.#socket.write(bytes.slice(), (error) => error ? reject(this.#error ?? error) : resolve());
    });
  }

  setNoDelay(): void {
    this.#socket.setNoDelay(true);
  }

  close(): void {
    this.#socket.destroy();
    this.#raw.destroy();
  }

  #refuseBroken(): void {
    if (this.#error) throw this.#error;
    if (this.#closed) throw new Deno.errors.UnexpectedEof("the connection was closed");
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
