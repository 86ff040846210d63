/**
 * JSON data as YAML 1.2, as people write it: blocks, and quotes only where they are needed. The library's own writer
 * takes a tenth of a second for a thousand probes, and none of them would beat meanwhile.
 */
export function yamlText(value: unknown): string {
  const lines: string[] = [];
  write(lines, "", "", value);
  return `${lines.join("\n")}\n`;
}

/** Writes a value that stands behind `lead`; further lines of it begin with `indent`. */
function write(lines: string[], lead: string, indent: string, value: unknown): void {
  const below = `${indent}  `;
  if (Array.isArray(value) && value.length > 0) {
    let before = lead;
    for (const item of value) {
      write(lines, `${before}- `, below, item);
      before = indent;
    }
  } else if (isMapping(value)) {
    let before = lead;
    for (const name in value) {
      const key = isPlain(name) ? name : JSON.stringify(name);
      const inner = value[name];
      if (isMapping(inner) || (Array.isArray(inner) && inner.length > 0)) {
        lines.push(`${before}${key}:`);
        write(lines, below, below, inner);
      } else write(lines, `${before}${key}: `, below, inner);
      before = indent;
    }
  } else if (typeof value === "string" && BLOCK.test(value)) {
    lines.push(lead + (value.endsWith("\n") ? "|" : "|-"));
    for (const line of value.replace(/\n$/, "").split("\n")) lines.push(line === "" ? "" : indent + line);
  } else {
    lines.push(lead + (typeof value === "string" && isPlain(value) ? value : JSON.stringify(value)));
  }
}

/** One with something in it. */
function isMapping(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  for (const _ in value) return true;
  return false;
}

/** Printable lines of which the first and the last say something, the first from its first column on. */
const BLOCK = /^[\x21-\x7e][\x20-\x7e]*\n([\x20-\x7e]*\n)*[\x20-\x7e]*[\x21-\x7e]\n?$/;

/** Begins with nothing that means something to YAML: a letter, a path, a pattern, an amount with its unit, an address. */
const PLAIN = /^([A-Za-z_/^(<]|\d+[a-z]|\d+\.\d+\.|\d+-\d+$)[\x20-\x7e]*$/;
/** Begins a comment, or ends a key. */
const NOT_PLAIN = /: | #|[: ]$/;
/** What this or an older YAML takes for a flag or for nothing. */
const RESERVED = /^(true|false|yes|no|on|off|y|n|null)$/i;

function isPlain(text: string): boolean {
  return PLAIN.test(text) && !NOT_PLAIN.test(text) && !RESERVED.test(text) && Number.isNaN(Number(text));
}
