import { formatProblem } from "../config/mod.ts";
import { refusedCommands } from "../supervisor/mod.ts";
import { type Command, EXIT, parseArguments } from "./command.ts";
import { CONFIG_HELP, CONFIG_OPTION, configPathOf, execPolicyOf, readOrTell } from "./config_file.ts";

/** Reads a configuration and says all that is wrong with it. */
export const check: Command = {
  summary: "Read a configuration file and print every mistake in it",
  help: [
    "Usage: bunny check [PATH | --config PATH]",
    "",
    "Reads the configuration and prints each problem as file:line:column: key: message.",
    "Where BUNNY_EXEC_ALLOW is set, programs of exec probes that are not on it are problems, too.",
    "Exit code 0: it is good, warnings or not; 2: it is not, or can't be read.",
    "",
    CONFIG_HELP,
  ].join("\n"),
  async run(args, output) {
    const parsed = parseArguments(args, CONFIG_OPTION);
    if (parsed.kind === "error") {
      output.err(`bunny check: ${parsed.message}`);
      return EXIT.usage;
    }
    const paths = [parsed.values.config as string | undefined, ...parsed.positionals].filter((path) =>
      path !== undefined
    );
    if (paths.length > 1) {
      output.err(`bunny check: unexpected argument ${JSON.stringify(parsed.positionals.at(-1))}`);
      return EXIT.usage;
    }
    const path = configPathOf(paths[0]);
    const reading = await readOrTell(path, output);
    if (!reading) return EXIT.usage;
    for (const warning of reading.warnings) output.err(`warning: ${formatProblem(warning)}`);
    const { config } = reading;
    const refused = refusedCommands(config, execPolicyOf(config));
    for (const reason of refused) output.err(`${path}: ${reason}`);
    if (refused.length > 0) return EXIT.usage;
    const probes = counted(config.egress.probes.length, "probe");
    output.out(`${path}: good: ${probes}, ${counted(config.ingress.health.length, "health endpoint")}`);
    return EXIT.ok;
  },
};

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
