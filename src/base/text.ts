/** Longest piece of a text from outside that a message repeats, in UTF-16 units. */
const MAX_QUOTED = 60;

/** Control characters that JSON leaves as they are, some of which a terminal obeys, and other line breaks. */
const UNPRINTABLE = /[\x7f-\x9f\u2028\u2029]/g;

/** A text from outside, for a message: in quotes, on one line, cut when long. */
export function quote(text: string, maxLength = MAX_QUOTED): string {
  const quoted = JSON.stringify(text.length > maxLength ? `${text.slice(0, maxLength)}…` : text);
  return quoted.replace(UNPRINTABLE, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
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
