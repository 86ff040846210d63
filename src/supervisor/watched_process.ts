import type { Clock } from "../base/clock.ts";
import type { Regex } from "../base/regex.ts";

/** How often the process list is read while waiting, ms. */
const LOOK_EVERY_MS = 250;

/** Longest command line that is looked at, bytes. */
const MAX_COMMAND_LINE_BYTES = 128 * 1024;

/**
 * Command lines of the other processes that this one can see, arguments joined by spaces. Reading another process'
 * command line takes all of Deno's permissions; one that can't be read, or has just ended, is left out.
 * @throws Deno.errors.NotCapable when not one of them may be read
 */
export function commandLines(root = "/proc", self = Deno.pid): string[] {
  const found: string[] = [];
  let refused: unknown;
  let read = 0;
  for (const { name } of Deno.readDirSync(root)) {
    if (!/^\d+$/.test(name) || Number(name) === self) continue;
    try {
      const bytes = Deno.readFileSync(`${root}/${name}/cmdline`).subarray(0, MAX_COMMAND_LINE_BYTES);
      read++;
      const line = new TextDecoder().decode(bytes).replace(/\0+$/, "").replaceAll("\0", " ");
      if (line !== "") found.push(line);
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) refused = error;
    }
  }
  if (read === 0 && refused !== undefined) throw refused;
  return found;
}

/** Waits until no command line matches. Resolves to `false` when `signal` ends the wait first. */
export async function untilGone(
  pattern: Regex,
  clock: Clock,
  signal: AbortSignal,
  list: () => readonly string[] = commandLines,
): Promise<boolean> {
  while (list().some((line) => pattern.finds(line))) {
    if (!await clock.sleepUntil(clock.now() + LOOK_EVERY_MS, signal)) return false;
  }
  return true;
}
