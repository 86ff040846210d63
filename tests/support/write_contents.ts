/** `deno task contents`: writes the README's table of contents anew, between its two marks. */
import { contentsOf, headingsOf } from "./markdown.ts";

export const README_FILE = new URL("../../README.md", import.meta.url);

/** The text with the table of contents that its chapters and sections come to. */
export function withContents(markdown: string): string {
  const contents = contentsOf(headingsOf(markdown).filter(({ level }) => level === 2 || level === 3));
  return markdown.replace(
    /<!-- contents -->[\s\S]*?<!-- \/contents -->/,
    () => `<!-- contents -->\n\n${contents}\n\n<!-- /contents -->`,
  );
}

if (import.meta.main) {
  await Deno.writeTextFile(README_FILE, withContents(await Deno.readTextFile(README_FILE)));
}
