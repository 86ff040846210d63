import dns from "node:dns";
import net from "node:net";
import { messageOf } from "../../base/errors.ts";
import { fail, type Failure } from "../probe.ts";
import { isOurShortage } from "./socket_error.ts";

export type Resolved = { readonly kind: "addresses"; readonly addresses: readonly string[] } | Failure;

/**
 * Both loopback addresses, without asking anyone: what "localhost" means (RFC 6761, 6.3), at no cost. An app may
 * listen on either, so both are tried.
 */
const LOCALHOST: Resolved = { kind: "addresses", addresses: ["127.0.0.1", "::1"] };

/** Asks the system for a host's addresses, in the system's order. A seam for tests. */
export type Lookup = (host: string) => Promise<readonly string[]>;

/**
 * Turns host names into addresses the way every other program on the machine does: by the system's own resolver, so
 * that /etc/hosts, search domains and nsswitch count. Nothing is cached, as in the kubelet; but probes that ask for
 * one name at one time share one question, for a question can't be called off and each holds a thread.
 */
export class Resolver {
  readonly #lookup: Lookup;
  readonly #asked = new Map<string, Promise<Resolved>>();

  constructor(lookup: Lookup = systemLookup) {
    this.#lookup = lookup;
  }

  /** The addresses at once, where no question is needed. */
  known(host: string): Resolved | undefined {
    if (host === "localhost") return LOCALHOST;
    return isAddress(host) ? { kind: "addresses", addresses: [bare(host)] } : undefined;
  }

  /** Asks for the addresses. Never rejects. */
  resolve(host: string): Promise<Resolved> {
    let asked = this.#asked.get(host);
    if (!asked) {
      asked = this.#ask(host).finally(() => this.#asked.delete(host));
      this.#asked.set(host, asked);
    }
    return asked;
  }

  async #ask(host: string): Promise<Resolved> {
    try {
      const addresses = await this.#lookup(host);
      if (addresses.length > 0) return { kind: "addresses", addresses };
      return fail("dns", `cannot resolve ${host}: the name has no address`);
    } catch (error) {
      return fail(isOurShortage(error) ? "internal" : "dns", `cannot resolve ${host}: ${wordsFor(error)}`);
    }
  }
}

/** Whether this is an IP address, IPv6 with or without brackets and zone. */
export function isAddress(host: string): boolean {
  return net.isIP(withoutZone(bare(host))) !== 0;
}

/** An address without the brackets that IPv6 wears in URLs. */
export function bare(host: string): string {
  return host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
}

/** An address without the interface of this machine that a link-local one is reached by ("fe80::1%eth0"). */
function withoutZone(host: string): string {
  const at = host.indexOf("%");
  return at < 0 ? host : host.slice(0, at);
}

/** Host and port as in a URL or a Host header. A zone means nothing to anyone else, so it stays here (RFC 6874, 4). */
export function authority(host: string, port: number): string {
  const name = withoutZone(bare(host));
  return name.includes(":") ? `[${name}]:${port}` : `${name}:${port}`;
}

function systemLookup(host: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    dns.lookup(host, { all: true, verbatim: true }, (error, addresses) => {
      if (error) reject(error);
      else resolve(addresses.map(({ address }) => address));
    });
  });
}

function wordsFor(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  if (code === "ENOTFOUND") return "no such host";
  if (code === "EAI_AGAIN") return "the name server did not answer";
  return messageOf(error);
}
