import type { ProbeConfig } from "../../config/mod.ts";

/** Absolute paths of the programs that these probes run. */
export function programsOf(probes: readonly ProbeConfig[]): string[] {
  return probes.flatMap(({ action }) => action.kind === "exec" ? [action.exec.command[0]] : []);
}

/**
 * Which programs exec probes may run: a list fixed when the process starts, so that whoever can edit a configuration
 * can't run programs of their choice. A program is on it by its exact path.
 */
export class ExecPolicy {
  readonly #allowed: ReadonlySet<string>;

  /** `allowed`: absolute paths. */
  constructor(allowed: Iterable<string>) {
    this.#allowed = new Set(allowed);
  }

  allows(program: string): boolean {
    return this.#allowed.has(program);
  }

  /** Why a program that is not on the list doesn't run, and what to do about it. */
  refusal(program: string): string {
    const list = this.#allowed.size === 0 ? "none" : [...this.#allowed].join(",");
    return `${program} may not be run: the list of commands is fixed when the process starts (now: ${list}); ` +
      "add it to BUNNY_EXEC_ALLOW and start again";
  }
}
