import { DEFAULT_CONFIG_FILE_PATH, formatProblem, readConfigFile } from "../config/mod.ts";
import { type Command, EXIT, parseArguments } from "./command.ts";

/** Reads a configuration and says all that is wrong with it. */
export const check: Command = {
  summary: "Read a configuration file and print every mistake in it",
  help: [
    "Usage: bunny check [--config PATH]",
    "",
    "Reads the configuration and prints each problem as file:line:column: key: message.",
    "Exit code 0: it is good; 2: it is not.",
    "",
    `  --config PATH  the file (default: BUNNY_CONFIG_FILE_PATH, else ${DEFAULT_CONFIG_FILE_PATH})`,
  ].join("\n"),
  async run(args, output) {
    const parsed = parseArguments(args, { config: { type: "string" } });
    if (parsed.kind === "error") {
      output.err(`bunny check: ${parsed.message}`);
      return EXIT.usage;
    }
    const path = (parsed.values.config as string | undefined) ?? parsed.positionals[0] ??
      Deno.env.get("BUNNY_CONFIG_FILE_PATH") ?? DEFAULT_CONFIG_FILE_PATH;
    const reading = await readConfigFile(path);
    if (reading.kind === "problems") {
      for (const problem of reading.problems) output.err(formatProblem(problem));
      return EXIT.usage;
    }
    for (const warning of reading.warnings) output.err(`warning: ${formatProblem(warning)}`);
    const { config } = reading;
    output.out(
      `${path}: good: ${config.egress.probes.length} probes, ${config.ingress.health.length} health endpoints`,
    );
    return EXIT.ok;
  },
};
