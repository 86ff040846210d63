import { messageOf } from "../../base/errors.ts";
import type { Reason } from "../../model/probe_result.ts";
import { fail, type Failure } from "../probe.ts";

/**
 * Errors that tell of our own shortage — files, ports, memory — and nothing of the target. EINVAL is what connecting
 * gives when no local address fits.
 */
const OUR_SHORTAGE: ReadonlySet<string> = new Set([
  "EMFILE",
  "ENFILE",
  "EADDRNOTAVAIL",
  "EADDRINUSE",
  "EINVAL",
  "ENOBUFS",
  "ENOMEM",
]);

/** Words for the errors that people meet most. */
const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset",
  EPIPE: "connection closed by the target",
  ETIMEDOUT: "the system's own limit passed",
  EHOSTUNREACH: "no route to the host",
  ENETUNREACH: "no route to the network",
  ERR_SSL_WRONG_VERSION_NUMBER: "the target does not speak TLS",
  EMFILE: "too many open files in this process",
  ENFILE: "too many open files on this machine",
  EADDRNOTAVAIL: "no local address or port is free",
  EAI_NONAME: "the system does not take the address: is its zone, after the %, a network interface?",
};

/** How Deno begins when an address to connect to is none to the system. */
const LOOKUP_FAILED = "failed to lookup address information: ";

/** Whether this error tells of our own shortage, and nothing of the target. */
export function isOurShortage(error: unknown): boolean {
  return OUR_SHORTAGE.has(systemCode(error) ?? "");
}

/** The error's system code, such as "ECONNRESET"; `undefined` when the system had no part in it. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { code?: unknown };
  if (typeof code === "string") return code;
  // Deno raises these by itself, without a code.
  if (error instanceof Deno.errors.UnexpectedEof || error instanceof Deno.errors.InvalidData) {
    return error.name;
  }
  if (error instanceof Deno.errors.NotCapable) return "NotCapable";
  // A plain Error, as one of our own would be: its words are all that tells it. Names are resolved by then, so what
  // the system could not look up is a zone.
  if (error.message.startsWith(LOOKUP_FAILED)) return "EAI_NONAME";
  return undefined;
}

/**
 * What a system error on a socket says about the target: refused, our own shortage (internal), or `otherwise`.
 * `undefined` for an error that is none of the system's.
 */
export function socketFailure(error: unknown, during: string, otherwise: Reason): Failure | undefined {
  const code = systemCode(error);
  if (code === undefined) return undefined;
  return fail(reasonOf(code) ?? otherwise, `${during}: ${WORDS[code] ?? messageOf(error)}`);
}

function reasonOf(code: string): Reason | undefined {
  if (code === "ECONNREFUSED") return "refused";
  if (OUR_SHORTAGE.has(code) || code === "NotCapable") return "internal";
  // An alert can come long after the handshake: TLS 1.3 refuses a client's certificate only then.
  if (code.startsWith("ERR_SSL_") || code.startsWith("ERR_TLS_")) return "tls";
  return undefined;
}
