import { SystemClock } from "../../src/base/clock.ts";
import { Logging } from "../../src/base/log.ts";
import { live } from "../../src/supervisor/mod.ts";

/** The whole life of a Bunny that logs to stderr, as `bunny run` would lead it. @returns the exit code */
export function liveBunny(configPath: string, execAllow?: readonly string[]): Promise<number> {
  const clock = new SystemClock();
  return live({
    configPath,
    clock,
    logging: new Logging({
      format: "json",
      level: "info",
      write: (line) => console.error(line),
      wallNow: () => clock.wallNow(),
    }),
    environment: {},
    execAllow,
  });
}
