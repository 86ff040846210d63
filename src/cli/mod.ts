import { VERSION } from "../model/version.ts";
import { type Command, EXIT, type Output } from "./command.ts";

/** Each command's code is loaded only when it is asked for: `run` must not pay for the others. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import("./run.ts")).run,
  check: async () => (await import("./check.ts")).check,
  query: async () => (await import("./query.ts")).query,
  probe: async () => (await import("./probe.ts")).probe,
  tsdb: async () => (await import("./tsdb.ts")).tsdb,
};

const CONSOLE: Output = { out: (line) => console.log(line), err: (line) => console.error(line) };

/**
 * The command line. Without a command it is `run`, as in the original.
 * @returns the exit code
 */
export async function main(args: readonly string[], output: Output = CONSOLE): Promise<number> {
  const [first = "run", ...rest] = args;
  if (first === "--version" || first === "-V" || first === "version") {
    output.out(`bunny ${VERSION} (deno ${Deno.version.deno}, v8 ${Deno.version.v8})`);
    return EXIT.ok;
  }
  if (first === "--help" || first === "-h" || first === "help") {
    if (rest[0] === undefined) output.out(await overview());
    else if (!Object.hasOwn(COMMANDS, rest[0])) return unknown(rest[0], output);
    else output.out((await COMMANDS[rest[0]]()).help);
    return EXIT.ok;
  }
  const named = Object.hasOwn(COMMANDS, first) ? COMMANDS[first] : undefined;
  if (!named && !first.startsWith("-")) return unknown(first, output);
  const command = await (named ?? COMMANDS.run)();
  const own = named ? rest : args;
  if (own.includes("--help") || own.includes("-h")) {
    output.out(command.help);
    return EXIT.ok;
  }
  return await command.run(own, output);
}

function unknown(command: string, output: Output): number {
  const known = [...Object.keys(COMMANDS), "version", "help"].join(", ");
  output.err(`bunny: unknown command ${JSON.stringify(command)}; there are: ${known}`);
  return EXIT.usage;
}

async function overview(): Promise<string> {
  const lines = await Promise.all(
    Object.entries(COMMANDS).map(async ([name, load]) => `  ${name.padEnd(8)} ${(await load()).summary}`),
  );
  return [
    "bunny: runs an app's health probes and answers Kubernetes with PromQL verdicts",
    "",
    "Usage: bunny [COMMAND] [OPTIONS]",
    "",
    "Commands:",
    ...lines,
    "  version  Print the version",
    "",
    "`bunny COMMAND --help` tells more. Without a command: run.",
  ].join("\n");
}
