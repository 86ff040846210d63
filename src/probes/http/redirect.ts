import type { Quoter } from "../excerpt.ts";
import { authority } from "../net/resolver.ts";
import { fail, type Failure } from "../probe.ts";
import { type ResponseHead, valuesOf } from "./response_head.ts";

/** Where one request goes. */
export interface HttpTarget {
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly port: number;
  /** With query, as it stands in the request line. */
  readonly path: string;
  /** Host and port for `Host`. */
  readonly authority: string;
}

/** Redirects that are followed; one more is a loop. */
export const MAX_REDIRECTS = 10;

/** Longest address that is followed, in characters: many servers take no longer one either. */
const MAX_LOCATION_LENGTH = 8_192;

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export type Redirect =
  /** An answer in its own right. */
  | { readonly kind: "none" }
  | { readonly kind: "follow"; readonly target: HttpTarget; readonly method: string }
  /** To another host: not followed. */
  | { readonly kind: "elsewhere"; readonly host: string }
  | Failure;

/** Where an answer sends us: to the same host name only, whatever the scheme and port (as the kubelet's probes). */
export function redirectOf(head: ResponseHead, from: HttpTarget, method: string, quoter: Quoter): Redirect {
  const [location] = REDIRECTS.has(head.status) ? valuesOf(head, "location") : [];
  if (!location) return { kind: "none" };
  if (location.length > MAX_LOCATION_LENGTH) {
    return fail(
      "redirect",
      `redirected to an address of ${location.length} characters, more than ${MAX_LOCATION_LENGTH}`,
    );
  }
  let url: URL;
  let base: URL;
  try {
    base = new URL(`${from.scheme}://${authority(from.host, from.port)}${from.path}`);
    url = new URL(location, base);
  } catch {
    return fail("redirect", `redirected to ${quoter.quote(location)}, which is no address`);
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    return fail("redirect", `redirected to ${quoter.quote(location)}, which is not HTTP`);
  }
  if (url.hostname !== base.hostname) return { kind: "elsewhere", host: url.hostname };
  if (url.port === "0") {
    return fail("redirect", `redirected to ${quoter.quote(location)}, where nobody can be: port 0`);
  }
  const scheme = url.protocol === "https:" ? "https" : "http";
  return {
    kind: "follow",
    method: head.status < 307 && method !== "HEAD" ? "GET" : method,
    target: {
      scheme,
      host: from.host,
      port: url.port === "" ? (scheme === "https" ? 443 : 80) : Number(url.port),
      path: `${url.pathname}${url.search}`,
      authority: url.host,
    },
  };
}
