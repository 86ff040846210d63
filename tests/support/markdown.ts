/** A heading of a Markdown text. */
export interface Heading {
  /** 1 for the title. */
  readonly level: number;
  /** Without the hashes; code marks are left in. */
  readonly text: string;
  /** What a link to it ends with, as GitHub makes it. */
  readonly anchor: string;
}

/** Without fenced blocks, in which a # begins a comment. */
export function withoutCode(markdown: string): string {
  return markdown.replace(/^```[\s\S]*?^```$/gm, "");
}

/** Headings in order. The second of the same name has -1 behind its anchor, the third -2. */
export function headingsOf(markdown: string): Heading[] {
  const seen = new Map<string, number>();
  return [...withoutCode(markdown).matchAll(/^(#+) (.+)$/gm)].map(([, hashes, text]) => {
    const plain = text.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(" ", "-");
    const count = seen.get(plain) ?? 0;
    seen.set(plain, count + 1);
    return { level: hashes.length, text, anchor: count === 0 ? plain : `${plain}-${count}` };
  });
}

/** A list of links: chapters (level 2), below them their sections. */
export function contentsOf(headings: readonly Heading[]): string {
  return headings.map(({ level, text, anchor }) => `${"  ".repeat(level - 2)}- [${text}](#${anchor})`).join(
    "\n",
  );
}
