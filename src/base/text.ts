/** Longest piece of a text from outside that a message repeats, in UTF-16 units. */
const MAX_QUOTED = 60;

/** A text from outside, for a message: in quotes, on one line, cut when long. */
export function quote(text: string, maxLength = MAX_QUOTED): string {
  return JSON.stringify(text.length > maxLength ? `${text.slice(0, maxLength)}…` : text);
}

/** A wall-clock time in RFC 3339, UTC, to the millisecond; as its number where that is further off than dates go. */
export function isoTime(timestampMs: number): string {
  const date = new Date(timestampMs);
  return Number.isNaN(date.getTime()) ? String(timestampMs) : date.toISOString();
}

/** Percent-encoded UTF-8 (RFC 3986, 2.1) as text; `undefined` where it is broken. */
export function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
