/** How a scrape page is written. */
export interface ScrapeFormat {
  readonly kind: "text" | "openmetrics";
  /** Names outside [a-zA-Z_:][a-zA-Z0-9_:]*: written as they are, or with underscores for what is not allowed. */
  readonly escaping: "allow-utf-8" | "underscores";
  /** The answer's Content-Type. */
  readonly contentType: string;
}

/** What a client gets that names none of our formats. */
export const DEFAULT_FORMAT: ScrapeFormat = format("text", "0.0.4", "underscores");

/** Longest Accept header that is looked at, in characters. */
const MAX_ACCEPT_LENGTH = 2_048;

/**
 * The best format for an Accept header (RFC 9110, 12.5.1; Prometheus, content negotiation): the range with the highest
 * q that names a format of ours, the more specific one among equals. An unknown wish gets the plain text format.
 */
export function negotiateFormat(accept: string | undefined): ScrapeFormat {
  let best = DEFAULT_FORMAT;
  let bestQuality = 0;
  for (const range of (accept ?? "").slice(0, MAX_ACCEPT_LENGTH).split(",")) {
    const [type, ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    const named = new Map(parameters.map((parameter) => splitOnce(parameter)));
    const offered = formatFor(type, named.get("version"), named.get("escaping"));
    const quality = qualityOf(named.get("q"));
    if (!offered || quality <= bestQuality) continue;
    best = offered;
    bestQuality = quality;
  }
  return best;
}

function formatFor(type: string, version: string | undefined, escaping: string | undefined) {
  const names = escaping === "allow-utf-8" ? "allow-utf-8" : "underscores";
  if (type === "application/openmetrics-text") {
    if (version === undefined || version === "1.0.0") return format("openmetrics", "1.0.0", names);
    return version === "0.0.1" ? format("openmetrics", "0.0.1", names) : undefined;
  }
  if (type === "*/*" || type === "text/*") return DEFAULT_FORMAT;
  if (type !== "text/plain") return undefined;
  if (version === undefined || version === "0.0.4") return format("text", "0.0.4", names);
  return version === "1.0.0" ? format("text", "1.0.0", names) : undefined;
}

function format(
  kind: ScrapeFormat["kind"],
  version: string,
  escaping: ScrapeFormat["escaping"],
): ScrapeFormat {
  const type = kind === "text" ? "text/plain" : "application/openmetrics-text";
  const suffix = version === "1.0.0" ? `; escaping=${escaping}` : "";
  return { kind, escaping, contentType: `${type}; version=${version}; charset=utf-8${suffix}` };
}

function qualityOf(text: string | undefined): number {
  if (text === undefined) return 1;
  const quality = Number(text);
  return quality >= 0 && quality <= 1 ? quality : 0;
}

function splitOnce(parameter: string): [name: string, value: string] {
  const at = parameter.indexOf("=");
  if (at < 0) return [parameter, ""];
  const value = parameter.slice(at + 1).trim();
  return [parameter.slice(0, at).trim(), value.startsWith('"') ? value.slice(1, -1) : value];
}
