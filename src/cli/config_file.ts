import {
  type Config,
  DEFAULT_CONFIG_FILE_PATH,
  formatProblem,
  type Problem,
  readConfigFile,
  readEnvironment,
} from "../config/mod.ts";
import { ExecPolicy } from "../probes/mod.ts";
import { execAllowList } from "../supervisor/mod.ts";
import type { Output } from "./command.ts";

/** The option of every command that reads a configuration, for `parseArguments`, and its line of help. */
export const CONFIG_OPTION = { config: { type: "string" } } as const;
export const CONFIG_HELP =
  `  --config PATH  the configuration (default: BUNNY_CONFIG_FILE_PATH, else ${DEFAULT_CONFIG_FILE_PATH})`;

/** Which configuration is meant: the one given, else what the environment says. */
export function configPathOf(
  given: string | undefined,
  environment: (name: string) => string | undefined = (name) => Deno.env.get(name),
): string {
  return given ?? readEnvironment(environment).environment.configFilePath;
}

/** Reads a configuration, or prints what is wrong with it and returns nothing. */
export async function readOrTell(
  path: string,
  output: Output,
): Promise<{ readonly config: Config; readonly warnings: readonly Problem[] } | undefined> {
  const reading = await readConfigFile(path);
  if (reading.kind === "ok") return reading;
  for (const problem of reading.problems) output.err(formatProblem(problem));
}

/** Which programs exec probes could run if Bunny were started with this configuration in this environment. */
export function execPolicyOf(config: Config): ExecPolicy {
  const { environment } = readEnvironment((name) => Deno.env.get(name));
  return new ExecPolicy(execAllowList(environment.execAllow, config));
}
