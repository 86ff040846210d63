import type { Config } from "../config/mod.ts";

/** Keys whose `value`s are secrets: header fields, metadata, a command's environment. */
const SECRET_LISTS: ReadonlySet<string> = new Set(["headers", "metadata", "env"]);

/**
 * The configuration as JSON, which is YAML too, with every secret value left out, and what may well hold one: the
 * query of a path, what an expect step sends, a command's arguments.
 */
export function redactedConfig(config: Config): string {
  return JSON.stringify(config, replaced, 2);
}

function replaced(key: string, value: unknown): unknown {
  if (SECRET_LISTS.has(key) && Array.isArray(value)) {
    return value.map((item: { name: string }) => ({ name: item.name, value: "<secret>" }));
  }
  if (key === "url" && typeof value === "string") return withoutCredentials(value);
  if (key === "path" && typeof value === "string") return value.replace(/\?.+$/s, "?<query>");
  if (key === "text" && typeof value === "string") return "<text>";
  if (key === "command" && Array.isArray(value)) return [value[0], ...value.slice(1).map(() => "<argument>")];
  if (typeof value === "object" && value !== null && "re2" in value) {
    return (value as { source?: string }).source;
  }
  return value;
}

function withoutCredentials(url: string): string {
  try {
    const { protocol, host, pathname } = new URL(url);
    return `${protocol}//${host}${pathname}`;
  } catch {
    return "<url>";
  }
}
