import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Logger, Logging } from "../base/log.ts";
import { atOnce, inSlices, type Steps } from "../base/steps.ts";
import {
  type Config,
  type FileReading,
  formatProblem,
  type Problem,
  rereadConfigFile,
  watchConfig,
} from "../config/mod.ts";
import type { ExecPolicy } from "../probes/mod.ts";
import { refusedCommands } from "./permissions.ts";
import type { Service } from "./service.ts";

export interface FollowerOptions {
  readonly configPath: string;
  readonly clock: Clock;
  readonly logging: Logging;
  readonly execPolicy: ExecPolicy;
  /** Whether the permissions that it takes are still there. */
  readonly canWatchProcesses: boolean;
}

/** Whom a follower takes configurations to. */
export type Followed = Pick<Service, "apply" | "reloaded">;

/** Takes what the configuration file says now to the service. */
export class Follower {
  readonly #service: Followed;
  readonly #options: FollowerOptions;
  readonly #logger: Logger;
  /** Ends the watch that runs. */
  #stopping = new AbortController();
  #watching: Promise<void> = Promise.resolve();
  /** The last of those that want to change the watch. */
  #turn: Promise<void> = Promise.resolve();
  /** A reading that has not had its turn: whoever asks for one more is served by it. */
  #next: Promise<void> | undefined;
  #closed = false;

  constructor(service: Followed, options: FollowerOptions) {
    this.#service = service;
    this.#options = options;
    this.#logger = options.logging.logger("config");
  }

  /** Follows the file until closed. `knownHash`: of the reading that runs. */
  watch(knownHash: string): void {
    if (this.#closed) return;
    const { configPath, clock } = this.#options;
    this.#stopping = new AbortController();
    this.#watching = watchConfig({
      path: configPath,
      clock,
      signal: this.#stopping.signal,
      logger: this.#logger,
      knownHash,
      onChange: (reading) => this.#take(reading),
    });
  }

  /** Reads the file now, whether it has changed or not, and follows it from there. Never rejects. */
  readAgain(): Promise<void> {
    return this.#next ??= this.#turn = this.#turn.then(() => {
      this.#next = undefined;
      return this.#readAgain();
    }).catch((error) =>
      this.#logger.error("the configuration could not be read again", { error: messageOf(error) })
    );
  }

  async #readAgain(): Promise<void> {
    await this.#endWatch();
    if (this.#closed) return;
    const { configPath, clock } = this.#options;
    const reading = await rereadConfigFile(configPath, clock);
    try {
      await this.#take(reading);
    } finally {
      this.watch(reading.hash);
    }
  }

  /** From now on nothing is taken to the service. @returns when what was under way has ended */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#turn;
    await this.#endWatch();
  }

  async #endWatch(): Promise<void> {
    this.#stopping.abort();
    await this.#watching;
  }

  async #take(reading: FileReading): Promise<void> {
    if (this.#closed) return;
    const { clock } = this.#options;
    const { error, warn } = this.#logger;
    if (reading.kind === "problems") {
      await inSlices(telling(error, reading.problems), clock);
      return this.#refuse();
    }
    await inSlices(telling(warn, reading.warnings), clock);
    const refused = refusedCommands(reading.config, this.#options.execPolicy);
    for (const reason of refused) this.#logger.error(reason);
    if (refused.length > 0) return this.#refuse();
    await this.#apply(reading.config);
  }

  async #apply(config: Config): Promise<void> {
    if (this.#closed) return;
    const applied = await this.#service.apply(config);
    if (applied.kind === "refused") {
      for (const reason of applied.reasons) this.#logger.error("cannot apply the configuration", { reason });
      return this.#refuse();
    }
    this.#service.reloaded(true);
    if (config.signals.watchedProcess && !this.#options.canWatchProcesses) {
      this.#logger.warn(
        "signals.watchedProcessCommandLineRegEx: the permissions that watching takes were given up at the start, " +
          "so it takes effect at the next one",
      );
    }
    this.#logger.info("applied the configuration", {
      probes: config.egress.probes.length,
      endpoints: config.ingress.health.length,
    });
  }

  #refuse(): void {
    this.#service.reloaded(false);
    this.#logger.warn("the configuration that ran before stays in force");
  }
}

export function logProblems(logger: Logger, problems: readonly Problem[]): void {
  atOnce(telling(logger.error, problems));
}

export function logWarnings(logger: Logger, warnings: readonly Problem[]): void {
  atOnce(telling(logger.warn, warnings));
}

/** A line may take a while to get rid of, and there may be a hundred. */
function* telling(say: (message: string) => void, problems: readonly Problem[]): Steps<void> {
  for (const problem of problems) {
    say(formatProblem(problem));
    yield;
  }
}
