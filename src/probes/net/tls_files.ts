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
    const left = [...texts];
    const ca = this.config.ca === undefined ? undefined : left.shift();
    const cert = this.config.cert === undefined ? undefined : left.shift();
    const key = this.config.key === undefined ? undefined : left.shift();
    try {
      return { kind: "context", context: tls.createSecureContext({ ca, cert, key }) };
    } catch (error) {
      return fail("tls", `cannot use the files named under tls: ${messageOf(error)}`);
    }
  }
}
