/** Longest piece of a text from outside that a message repeats, in UTF-16 units. */
const MAX_QUOTED = 60;

/** A text from outside, for a message: in quotes, on one line, cut when long. */
export function quote(text: string, maxLength = MAX_QUOTED): string {
  return JSON.stringify(text.length > maxLength ? `${text.slice(0, maxLength)}…` : text);
}

/** Percent-encoded UTF-8 (RFC 3986, 2.1) as text; `undefined` where it is broken. */
export function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
