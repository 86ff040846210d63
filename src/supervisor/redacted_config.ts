import type { Config } from "../config/mod.ts";
import { yamlText } from "./yaml_text.ts";

/** Keys whose `value`s are secrets: header fields, metadata, a command's environment. */
const SECRET_LISTS: ReadonlySet<string> = new Set(["httpHeaders", "metadata", "env"]);

/**
 * The configuration as a file could say it, defaults filled in, with every secret value left out, and what may well
 * hold one: the query of a path, what an expect step sends, a command's arguments.
 */
export function redactedConfig({ written, telemetry }: Config): string {
  const shown = JSON.parse(JSON.stringify(written, replaced)) as typeof written;
  const { engineOptions } = shown.telemetry.prometheus.promql;
  engineOptions.lookbackDeltaMilliseconds ??= telemetry.promql.lookbackMs; // follows from the probes
  return yamlText(shown);
}

function replaced(key: string, value: unknown): unknown {
  if (SECRET_LISTS.has(key) && Array.isArray(value)) {
    return value.map((item: { name: string }) => ({ name: item.name, value: "<secret>" }));
  }
  if (key === "path" && typeof value === "string") return value.replace(/\?.+$/s, "?<query>");
  if (key === "text" && typeof value === "string") return "<text>";
  if (key === "command" && Array.isArray(value)) return [value[0], ...value.slice(1).map(() => "<argument>")];
  return value;
}
