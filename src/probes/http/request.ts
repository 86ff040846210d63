import { type HeaderConfig, isReservedHeader } from "../../config/mod.ts";
import type { TraceContext } from "../../model/trace.ts";
import { traceparent } from "../../model/trace.ts";
import { VERSION } from "../../model/version.ts";

/** A header: name as sent, value. */
export type HeaderLine = readonly [name: string, value: string];

/** Sent where the configuration says nothing; given as "" they are left out. */
const DEFAULTS: readonly HeaderLine[] = [["User-Agent", `bunny/${VERSION}`], ["Accept", "*/*"]];

/** A probe's headers, in the order in which they go out, and what it says for `Host`. */
export interface RequestHeaders {
  /** `undefined`: the target's own host and port. */
  readonly host: string | undefined;
  readonly lines: readonly HeaderLine[];
}

/** Sorts out what the configuration gives. A header given as "" is not sent. */
export function requestHeaders(configured: readonly HeaderConfig[]): RequestHeaders {
  const lines: HeaderLine[] = [];
  const given = new Set<string>();
  let host: string | undefined;
  for (const { name, value } of configured) {
    const lower = name.toLowerCase();
    given.add(lower);
    if (lower === "host") host ||= value;
    else if (!isReservedHeader(lower) && (value !== "" || !isDefault(lower))) {
      lines.push([name, oneLine(value)]);
    }
  }
  for (const line of DEFAULTS) if (!given.has(line[0].toLowerCase())) lines.push(line);
  return { host: host === undefined ? undefined : oneLine(host), lines };
}

/** The trace's header, unless the configuration brings one. */
export function traceLines(headers: RequestHeaders, trace: TraceContext | undefined): readonly HeaderLine[] {
  if (!trace || headers.lines.some(([name]) => name.toLowerCase() === "traceparent")) return [];
  return [["traceparent", traceparent(trace)]];
}

/** The values that only the target may see: all but those that say nothing in confidence. */
export function secretsOf(configured: readonly HeaderConfig[]): string[] {
  return configured.filter(({ name }) => !/^(host|accept|accept-.*|content-type|user-agent)$/i.test(name))
    .map(({ value }) => value);
}

/**
 * The request as bytes of HTTP/1.1, without a body. `path` with its query; `authority` is used for `Host` unless the
 * headers have one.
 */
export function encodeRequest(
  method: string,
  path: string,
  authority: string,
  headers: RequestHeaders,
  trace: TraceContext | undefined,
): Uint8Array {
  let text = `${method} ${path} HTTP/1.1\r\nHost: ${headers.host ?? authority}\r\n`;
  for (const [name, value] of headers.lines) text += `${name}: ${value}\r\n`;
  for (const [name, value] of traceLines(headers, trace)) text += `${name}: ${value}\r\n`;
  if (method === "POST") text += "Content-Length: 0\r\n";
  return new TextEncoder().encode(`${text}Connection: close\r\n\r\n`);
}

/** A path as it may stand in a request line: what has no place there is percent-encoded, a fragment is left out. */
export function requestPath(path: string): string {
  const [beforeFragment] = path.split("#", 1);
  return beforeFragment.replaceAll(/[^\x21-\x7e]+/g, (text) =>
    [...new TextEncoder().encode(text)]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""));
}

/** Whether this can be a header's name (RFC 9110, 5.6.2, token). */
export function isToken(name: string): boolean {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name);
}

function isDefault(lowerName: string): boolean {
  return DEFAULTS.some(([name]) => name.toLowerCase() === lowerName);
}

/** A line break in a value would be another header. */
function oneLine(value: string): string {
  return value.replaceAll(/[\r\n\0]+/g, " ");
}
