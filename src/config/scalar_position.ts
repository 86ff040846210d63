import type { ScalarNode } from "./yaml_tree.ts";

/**
 * Where in the file the character at `index` of a scalar's value stands, as an offset into `text`. Words are found
 * exactly in every style; a blank or a line break may be placed at the end of the word before it, for folding and
 * indentation leave no trace of it in the file.
 */
export function offsetInFile(text: string, { start, end, style, value }: ScalarNode, index: number): number {
  const content = String(value);
  let at = contentStart(text, start, style);
  for (let i = 0; i < content.length; i++) {
    if (!isBlank(content[i])) {
      at = skipBlanks(text, at, end, style);
      if (i >= index) return Math.min(at, end);
      at += writtenLength(text, at, style);
    } else if (i >= index) {
      return Math.min(at, end);
    }
  }
  return Math.min(at, end);
}

function contentStart(text: string, start: number, style: ScalarNode["style"]): number {
  if (style === "plain") return start;
  if (style === "single" || style === "double") return start + 1;
  const header = text.indexOf("\n", start); // behind `|`, its indicators and a comment
  return header < 0 ? text.length : header + 1;
}

/** Passes white space as the file has it, and in double quotes also as escapes (YAML 1.2.2, 5.7). */
function skipBlanks(text: string, at: number, end: number, style: ScalarNode["style"]): number {
  for (; at < end; at++) {
    const escaped = style === "double" && text[at] === "\\" && "nrtNL_P \t\n\r".includes(text[at + 1]);
    if (escaped) at++;
    else if (!isBlank(text[at])) break;
  }
  return at;
}

/** How many characters of the file make the one character of the value that begins at `at`. */
function writtenLength(text: string, at: number, style: ScalarNode["style"]): number {
  if (style === "single") return text.startsWith("''", at) ? 2 : 1;
  if (style !== "double" || text[at] !== "\\") return 1;
  return 2 + ({ x: 2, u: 4, U: 8 }[text[at + 1]] ?? 0);
}

function isBlank(character: string): boolean {
  return /\s/.test(character);
}
