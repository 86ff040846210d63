import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import tls from "node:tls";
import type { Clock } from "../../base/clock.ts";
import { messageOf } from "../../base/errors.ts";
import type { TlsConfig } from "../../config/mod.ts";
import { fail, type Failure } from "../probe.ts";
import { FreshFiles } from "./fresh_files.ts";

export type TlsContext = { readonly kind: "context"; readonly context: tls.SecureContext } | Failure;

/** What a probe brings along for TLS: authorities, certificate and key, read again when the files change. */
export class TlsFiles {
  readonly config: TlsConfig;
  readonly #files: FreshFiles;
  #made: { version: number; result: TlsContext } | undefined;

  constructor(config: TlsConfig, clock: Clock) {
    this.config = config;
    this.#files = new FreshFiles(
      [config.ca, config.cert, config.key].filter((path) => path !== undefined),
      clock,
    );
  }

  /** Never rejects. */
  async context(): Promise<TlsContext> {
    const read = await this.#files.read();
    if (read.kind === "unreadable") return fail("tls", `cannot read a file named under tls: ${read.detail}`);
    if (this.#made?.version !== read.version) {
      this.#made = { version: read.version, result: this.#make(read.texts) };
    }
    return this.#made.result;
  }

  #make(texts: readonly string[]): TlsContext {
    const left = texts.map((text) => text.replace(/^\ufeff/, "")); // with that sign before it TLS misses the first block
    const ca = this.config.ca === undefined ? undefined : readableAuthorities(left.shift()!);
    const cert = this.config.cert === undefined ? undefined : left.shift()!;
    const key = this.config.key === undefined ? undefined : left.shift()!;
    // TLS itself would leave out what it can't use, or blame the target for it.
    if (ca === "") return unusable("ca holds no certificate (PEM) that can be read");
    const wrong = cert === undefined || key === undefined ? undefined : wrongWithPair(cert, key);
    if (wrong !== undefined) return unusable(wrong);
    try {
      return { kind: "context", context: tls.createSecureContext({ ca, cert, key }) };
    } catch (error) {
      return unusable(messageOf(error));
    }
  }
}

function unusable(what: string): Failure {
  return fail("tls", `cannot use the files named under tls: ${what}`);
}

/** Those that can be read: `node:tls` stumbles over any other one when the handshake is done. */
function readableAuthorities(ca: string): string {
  return blocksOf(ca, /^(?:X509 |TRUSTED )?CERTIFICATE$/).filter((block) => certificateIn(block)).join("\n");
}

/** Why a client can't show this certificate; `undefined`: nothing is known to be wrong. */
function wrongWithPair(cert: string, key: string): string | undefined {
  const [leaf] = blocksOf(cert, /^CERTIFICATE$/);
  const certificate = leaf === undefined ? undefined : certificateIn(leaf);
  if (!certificate) return "cert holds no certificate (PEM) that can be read";
  const blocks = blocksOf(key, /^(?:RSA |EC |ENCRYPTED )?PRIVATE KEY$/);
  const inTheClear = blocks.filter((block) => !/^-----BEGIN ENCRYPTED|^Proc-Type:.*ENCRYPTED/m.test(block));
  if (blocks.length > 0 && inTheClear.length === 0) {
    return "key is encrypted, and nothing here knows its password";
  }
  const keys = inTheClear.map(keyIn).filter((key) => key !== undefined);
  if (keys.length === 0) return "key holds no private key (PEM) that can be read";
  return keys.some((key) => mayBelong(key, certificate)) ? undefined : "key does not belong to cert";
}

/** A text's PEM blocks of these kinds. A file may have more in it: what `openssl` writes between them, the key as well. */
function blocksOf(text: string, label: RegExp): string[] {
  return [...text.matchAll(/^-----BEGIN ([A-Z0-9 ]+)-----(?:(?!-----)[^])*-----END \1-----/gm)]
    .filter(([, found]) => label.test(found)).map(([block]) => block);
}

function certificateIn(block: string): X509Certificate | undefined {
  try {
    return new X509Certificate(block);
  } catch {
    return undefined;
  }
}

function keyIn(block: string): KeyObject | undefined {
  try {
    return createPrivateKey(block);
  } catch {
    return undefined;
  }
}

/** `true` as well where that can't be told. */
function mayBelong(key: KeyObject, certificate: X509Certificate): boolean {
  try {
    return certificate.checkPrivateKey(key);
  } catch {
    return true;
  }
}
