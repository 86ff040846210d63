import { callAt, SystemClock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Config, ProbeConfig } from "../config/mod.ts";
import {
  BufferPool,
  findKillReach,
  makeProbe,
  type ProbeDeps,
  type ProbeRun,
  Resolver,
} from "../probes/mod.ts";
import { type Command, EXIT, parseArguments } from "./command.ts";
import { CONFIG_HELP, CONFIG_OPTION, configPathOf, execPolicyOf, readOrTell } from "./config_file.ts";

/** Runs a configuration's probes once each and says what they found: a try before it is deployed. */
export const probe: Command = {
  summary: "Run the probes of a configuration once, and print what they found",
  help: [
    "Usage: bunny probe [NAME…] [--config PATH]",
    "",
    "Runs the named probes once, one after the other; all of them without a name.",
    "Where BUNNY_EXEC_ALLOW is set, a program that is not on it is not run.",
    "",
    CONFIG_HELP,
    "",
    "Exit code 0: all passed; 1: one failed; 2: bad arguments or configuration.",
  ].join("\n"),
  async run(args, output) {
    const parsed = parseArguments(args, CONFIG_OPTION);
    if (parsed.kind === "error") {
      output.err(`bunny probe: ${parsed.message}`);
      return EXIT.usage;
    }
    const reading = await readOrTell(configPathOf(parsed.values.config as string | undefined), output);
    if (!reading) return EXIT.usage;
    const { probes } = reading.config.egress;
    const unknown = parsed.positionals.filter((name) => !probes.some((known) => known.name === name));
    if (unknown.length > 0) {
      const known = probes.map(({ name }) => name).join(", ") || "none";
      output.err(
        `bunny probe: no probe ${
          unknown.map((name) => JSON.stringify(name)).join(", ")
        }; there are: ${known}`,
      );
      return EXIT.usage;
    }
    const chosen = probes.filter(({ name }) =>
      parsed.positionals.length === 0 || parsed.positionals.includes(name)
    );
    const deps = depsFor(reading.config);
    let failures = 0;
    for (const config of chosen) {
      const startedAt = deps.clock.now();
      const run = await runOnce(config, deps);
      if (run.outcome.kind === "fail") failures++;
      output.out(describe(config.name, run, deps.clock.now() - startedAt));
    }
    return failures === 0 ? EXIT.ok : EXIT.failed;
  },
};

function depsFor(config: Config): ProbeDeps {
  return {
    clock: new SystemClock(),
    resolver: new Resolver(),
    pool: new BufferPool(),
    execPolicy: execPolicyOf(config),
    killReach: findKillReach(),
  };
}

async function runOnce(config: ProbeConfig, deps: ProbeDeps): Promise<ProbeRun> {
  const deadline = new AbortController();
  using _limit = callAt(deps.clock, deps.clock.now() + config.timeoutMs, () => deadline.abort());
  try {
    return await makeProbe(config, deps).run(deadline.signal, undefined);
  } catch (error) {
    return { outcome: { kind: "fail", reason: "internal", detail: messageOf(error) }, facts: {}, events: [] };
  }
}

function describe(name: string, { outcome, warning }: ProbeRun, tookMs: number): string {
  const says = outcome.kind === "pass" ? "pass" : `fail  ${outcome.reason}: ${outcome.detail}`;
  return `${name}  ${tookMs.toFixed(1)} ms  ${says}${warning ? ` (${warning})` : ""}`;
}
