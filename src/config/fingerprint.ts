import { createHash } from "node:crypto";
import { RE2JS } from "re2js";

/**
 * One string for a piece of configuration: the same for pieces that mean the same, whatever the order of their
 * keys. Regular expressions count by their source; a key that is `undefined` counts as absent. It is a hash, so it
 * may be kept and logged though the piece holds header values.
 */
export function fingerprint(value: unknown): string {
  return createHash("sha256").update(canonical(value)).digest("base64url");
}

function canonical(value: unknown): string {
  if (value === undefined) return "undefined";
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? String(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if ("re2" in value && value.re2 instanceof RE2JS) {
    return `/${value.re2.flags()}${JSON.stringify(value.re2.pattern())}`;
  }
  const record = value as Readonly<Record<string, unknown>>;
  const pairs = Object.keys(record).sort().filter((key) => record[key] !== undefined)
    .map((key) => `${JSON.stringify(key)}:${canonical(record[key])}`);
  return `{${pairs.join(",")}}`;
}
