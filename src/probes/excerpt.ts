/** Longest piece of a target's answer that goes into a detail, in characters. */
const MAX_EXCERPT_LENGTH = 200;

/** Shorter values are no secrets, and would blot out half of every text. */
const MIN_SECRET_LENGTH = 5;

/** So many characters of an answer are looked at, which may be long and full of blanks. */
const MAX_LOOKED_AT = 4_096;

const BLOT = "***";

/** Blanks and what a terminal or a page takes for an order; those that turn the direction of writing, too. */
const UNPRINTABLE = /[\s\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g;

/**
 * Quotes what a target said, for details that people read. A target may say back what we told it in confidence
 * (header values, an exec probe's environment), so those are blotted out first.
 */
export class Quoter {
  #secrets: readonly string[];
  readonly #decoder = new TextDecoder();

  /** `secrets`: values that must not come out; the words in them don't either. */
  constructor(secrets: readonly string[] = []) {
    this.#secrets = worthHiding(secrets);
  }

  /** Hides these from now on, in place of those before. */
  hide(secrets: readonly string[]): void {
    this.#secrets = worthHiding(secrets);
  }

  /** `"the text"`: on one line, of bounded length, in quotes. */
  quote(said: string | Uint8Array): string {
    const longest = this.#secrets[0]?.length ?? 0;
    const whole = typeof said === "string" ? said : this.#decoder.decode(said);
    let text = whole.slice(0, MAX_LOOKED_AT + longest);
    const isCut = text.length < whole.length;
    for (const secret of this.#secrets) text = text.replaceAll(secret, BLOT);
    if (isCut) text = text.slice(0, text.length - longest); // it may end with the first half of a secret
    const line = text.trim().replaceAll(UNPRINTABLE, " ");
    if (line.length <= MAX_EXCERPT_LENGTH && !isCut) return `"${line}"`;
    return `"${line.slice(0, MAX_EXCERPT_LENGTH).toWellFormed()}…"`; // may have cut a character in two
  }
}

/** The longest first: "Bearer abc" before "abc", so that no secret is left in part. */
function worthHiding(secrets: readonly string[]): string[] {
  const words = secrets.flatMap((secret) => secret.split(/\s+/));
  return [...new Set([...secrets, ...words])].filter((secret) => secret.length >= MIN_SECRET_LENGTH)
    .sort((a, b) => b.length - a.length);
}
