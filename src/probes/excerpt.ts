/** Longest piece of a target's answer that goes into a detail, in characters. */
const MAX_EXCERPT_LENGTH = 200;

/** Shorter values are no secrets, and would blot out half of every text. */
const MIN_SECRET_LENGTH = 5;

/**
 * So many characters on end that are in a secret as well are a piece of it: what a cut or an escape (`\/`, `&#43;`)
 * leaves of it. Values and words shorter than this are looked for as a whole.
 */
const PIECE_LENGTH = 8;

/** So many characters of an answer are looked at, which may be long and full of blanks. */
const MAX_LOOKED_AT = 4_096;

const BLOT = "***";

/** Blanks and what a terminal or a page takes for an order; those that turn the direction of writing, too. */
const UNPRINTABLE = /[\s\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g;

/**
 * Quotes what a target said, for details that people read. A target may say back what we told it in confidence
 * (header values, an exec probe's environment), so those are blotted out first, in part as well.
 */
export class Quoter {
  /** Each on one line, as texts are when they are looked through. */
  #long: readonly string[] = [];
  #short: ReadonlySet<string> = new Set();
  #shortLengths: readonly number[] = [];
  readonly #decoder = new TextDecoder();

  /** `secrets`: values that must not come out; the words in them don't either. */
  constructor(secrets: readonly string[] = []) {
    this.hide(secrets);
  }

  /** Hides these from now on, in place of those before. */
  hide(secrets: readonly string[]): void {
    const values = secrets.map(onOneLine);
    const words = values.flatMap((value) => value.split(" "));
    this.#long = [...new Set(values)].filter((value) => value.length >= PIECE_LENGTH);
    this.#short = new Set(
      [...values, ...words].filter(({ length }) => length >= MIN_SECRET_LENGTH && length < PIECE_LENGTH),
    );
    this.#shortLengths = [...new Set([...this.#short].map(({ length }) => length))];
  }

  /**
   * `"the text"`: on one line, of bounded length, in quotes. Whoever wants less of it says so by `maxLength`: in a
   * text that was cut before, the beginning of a secret at its end is not known for one.
   */
  quote(said: string | Uint8Array, maxLength: number = MAX_EXCERPT_LENGTH): string {
    const whole = typeof said === "string" ? said : this.#decoder.decode(said);
    const isCut = whole.length > MAX_LOOKED_AT;
    // What comes next tells whether the last characters belong to a secret.
    const line = onOneLine(whole.slice(0, MAX_LOOKED_AT + PIECE_LENGTH - 1));
    const shown = isCut ? onOneLine(whole.slice(0, MAX_LOOKED_AT)).length : line.length;
    const text = this.#blotted(line, shown, maxLength);
    if (text.length <= maxLength && !isCut) return `"${text}"`;
    return `"${text.slice(0, maxLength).toWellFormed()}…"`; // may have cut a character in two
  }

  /** The first characters of a line with the secrets blotted out: `shown` of them, or a few more than `maxLength`. */
  #blotted(line: string, shown: number, maxLength: number): string {
    // Most answers have no secret in them: then this much is enough, and quick.
    const beginning = line.slice(0, maxLength + PIECE_LENGTH);
    const secret = this.#secretIn(beginning);
    if (!secret.includes(1)) return line.slice(0, Math.min(shown, maxLength + 1));
    return blot(line.slice(0, shown), beginning.length === line.length ? secret : this.#secretIn(line));
  }

  /** Marks with 1 what of a text belongs to a secret. In time linear in the text's length and the secrets'. */
  #secretIn(text: string): Uint8Array {
    const marks = new Uint8Array(text.length);
    for (const length of this.#shortLengths) mark(marks, text, length, this.#short);
    const pieces = sharedPieces(text, this.#long);
    if (pieces.size > 0) mark(marks, text, PIECE_LENGTH, pieces);
    return marks;
  }
}

/** Marks each of the pieces, all of one length, in a text. */
function mark(marks: Uint8Array, text: string, length: number, pieces: ReadonlySet<string>): void {
  for (let at = 0; at + length <= text.length; at++) {
    if (pieces.has(text.slice(at, at + length))) marks.fill(1, at, at + length);
  }
}

/** The pieces of the secrets that may be in a text, and all that are. */
function sharedPieces(text: string, secrets: readonly string[]): Set<string> {
  const pieces = new Set<string>();
  if (secrets.length === 0) return pieces;
  const sketches = new Uint8Array(0x10000);
  for (let at = 0; at + PIECE_LENGTH <= text.length; at++) sketches[sketch(text, at)] = 1;
  for (const secret of secrets) {
    for (let at = 0; at + PIECE_LENGTH <= secret.length; at++) {
      if (sketches[sketch(secret, at)] === 1) pieces.add(secret.slice(at, at + PIECE_LENGTH));
    }
  }
  return pieces;
}

/** 16 bits of a piece: those of a secret of a million characters are soon gone through where few are in the text. */
function sketch(text: string, at: number): number {
  return (text.charCodeAt(at) ^ text.charCodeAt(at + 3) << 5 ^ text.charCodeAt(at + 7) << 10) & 0xffff;
}

function onOneLine(text: string): string {
  return text.replaceAll(UNPRINTABLE, " ").trim();
}

/** The text without its marked runs; a blank at the end of one may well be the text's own. */
function blot(text: string, marks: Uint8Array): string {
  let blotted = "";
  for (let at = 0; at < text.length;) {
    const next = marks.indexOf(1 - marks[at], at);
    const end = next < 0 ? text.length : Math.min(next, text.length);
    const run = text.slice(at, end);
    blotted += marks[at] === 1 ? run.replace(/^( ?).*?( ?)$/, `$1${BLOT}$2`) : run;
    at = end;
  }
  return blotted;
}
