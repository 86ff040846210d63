import { SystemClock } from "../base/clock.ts";
import { formatDuration } from "../base/duration.ts";
import { Logging } from "../base/log.ts";
import { SteadyClock } from "../base/steady_clock.ts";
import { readEnvironment } from "../config/mod.ts";
import { live } from "../supervisor/mod.ts";
import { type Command, EXIT, parseArguments } from "./command.ts";
import { CONFIG_HELP, CONFIG_OPTION } from "./config_file.ts";

/** Runs the service until it is told to stop. */
export const run: Command = {
  summary: "Probe, store and answer until told to stop (the default)",
  help: [
    "Usage: bunny run [--config PATH]",
    "",
    CONFIG_HELP,
    "",
    "Signals: SIGTERM and SIGINT stop in order, a second one at once; SIGHUP reads the configuration again.",
    "Variables: BUNNY_EXEC_ALLOW, LOG_LEVEL, LOG_HANDLER=text, OTEL_… and more, see the README.",
    "Exit code 0: stopped when told to; 1: could not start; 2: bad arguments or configuration; 130: a second signal.",
  ].join("\n"),
  async run(args, output) {
    const parsed = parseArguments(args, CONFIG_OPTION);
    if (parsed.kind === "error" || parsed.positionals.length > 0) {
      const why = parsed.kind === "error"
        ? parsed.message
        : `unexpected argument ${JSON.stringify(parsed.positionals[0])}`;
      output.err(`bunny run: ${why}`);
      return EXIT.usage;
    }
    const { environment, warnings } = readEnvironment((name) => Deno.env.get(name));
    const system = new SystemClock();
    const logging = new Logging({
      format: environment.logFormat,
      level: environment.logLevel,
      levels: environment.logLevels,
      timeZone: environment.timeZone,
      write: writeLine,
      wallNow: () => system.wallNow(),
    });
    const logger = logging.logger("main");
    for (const warning of warnings) logger.warn(warning);
    const clock = new SteadyClock(
      system,
      (byMs) =>
        logger.warn(`the clock was set back by ${formatDuration(byMs)}: samples keep their order meanwhile`),
    );
    return await live({
      configPath: (parsed.values.config as string | undefined) ?? environment.configFilePath,
      clock,
      logging,
      environment: Deno.env.toObject(),
      execAllow: environment.execAllow,
    });
  },
};

const encoder = new TextEncoder();

/** One write a line, so that lines of several writers do not mix. */
function writeLine(line: string): void {
  Deno.stderr.writeSync(encoder.encode(`${line}\n`));
}
