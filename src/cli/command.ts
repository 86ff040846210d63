import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { messageOf } from "../base/errors.ts";
import { quote } from "../base/text.ts";

/** What a process ends with. */
export const EXIT = {
  ok: 0,
  /** It ran, and the answer is no: an unhealthy verdict, a failed probe, a fault of the machine. */
  failed: 1,
  /** It was asked wrongly: arguments or configuration. */
  usage: 2,
} as const;

/** Where a command writes; a test hands in its own. */
export interface Output {
  out(line: string): void;
  err(line: string): void;
}

export interface Command {
  /** One line for `bunny --help`. */
  readonly summary: string;
  /** Whole help text. */
  readonly help: string;
  /** @returns the exit code */
  run(args: readonly string[], output: Output): Promise<number>;
}

export type Parsed =
  | {
    readonly kind: "ok";
    readonly values: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;
    readonly positionals: readonly string[];
  }
  | { readonly kind: "error"; readonly message: string };

/** Reads arguments strictly; a wrong one is a value that names it. */
export function parseArguments(args: readonly string[], options: ParseArgsOptionsConfig): Parsed {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options,
      allowPositionals: true,
      strict: true,
    });
    return { kind: "ok", values, positionals };
  } catch (error) {
    return { kind: "error", message: unknownOption(messageOf(error), Object.keys(options)) };
  }
}

/** The library goes on about arguments that start with a dash; what there is tells more. */
function unknownOption(message: string, options: readonly string[]): string {
  const option = /^Unknown option '([^']*)'/.exec(message)?.[1];
  if (option === undefined) return message;
  const known = [...options, "help"].map((name) => `--${name}`);
  return `unknown option ${quote(option)}; there are: ${known.join(", ")}`;
}
