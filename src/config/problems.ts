import { MAX_COUNTED_PROBLEMS, MAX_PROBLEMS } from "./limits.ts";
import { ofFile, type Problem } from "./problem.ts";

/** Collects problems as they are found; of more than enough it keeps those that come first in the file. */
export class Problems {
  #kept: Problem[] = [];
  #count = 0;

  add(problem: Problem): void {
    this.#count++;
    this.#kept.push(problem);
    if (this.#kept.length >= 2 * MAX_PROBLEMS) this.#kept = firstOf(this.#kept);
  }

  /** Of those that were kept. */
  keyPaths(): Set<string> {
    return new Set(this.#kept.map(({ keyPath }) => keyPath));
  }

  get count(): number {
    return this.#count;
  }

  /** Whether there are so many that the rest of the file needs no look. */
  get isFull(): boolean {
    return this.#count >= MAX_COUNTED_PROBLEMS;
  }

  /** In the order of the file, and at last how many more there are. */
  list(file: string): Problem[] {
    const listed = firstOf(this.#kept);
    const more = this.#count - listed.length;
    if (more === 0) return listed;
    return [
      ...listed,
      ofFile(file, this.isFull ? `${more} more problems or still more` : `${more} more problems`),
    ];
  }
}

function firstOf(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) => a.line - b.line || a.column - b.column).slice(0, MAX_PROBLEMS);
}
