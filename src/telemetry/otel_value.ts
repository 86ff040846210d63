import { percentDecoded, quote } from "../base/text.ts";

/** Variables of one process' environment. */
export type EnvironmentVariables = Readonly<Record<string, string | undefined>>;

/**
 * Reads OTEL_* variables by type, as the specification says (Environment Variable Specification): an empty one counts
 * as not set, enumerations don't mind case, and one that makes no sense is named and ignored. Values are told only
 * where they can't be secrets.
 */
export class OtelValues {
  readonly #env: EnvironmentVariables;
  /** One sentence a mistake; the same one once. */
  readonly #problems = new Set<string>();

  constructor(env: EnvironmentVariables) {
    this.#env = env;
  }

  get problems(): readonly string[] {
    return [...this.#problems];
  }

  /** Notes that a variable is ignored. */
  problem(name: string, expected: string): void {
    this.#problems.add(`${name} is ignored: ${expected}`);
  }

  /** The first of the names that is set. */
  firstSet(...names: readonly string[]): string | undefined {
    return names.find((name) => this.text(name) !== undefined);
  }

  text(name: string): string | undefined {
    const text = this.#env[name]?.trim();
    return text === "" ? undefined : text;
  }

  /** Anything but "true" is false. */
  flag(name: string): boolean {
    const text = this.text(name)?.toLowerCase();
    if (text !== undefined && text !== "true" && text !== "false") {
      this.problem(name, `expected true or false, not ${quote(text)}`);
    }
    return text === "true";
  }

  /** A whole number within limits. */
  count(name: string, least: number, most = 2 ** 31 - 1): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    this.problem(name, `expected a whole number from ${least} to ${most}, not ${quote(text)}`);
    return undefined;
  }

  oneOf<const Value extends string>(name: string, values: readonly Value[]): Value | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const found = values.find((value) => value === text.toLowerCase());
    if (found === undefined) this.problem(name, `expected one of ${values.join(", ")}, not ${quote(text)}`);
    return found;
  }

  /**
   * `key=value,key=value`, both percent-encoded (W3C Baggage). One bad part makes the whole ignored; its text is not
   * told, for it may be a secret.
   */
  pairs(name: string): Readonly<Record<string, string>> | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const pairs: Record<string, string> = {};
    for (const part of text.split(",")) {
      if (part.trim() === "") continue;
      const at = part.indexOf("=");
      const key = at < 0 ? undefined : percentDecoded(part.slice(0, at).trim());
      const value = at < 0 ? undefined : percentDecoded(part.slice(at + 1).trim());
      if (!key || value === undefined) {
        this.problem(name, "expected key=value pairs, percent-encoded and with commas between them");
        return undefined;
      }
      pairs[key] = value;
    }
    return pairs;
  }
}
